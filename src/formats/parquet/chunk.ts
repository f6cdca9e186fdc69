import type { BoundBytes } from './bounds.ts';
import { TINY_CHUNK } from './compressor.ts';
import type { CompressedPage, Compressor } from './compressor.ts';
import type { DictionaryLimits } from './dictionary.ts';
import { CODEC } from './metadata.ts';
import { Page, type PageMemory } from './page.ts';
import type { Column } from '../../rows/batch.ts';

/** What a column needs to know of its writer. */
export interface ColumnContext {
  readonly compressor: Compressor;
  /** A page is closed when its values reach so many bytes, or it has so many rows. */
  readonly pageBytes: number;
  readonly pageRows: number;
  readonly dictionary: DictionaryLimits;
}

interface DataPage {
  readonly rows: number;
  readonly nulls: number;
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
  /** Bytes of memory in the open page. */
  readonly pageBytes: number;
  /** Bytes of memory in compressed pages. */
  readonly waitingBytes: number;
  /** Bytes of memory in the dictionary. */
  readonly dictionaryBytes: number;
  /** Closes the open page if it holds so many bytes. */
  closePage(least: number): void;
  /** Closes the last page and hands over the chunk; the next cell begins a new one. */
  endChunk(): Chunk;
  /** Gives all memory back; the writer is of no use afterwards. */
  drop(): void;
}

/** The open page of a column and the closed ones of its chunk. */
export class Pages {
  readonly page: Page;
  readonly #compressor: Compressor;
  /** Bytes of closed pages that wait, compressed, for the end of the chunk. */
  waiting = 0;
  #closed: DataPage[] = [];
  #nulls = 0;
  /** True while the pages of the chunk, too small to be worth it, are not compressed. */
  #stored = false;

  constructor(context: ColumnContext, nullable: boolean) {
    this.page = new Page(nullable);
    this.#compressor = context.compressor;
  }

  close(encoding: number): void {
    const { rows, nulls } = this.page;
    if (rows === 0) return;
    this.#nulls += nulls;
    const body = this.compress(this.page.take());
    this.#closed.push({ rows, nulls, encoding, body });
    const chunk = this.#closed;
    void this.#count(body, chunk);
  }

  /** Counts a page when it is compressed, unless its chunk has ended by then. */
  async #count(body: CompressedPage, chunk: readonly DataPage[]): Promise<void> {
    const bytes = body.bytes instanceof Promise ? await body.bytes.catch(() => undefined) : body.bytes;
    if (chunk === this.#closed) this.waiting += bytes?.length ?? 0;
  }

  compress(page: PageMemory): CompressedPage {
    return this.#stored ? this.#compressor.store(page) : this.#compressor.compress(page);
  }

  drop(): void {
    this.page.drop();
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
    this.waiting = 0;
    this.#nulls = 0;
    this.#stored = false;
    return taken;
  }
}
