import { kernels } from '../../kernels/kernels.ts';
import type { Column } from '../../rows/batch.ts';
import { BadCell } from '../bad-value.ts';
import { type Bounds, NO_BOUNDS, textBounds } from './bounds.ts';
import { Pages } from './chunk.ts';
import type { Chunk, ColumnContext, ColumnWriter } from './chunk.ts';
import { Dictionary } from './dictionary.ts';
import { ENCODING } from './metadata.ts';

/** After a chunk that a dictionary did not serve, so many chunks do without, then it is tried again. */
const CHUNKS_WITHOUT_DICTIONARY = 7;
/** A dictionary must save at least a quarter of the first page. */
const WORTHWHILE = 0.75;

/** Byte strings: through a dictionary as long as it pays, else plain. */
export class BytesColumn implements ColumnWriter {
  readonly rejected = 0;
  readonly #context: ColumnContext;
  readonly #utf8: boolean;
  readonly #bounds: Bounds;
  readonly #pages: Pages;
  #dictionary: Dictionary | undefined;
  #dictionaryPages = 0;
  /** True while cells of this chunk go through the dictionary. */
  #looking = true;
  #chunksWithout = 0;

  constructor(context: ColumnContext, utf8: boolean, nullable: boolean, bounds: boolean) {
    this.#context = context;
    this.#utf8 = utf8;
    this.#bounds = bounds ? textBounds() : NO_BOUNDS;
    this.#pages = new Pages(context, nullable);
  }

  append(column: Column, from: number, to: number): void {
    for (let row = from; row < to;) {
      row = this.#looking ? this.#appendIndices(column, row, to) : this.#appendPlain(column, row, to);
    }
  }

  closePage(least: number): void {
    // Indices take little, and their dictionary stays.
    if (!this.#looking && this.#pages.page.held >= least) this.#pages.close(ENCODING.plain);
  }

  get pageBytes(): number {
    return this.#pages.page.held;
  }

  get waitingBytes(): number {
    return this.#pages.waiting;
  }

  get dictionaryBytes(): number {
    return this.#dictionary?.held ?? 0;
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
    return { dictionary: page, ...taken, bounds: this.#bounds.take() };
  }

  drop(): void {
    this.#pages.drop();
    this.#dictionary?.drop();
    this.#dictionary = undefined;
    this.#bounds.drop();
  }

  #appendIndices(column: Column, from: number, to: number): number {
    const { pageRows, dictionary: limits } = this.#context;
    const { page } = this.#pages;
    this.#dictionary ??= new Dictionary(limits, this.#utf8, this.#bounds.address);
    const wanted = Math.min(to, from + pageRows - page.rows);
    const next = this.#dictionary.append(column, from, wanted);
    if (next > from) page.addRows(column, from, next, column.nulls > 0);
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
    return { entries, body: this.#pages.compress(dictionary.take()) };
  }

  #appendPlain(column: Column, from: number, to: number): number {
    const { pageBytes, pageRows } = this.#context;
    const { page } = this.#pages;
    const { starts, lengths } = column;
    const last = Math.min(to, from + pageRows - page.rows);
    const next = kernels.rowsWithin(lengths.byteOffset, from, last, Math.max(0, pageBytes - page.size));
    // A cell larger than a page has a page of its own.
    const fit = next === from && page.rows === 0 ? from + 1 : next;
    if (fit > from) {
      page.reserve(kernels.plainSize(lengths.byteOffset, from, fit) >>> 0);
      const begin = page.end;
      const end = kernels.plainTexts(
        starts.byteOffset,
        lengths.byteOffset,
        from,
        fit,
        begin,
        this.#utf8 ? 1 : 0,
        this.#bounds.address,
      );
      if (end === 0) throw new BadCell(kernels.getBadRow());
      page.size += (end >>> 0) - begin;
      page.addRows(column, from, fit, column.nulls > 0);
    }
    if (fit < last || page.rows >= pageRows || page.size >= pageBytes) this.#pages.close(ENCODING.plain);
    return fit;
  }
}
