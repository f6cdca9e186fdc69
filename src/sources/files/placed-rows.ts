import { PanoramaError } from '../../errors.ts';
import { findBadCell } from '../../rows/bad-cells.ts';
import { type Batch, BatchBuilder } from '../../rows/batch.ts';
import { type Field, typeText } from '../../rows/field.ts';

/** Says where a row is, e.g. `grades.csv:12`, from what was noted for it; `field` is the column of the request. */
export type PlaceOf = (row: number, field: Field) => string;

/**
 * Collects rows of files into batches in which every cell fits its type, so that what does not fit is told by its place
 * in its file. To be ended with {@link drop}.
 */
export class PlacedRows {
  readonly builder: BatchBuilder;
  readonly #table: string;
  readonly #fields: readonly Field[];
  /** The columns to look through. */
  readonly #checked: readonly number[];
  #rows: number[] = [];
  /** Where rows of another file begin in the batch. */
  #parts: { readonly from: number; readonly placeOf: PlaceOf }[] = [];

  /** @param checkText false where it is known that all text is UTF-8 */
  constructor(table: string, fields: readonly Field[], checkText: boolean) {
    this.builder = new BatchBuilder(fields.length);
    this.#table = table;
    this.#fields = fields;
    this.#checked = [...fields.keys()].filter((i) => checkText || fields[i]!.type.kind !== 'text');
  }

  /** The rows from here on are in another file. */
  begin(placeOf: PlaceOf): void {
    this.#parts.push({ from: this.builder.rows, placeOf });
  }

  /** Ends a row. @param row what says its place, e.g. the line */
  endRow(row: number): void {
    this.#rows.push(row);
    this.builder.endRow();
  }

  /** @throws PanoramaError `bad-value` for a cell that does not fit its type */
  take(): Batch {
    const batch = this.builder.take();
    for (const column of this.#checked) {
      const field = this.#fields[column]!;
      const row = findBadCell(batch, column, field.type);
      if (row < 0) continue;
      batch.release();
      throw this.#bad(row, field);
    }
    this.#rows = [];
    this.#parts = this.#parts.slice(-1).map(({ placeOf }) => ({ from: 0, placeOf }));
    return batch;
  }

  drop(): void {
    this.builder.drop();
  }

  #bad(row: number, field: Field): PanoramaError {
    const { placeOf } = this.#parts.findLast(({ from }) => from <= row)!;
    const text = field.type.kind === 'text';
    return new PanoramaError(
      'bad-value',
      `${placeOf(this.#rows[row]!, field)}: the value of ${this.#table}.${field.name} is not ${text ? 'UTF-8 text' : typeText(field.type)}.`,
      text
        ? { hint: 'Set the encoding that the file was written in.' }
        : { hint: "Correct the column's type in the fields of the table in the settings, or the value." },
    );
  }
}
