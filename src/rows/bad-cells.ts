import { kernels } from '../kernels/kernels.ts';
import type { Batch } from './batch.ts';
import type { FieldKind, FieldType } from './field.ts';

/** The kinds as the kernels number them (assembly/csv.ts). */
export const KIND_NUMBERS: Readonly<Record<FieldKind, number>> = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float32: 3,
  float64: 4,
  decimal: 5,
  date: 6,
  timestamp: 7,
  text: 8,
  binary: 9,
};

/**
 * The first row of a batch whose cell in a column does not fit a type, or -1. A writer would find it too, but can
 * name only the row of its own file; a source that reads files knows the place in them.
 */
export function findBadCell(batch: Batch, column: number, type: FieldType): number {
  const { starts, lengths } = batch.columns[column]!;
  const [precision, scale] = type.kind === 'decimal' ? [type.precision, type.scale] : [0, 0];
  const at = [starts.byteOffset, lengths.byteOffset] as const;
  return kernels.findBadCell(KIND_NUMBERS[type.kind], precision, scale, ...at, 0, batch.rows);
}
