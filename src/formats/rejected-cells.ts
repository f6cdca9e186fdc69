import type { Batch } from '../rows/batch.ts';
import type { RejectedListener } from './format.ts';

/** Tells of the cells of a column in the rows `[from, to)` that a writer has just made NULL. */
export function tellRejected(
  listener: RejectedListener,
  batch: Batch,
  column: number,
  from: number,
  to: number,
): void {
  const { lengths } = batch.columns[column]!;
  for (let row = from; row < to && listener.wanted; row++)
    if (lengths[row]! < -1) listener.add(batch, column, row);
}
