import type { Column } from '../../rows/batch.ts';
import { checkUtf8 } from '../bad-value.ts';
import { TextBounds } from './bounds.ts';
import { Pages } from './chunk.ts';
import type { Chunk, ColumnContext, ColumnWriter } from './chunk.ts';
import { Dictionary } from './dictionary.ts';
import { ENCODING } from './metadata.ts';
import type { Page } from './page.ts';

/** After a chunk that a dictionary did not serve, so many chunks do without, then it is tried again. */
const CHUNKS_WITHOUT_DICTIONARY = 7;
/** A dictionary must save at least a quarter of the first page. */
const WORTHWHILE = 0.75;
/** Cells up to this size are copied byte by byte, which is quicker than a call. */
const SHORT = 24;

/** Byte strings: through a dictionary as long as it pays, else plain. */
export class BytesColumn implements ColumnWriter {
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
    const taken = this.#pages.take();
    const empty = taken.pages.every(({ rows, nulls }) => rows === nulls);
    const plain = page === undefined || !this.#looking;
    if (this.#chunksWithout > 0) this.#chunksWithout--;
    else if (plain && !empty) this.#chunksWithout = CHUNKS_WITHOUT_DICTIONARY;
    this.#looking = this.#chunksWithout === 0;
    this.#dictionaryPages = 0;
    return { dictionary: page, ...taken, bounds: this.#bounds?.take() };
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
