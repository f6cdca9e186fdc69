import type { Column } from '../../rows/batch.ts';
import { checkUtf8 } from '../bad-value.ts';
import type { Block, BlockPool } from './blocks.ts';
import type { BoundBytes } from './bounds.ts';
import { TextBounds } from './bounds.ts';
import { TINY_CHUNK } from './compressor.ts';
import type { CompressedPage, Compressor } from './compressor.ts';
import { Dictionary } from './dictionary.ts';
import type { DictionaryLimits } from './dictionary.ts';
import type { FixedEncoder } from './fixed.ts';
import { fixedEncoder } from './fixed.ts';
import { CODEC, ENCODING } from './metadata.ts';
import { Page } from './page.ts';
import type { FileColumn } from './schema.ts';

/** What a column needs to know of its writer. */
export interface ColumnContext {
  readonly pool: BlockPool;
  readonly compressor: Compressor;
  /** A page is closed when its values reach so many bytes, or it has so many rows. */
  readonly pageBytes: number;
  readonly pageRows: number;
  readonly dictionary: DictionaryLimits;
}

export interface DataPage {
  readonly rows: number;
  readonly encoding: number;
  readonly body: CompressedPage;
}

/** The pages of a column in one row group, in the order of the file. */
export interface Chunk {
  readonly dictionary: { readonly entries: number; readonly body: CompressedPage } | undefined;
  readonly pages: readonly DataPage[];
  readonly codec: number;
  readonly nulls: number;
  readonly bounds: BoundBytes | undefined;
}

/** Turns the cells of one column into pages; lives as long as its file. */
export interface ColumnWriter {
  /** Cells that could not be stored and became NULL, in the whole file. */
  readonly rejected: number;
  /** @throws BadCell */
  append(column: Column, from: number, to: number): void;
  /** Closes the last page and hands over the chunk; the next cell begins a new one. */
  endChunk(): Chunk;
  /** Gives borrowed memory back. */
  drop(): void;
}

/** The writer for a column's type. */
export function columnWriter(column: FileColumn, context: ColumnContext): ColumnWriter {
  const { type } = column.field;
  const bounds = !column.field.private;
  if (type.kind === 'text' || type.kind === 'binary') {
    return new BytesColumn(context, type.kind === 'text', bounds && type.kind === 'text');
  }
  return new FixedColumn(context, fixedEncoder(type, column.type.width, bounds), column.type.width);
}

/** The open page and the closed ones, common to both kinds of columns. */
class Pages {
  readonly page: Page;
  readonly #compressor: Compressor;
  #closed: DataPage[] = [];
  #nulls = 0;
  /** True while the pages of the chunk, too small to be worth it, are not compressed. */
  #stored = false;

  constructor(context: ColumnContext) {
    this.page = new Page(context.pool);
    this.#compressor = context.compressor;
  }

  close(encoding: number): void {
    const { rows, nulls } = this.page;
    if (rows === 0) return;
    this.#nulls += nulls;
    const { bytes, block } = this.page.take();
    this.#closed.push({ rows, encoding, body: this.compress(bytes, block) });
  }

  compress(bytes: Uint8Array, block: Block | undefined): CompressedPage {
    return this.#stored ? this.#compressor.store(bytes, block) : this.#compressor.compress(bytes, block);
  }

  /** To be called before the last page is closed. @param more the bytes of what is not in the page yet */
  beginEnd(more: number): void {
    const { size, rows } = this.page;
    this.#stored = this.#closed.length === 0 && size + rows / 8 + more < TINY_CHUNK;
  }

  take(): Pick<Chunk, 'pages' | 'nulls' | 'codec'> {
    const codec = this.#stored ? CODEC.uncompressed : this.#compressor.codec;
    const taken = { pages: this.#closed, nulls: this.#nulls, codec };
    this.#closed = [];
    this.#nulls = 0;
    this.#stored = false;
    return taken;
  }
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

/** After a chunk that a dictionary did not serve, so many chunks do without, then it is tried again. */
const CHUNKS_WITHOUT_DICTIONARY = 7;
/** A dictionary must save at least a quarter of the first page. */
const WORTHWHILE = 0.75;
/** Cells up to this size are copied byte by byte, which is quicker than a call. */
const SHORT = 24;

/** Byte strings: through a dictionary as long as it pays, else plain. */
class BytesColumn implements ColumnWriter {
  readonly rejected = 0;
  readonly #context: ColumnContext;
  readonly #utf8: boolean;
  readonly #bounds: TextBounds | undefined;
  readonly #pages: Pages;
  #dictionary: Dictionary | undefined;
  #dictionaryPages = 0;
  /** True while cells of this chunk go through the dictionary. */
  #looking = true;
  #chunksWithout = 0;

  constructor(context: ColumnContext, utf8: boolean, bounds: boolean) {
    this.#context = context;
    this.#utf8 = utf8;
    this.#bounds = bounds ? new TextBounds() : undefined;
    this.#pages = new Pages(context);
  }

  append(column: Column, from: number, to: number): void {
    if (this.#utf8) checkUtf8(column, from, to);
    for (let row = from; row < to;) {
      row = this.#looking ? this.#appendIndices(column, row, to) : this.#appendPlain(column, row, to);
    }
  }

  endChunk(): Chunk {
    const dictionary = this.#dictionary;
    this.#pages.beginEnd(dictionary === undefined ? 0 : dictionary.bytes + 2 * dictionary.count);
    if (this.#looking) this.#closeIndices();
    else this.#pages.close(ENCODING.plain);
    const page = this.#takeDictionary();
    const plain = page === undefined || !this.#looking;
    if (this.#chunksWithout > 0) this.#chunksWithout--;
    else if (plain) this.#chunksWithout = CHUNKS_WITHOUT_DICTIONARY;
    this.#looking = this.#chunksWithout === 0;
    this.#dictionaryPages = 0;
    return { dictionary: page, ...this.#pages.take(), bounds: this.#bounds?.take() };
  }

  drop(): void {
    this.#pages.page.drop();
    this.#dictionary?.clear();
  }

  #appendIndices(column: Column, from: number, to: number): number {
    const { pool, pageRows, dictionary: limits } = this.#context;
    const { page } = this.#pages;
    this.#dictionary ??= new Dictionary(pool, limits);
    const wanted = Math.min(to, from + pageRows - page.rows);
    const next = this.#dictionary.append(column, from, wanted, this.#bounds);
    if (next > from) page.addRows(column, from, next);
    if (next < wanted) {
      this.#closeIndices();
      this.#looking = false;
    } else if (page.rows >= pageRows) this.#closeIndices();
    return next;
  }

  /** Closes a page of indices; the first page of a chunk decides whether the dictionary pays. */
  #closeIndices(): void {
    const { page } = this.#pages;
    const dictionary = this.#dictionary;
    if (dictionary === undefined || page.rows === 0) return;
    const first = this.#dictionaryPages === 0;
    if (first && dictionary.bytes >= dictionary.plainBytes * WORTHWHILE) {
      dictionary.writePlain(page);
      dictionary.clear();
      this.#looking = false;
      this.#pages.close(ENCODING.plain);
      return;
    }
    dictionary.writeIndices(page);
    this.#dictionaryPages++;
    this.#pages.close(ENCODING.rleDictionary);
  }

  #takeDictionary(): Chunk['dictionary'] {
    const dictionary = this.#dictionary;
    if (dictionary === undefined) return undefined;
    if (this.#dictionaryPages === 0) {
      dictionary.clear();
      return undefined;
    }
    const { entries } = dictionary;
    const { bytes, block } = dictionary.take();
    return { entries, body: this.#pages.compress(bytes, block) };
  }

  #appendPlain(column: Column, from: number, to: number): number {
    const { pageBytes, pageRows } = this.#context;
    const { page } = this.#pages;
    const last = Math.min(to, from + pageRows - page.rows);
    const next = rowsWithin(column, from, last, pageBytes - page.size);
    // A cell larger than a page has a page of its own.
    const fit = next === from && page.rows === 0 ? from + 1 : next;
    if (fit > from) {
      page.addRows(column, from, fit);
      page.reserve(plainSize(column, from, fit));
      writePlain(column, from, fit, page, this.#bounds);
    }
    if (fit < last || page.rows >= pageRows || page.size >= pageBytes) this.#pages.close(ENCODING.plain);
    return fit;
  }
}

function plainSize({ offsets }: Column, from: number, to: number): number {
  return offsets[to]! - offsets[from]! + 4 * (to - from);
}

/** The last row up to which cells fit into so many bytes, by bisection. */
function rowsWithin(column: Column, from: number, to: number, bytes: number): number {
  if (plainSize(column, from, to) <= bytes) return to;
  let fits = from;
  let exceeds = to;
  while (exceeds - fits > 1) {
    const middle = (fits + exceeds) >> 1;
    if (plainSize(column, from, middle) <= bytes) fits = middle;
    else exceeds = middle;
  }
  return fits;
}

/**
 * "Plain": BYTE_ARRAY is a length of 4 bytes and the bytes. All cells are first put where the last of them ends,
 * then moved forward one by one, which leaves room for the lengths between them: a move within an array needs no
 * object per cell, a copy between arrays does.
 */
function writePlain(
  column: Column,
  from: number,
  to: number,
  page: Page,
  bounds: TextBounds | undefined,
): void {
  const { data, offsets, validity, nulls } = column;
  const out = page.block.bytes;
  let at = page.end;
  const first = offsets[from]!;
  const shift = at + 4 * (to - from) - first;
  out.set(data.subarray(first, offsets[to]!), first + shift);
  for (let row = from; row < to; row++) {
    if (nulls > 0 && (validity[row >> 3]! & (1 << (row & 7))) === 0) continue;
    const start = offsets[row]!;
    const end = offsets[row + 1]!;
    const length = end - start;
    out[at] = length & 255;
    out[at + 1] = (length >>> 8) & 255;
    out[at + 2] = (length >>> 16) & 255;
    out[at + 3] = length >>> 24;
    at += 4;
    if (length <= SHORT) for (let byte = start; byte < end; byte++) out[at++] = data[byte]!;
    else {
      out.copyWithin(at, start + shift, end + shift);
      at += length;
    }
    bounds?.add(data, start, end);
  }
  page.end = at;
}
