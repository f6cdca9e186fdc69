import type { Column } from '../../rows/batch.ts';
import { BytesColumn } from './bytes-column.ts';
import { Pages } from './chunk.ts';
import type { Chunk, ColumnContext, ColumnWriter } from './chunk.ts';
import type { FixedEncoder } from './fixed.ts';
import { fixedEncoder } from './fixed.ts';
import { ENCODING } from './metadata.ts';
import type { FileColumn } from './schema.ts';

/** The writer for a column's type. */
export function columnWriter(column: FileColumn, context: ColumnContext): ColumnWriter {
  const { type } = column.field;
  const bounds = !column.field.private;
  if (type.kind === 'text' || type.kind === 'binary') {
    return new BytesColumn(context, type.kind === 'text', bounds && type.kind === 'text');
  }
  return new FixedColumn(context, fixedEncoder(type, column.type.width, bounds), column.type.width);
}

/** Values of one size, written plain. */
class FixedColumn implements ColumnWriter {
  rejected = 0;
  readonly #encoder: FixedEncoder;
  readonly #width: number;
  readonly #pages: Pages;
  readonly #pageRows: number;

  constructor(context: ColumnContext, encoder: FixedEncoder, width: number) {
    this.#encoder = encoder;
    this.#width = width;
    this.#pages = new Pages(context);
    this.#pageRows = Math.max(
      1,
      Math.min(context.pageRows, Math.floor(context.pageBytes / (width || 1 / 8))),
    );
  }

  append(column: Column, from: number, to: number): void {
    const { page } = this.#pages;
    for (let row = from; row < to;) {
      const next = Math.min(to, row + this.#pageRows - page.rows);
      const first = page.rows;
      page.addRows(column, row, next);
      page.reserve(this.#width === 0 ? ((page.values + 7) >> 3) + 1 : (next - row) * this.#width);
      const nulls = page.nulls;
      this.#encoder.encode(column, row, next, page, first);
      this.rejected += page.nulls - nulls;
      if (page.rows >= this.#pageRows) this.#pages.close(ENCODING.plain);
      row = next;
    }
  }

  endChunk(): Chunk {
    this.#pages.beginEnd(0);
    this.#pages.close(ENCODING.plain);
    return { dictionary: undefined, ...this.#pages.take(), bounds: this.#encoder.takeBounds() };
  }

  drop(): void {
    this.#pages.page.drop();
  }
}
