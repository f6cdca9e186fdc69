import { zstd } from '../zstd.ts';
import { CODEC } from './metadata.ts';
import type { PageMemory } from './page.ts';

/** Pages below this are compressed at once; a trip to the thread pool would take longer. */
const AT_ONCE = 16 * 1024;

export interface CompressedPage {
  readonly uncompressed: number;
  readonly bytes: Uint8Array | Promise<Uint8Array>;
}

/** A column chunk smaller than this is stored as it is: a frame would cost more time than it saves bytes. */
export const TINY_CHUNK = 512;

/** Compresses pages in the thread pool, of which a bounded number of bytes is under way. */
export class Compressor {
  readonly codec: number;
  readonly #zstd: ReturnType<typeof zstd> | undefined;
  /** Called when there is room again. */
  readonly #waiting: (() => void)[] = [];
  readonly #maxInFlight: number;
  #size = 0;

  constructor(compression: 'zstd' | 'none', level: number, maxInFlight: number) {
    this.#zstd = compression === 'zstd' ? zstd(level) : undefined;
    this.codec = this.#zstd === undefined ? CODEC.uncompressed : CODEC.zstd;
    this.#maxInFlight = maxInFlight;
  }

  /** As {@link compress}, for a page that is to be stored as it is. */
  store(page: PageMemory): CompressedPage {
    const bytes = new Uint8Array(page.bytes);
    page.release();
    return { uncompressed: bytes.length, bytes };
  }

  /** Takes over a page; its memory is given back when it is compressed. */
  compress(page: PageMemory): CompressedPage {
    if (this.#zstd === undefined) return this.store(page);
    const { bytes } = page;
    const uncompressed = bytes.length;
    if (uncompressed < AT_ONCE) {
      const result = this.#zstd.compressSync(bytes);
      page.release();
      return { uncompressed, bytes: result };
    }
    const promise = this.#zstd.compress(bytes).finally(page.release);
    this.#size += uncompressed;
    const done = (): void => {
      this.#size -= uncompressed;
      if (this.#size <= this.#maxInFlight) for (const wake of this.#waiting.splice(0)) wake();
    };
    // Whoever writes the page sees an error; until then nobody may be waiting for it.
    promise.then(done, done);
    return { uncompressed, bytes: promise };
  }

  /** Undefined when there is room for more pages, else a promise of it. */
  room(): Promise<void> | undefined {
    return this.#size > this.#maxInFlight ? new Promise((resolve) => this.#waiting.push(resolve)) : undefined;
  }
}
