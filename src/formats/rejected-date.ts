import { kernels } from '../kernels/kernels.ts';
import { batchOf } from '../rows/batch.ts';
import type { FieldType } from '../rows/field.ts';

/** True for the text of a date or timestamp that MySQL holds and no calendar has. */
export function isRejectedDate(type: FieldType, text: string): boolean {
  if (type.kind !== 'date' && type.kind !== 'timestamp') return false;
  const batch = batchOf(2, [[text, '12345678']]);
  const { starts, lengths } = batch.columns[0]!;
  const encode = type.kind === 'date' ? kernels.dates : kernels.timestamps;
  // The value itself, if there is one, goes where the second cell is.
  const out = batch.columns[1]!.starts[0]!;
  const values = encode(starts.byteOffset, lengths.byteOffset, 0, 1, out, 0, 0, 0, 0);
  batch.release();
  return values === 0 && kernels.getRejected() === 1;
}
