import { zstd } from '../zstd.ts';
import type { Block, BlockPool } from './blocks.ts';
import { CODEC } from './metadata.ts';

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
  readonly #pool: BlockPool;
  readonly #zstd: ReturnType<typeof zstd> | undefined;
  readonly #inFlight: { settled: Promise<void>; size: number }[] = [];
  readonly #maxInFlight: number;
  #size = 0;

  constructor(compression: 'zstd' | 'none', level: number, pool: BlockPool, maxInFlight: number) {
    this.#zstd = compression === 'zstd' ? zstd(level) : undefined;
    this.codec = this.#zstd === undefined ? CODEC.uncompressed : CODEC.zstd;
    this.#pool = pool;
    this.#maxInFlight = maxInFlight;
  }

  /** As {@link compress}, for a page that is to be stored as it is. */
  store(bytes: Uint8Array, block: Block | undefined): CompressedPage {
    const copy = Buffer.from(bytes);
    if (block !== undefined) this.#pool.give(block);
    return { uncompressed: copy.length, bytes: copy };
  }

  /** Takes over a block and the page in it; the block goes back to the pool when the page is compressed. */
  compress(bytes: Uint8Array, block: Block | undefined): CompressedPage {
    if (this.#zstd === undefined) return this.store(bytes, block);
    const uncompressed = bytes.length;
    if (uncompressed < AT_ONCE) {
      const result = this.#zstd.compressSync(bytes);
      if (block !== undefined) this.#pool.give(block);
      return { uncompressed, bytes: result };
    }
    const promise = this.#zstd.compress(bytes).then((result) => {
      if (block !== undefined) this.#pool.give(block);
      return result;
    });
    // Whoever writes the page sees the error; until then nobody may be waiting for it.
    const settled = promise.then(ignore, ignore);
    this.#inFlight.push({ settled, size: uncompressed });
    this.#size += uncompressed;
    return { uncompressed, bytes: promise };
  }

  /** Undefined when there is room for more pages, else a promise of it. */
  room(): Promise<void> | undefined {
    return this.#size > this.#maxInFlight ? this.#drain() : undefined;
  }

  async #drain(): Promise<void> {
    while (this.#size > this.#maxInFlight) {
      const oldest = this.#inFlight.shift()!;
      await oldest.settled;
      this.#size -= oldest.size;
    }
  }
}

function ignore(): void {}
