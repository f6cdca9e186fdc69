import { PanoramaError } from '../errors.ts';
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
