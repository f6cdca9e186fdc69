import { PanoramaError } from '../errors.ts';
import { type Batch, BatchBuilder, type Cell } from './batch.ts';
import { isWellFormed } from './well-formed.ts';

/**
 * Rows as bounded batches, for a source that has JavaScript values anyway. A row has a cell for each column of the
 * request, in its order; text becomes UTF-8. Whoever takes a batch releases it.
 * @throws PanoramaError `bad-value` for text with half of a surrogate pair, which UTF-8 cannot hold
 * @throws RangeError for a row of another length
 */
export async function* batchesOf(
  columns: number,
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
): AsyncGenerator<Batch, void, undefined> {
  const builder = new BatchBuilder(columns);
  try {
    for await (const row of rows) {
      if (row.length !== columns) throw new RangeError(`a row has ${row.length} cells, not ${columns}`);
      for (let column = 0; column < columns; column++) builder.appendCell(column, checkText(row[column]!));
      builder.endRow();
      if (builder.full) yield builder.take();
    }
    if (builder.rows > 0) yield builder.take();
  } finally {
    builder.drop();
  }
}

/** @throws PanoramaError `bad-value` */
function checkText(cell: Cell): Cell {
  if (typeof cell !== 'string' || isWellFormed(cell)) return cell;
  throw new PanoramaError('bad-value', 'A text holds half of a surrogate pair, which is no character.');
}
