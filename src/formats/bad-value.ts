import { isAscii, isUtf8 } from 'node:buffer';
import { PanoramaError } from '../errors.ts';
import type { Column } from '../rows/batch.ts';
import { typeText } from '../rows/field.ts';
import type { FileField } from './format.ts';

/** What a cell parser throws: the row of the batch whose cell does not fit. */
export class BadCell extends Error {
  readonly row: number;

  constructor(row: number) {
    super('a cell does not fit its type');
    this.row = row;
  }
}

/** The error for a cell that does not fit; it names where, never the value. @param row counted from 1 */
export function badValue(table: string, field: FileField, row: number): PanoramaError {
  const type = field.type.kind === 'text' ? 'UTF-8 text' : typeText(field.type);
  return new PanoramaError(
    'bad-value',
    `${table}.${field.name}: the value in row ${row} of the file is not ${type}`,
  );
}

/** @throws BadCell at the first of the rows `[from, to)` that is not UTF-8 */
export function checkUtf8(column: Column, from: number, to: number): void {
  const { data, offsets } = column;
  const all = data.subarray(offsets[from]!, offsets[to]!);
  if (isAscii(all)) return;
  // Together they may be well-formed although one ends, and the next begins, in the middle of a character.
  const wellFormed = isUtf8(all);
  for (let row = from; row < to; row++) {
    const start = offsets[row]!;
    const end = offsets[row + 1]!;
    if (start < end && (data[start]! & 0xc0) === 0x80) throw new BadCell(firstBroken(column, from, row));
    if (!wellFormed && !isUtf8(data.subarray(start, end))) throw new BadCell(row);
  }
}

function firstBroken(column: Column, from: number, last: number): number {
  const { data, offsets } = column;
  for (let row = from; row < last; row++) {
    if (!isUtf8(data.subarray(offsets[row]!, offsets[row + 1]!))) return row;
  }
  return last;
}
