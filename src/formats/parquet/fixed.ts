import type { EncodeCells } from '../../kernels/kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import type { Column } from '../../rows/batch.ts';
import type { FieldType } from '../../rows/field.ts';
import { BadCell } from '../bad-value.ts';
import { type Bounds, fixedBounds, NO_BOUNDS } from './bounds.ts';
import { Pages } from './chunk.ts';
import type { Chunk, ColumnContext, ColumnWriter } from './chunk.ts';
import { ENCODING } from './metadata.ts';

/** Values of one size, in PLAIN encoding. */
export class FixedColumn implements ColumnWriter {
  rejected = 0;
  readonly #encode: (column: Column, from: number, to: number) => void;
  readonly #bounds: Bounds;
  readonly #pages: Pages;
  readonly #pageRows: number;
  /** Bytes per value, 0 for a bit. */
  readonly #width: number;
  /** Whether the type has cells that become NULL. */
  readonly #rejects: boolean;

  /** @param width bytes per value, 0 for a bit @param bounds whether to track them */
  constructor(context: ColumnContext, type: FieldType, width: number, nullable: boolean, bounds: boolean) {
    this.#bounds = bounds
      ? fixedBounds(width === 0 ? 1 : width, type.kind === 'float32' || type.kind === 'float64')
      : NO_BOUNDS;
    this.#width = width;
    this.#pages = new Pages(context, nullable);
    this.#rejects = type.kind === 'date' || type.kind === 'timestamp';
    this.#pageRows = Math.max(
      1,
      Math.min(context.pageRows, Math.floor(context.pageBytes / (width || 1 / 8))),
    );
    this.#encode = type.kind === 'boolean' ? this.#bits.bind(this) : this.#values.bind(this, type);
  }

  append(column: Column, from: number, to: number): void {
    const { page } = this.#pages;
    for (let row = from; row < to;) {
      const next = Math.min(to, row + this.#pageRows - page.rows);
      this.#encode(column, row, next);
      if (page.rows >= this.#pageRows) this.#pages.close(ENCODING.plain);
      row = next;
    }
  }

  closePage(least: number): void {
    if (this.#pages.page.held >= least) this.#pages.close(ENCODING.plain);
  }

  get pageBytes(): number {
    return this.#pages.page.held;
  }

  get waitingBytes(): number {
    return this.#pages.waiting;
  }

  get dictionaryBytes(): number {
    return 0;
  }

  endChunk(): Chunk {
    this.#pages.beginEnd(0);
    this.#pages.close(ENCODING.plain);
    return { dictionary: undefined, ...this.#pages.take(), bounds: this.#bounds.take() };
  }

  drop(): void {
    this.#pages.drop();
    this.#bounds.drop();
  }

  #values(type: FieldType, column: Column, from: number, to: number): void {
    const { page } = this.#pages;
    page.reserve((to - from) * this.#width);
    const [precision, scale] = type.kind === 'decimal' ? [type.precision, type.scale] : [0, 0];
    const { starts, lengths } = column;
    const encode = kernelFor(type, this.#width);
    const values = encode(
      starts.byteOffset,
      lengths.byteOffset,
      from,
      to,
      page.end,
      this.#bounds.address,
      precision,
      scale,
      this.#width,
    );
    if (values < 0) throw new BadCell(kernels.getBadRow());
    const rejected = this.#rejects ? kernels.getRejected() : 0;
    this.rejected += rejected;
    page.size += values * this.#width;
    page.addRows(column, from, to, column.nulls + rejected > 0);
  }

  #bits(column: Column, from: number, to: number): void {
    const { page } = this.#pages;
    const before = page.values;
    page.reserve(((before + to - from + 7) >> 3) + 1 - page.size);
    const { starts, lengths } = column;
    const bits = kernels.booleans(
      starts.byteOffset,
      lengths.byteOffset,
      from,
      to,
      page.start,
      before,
      this.#bounds.address,
    );
    if (bits < 0) throw new BadCell(kernels.getBadRow());
    page.size = (bits + 7) >> 3;
    page.addRows(column, from, to, column.nulls > 0);
  }
}

function kernelFor(type: FieldType, width: number): EncodeCells {
  switch (type.kind) {
    case 'int32':
      return kernels.int32s;
    case 'int64':
      return kernels.int64s;
    case 'date':
      return kernels.dates;
    case 'timestamp':
      return kernels.timestamps;
    case 'float32':
      return kernels.float32s;
    case 'float64':
      return kernels.float64s;
    case 'decimal':
      if (width === 4) return kernels.decimal32s;
      return width === 8 ? kernels.decimal64s : kernels.decimal128s;
    case 'boolean':
    case 'text':
    case 'binary':
      throw new TypeError(`${type.kind} has no size of its own`);
  }
}
