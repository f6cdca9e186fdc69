import { createHash } from 'node:crypto';
import type { ByteSink } from './format.ts';

/** Small writes are gathered into chunks of this size before they reach the sink. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The way to the sink: counts and hashes the bytes of a file, and gathers small writes. What the
 * sink gets is its own.
 */
export class FileOutput {
  readonly #sink: ByteSink;
  readonly #hash = createHash('sha256');
  #chunk: Buffer | undefined;
  #used = 0;
  #bytes = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** The position in the file, which is the number of bytes written so far. */
  get position(): number {
    return this.#bytes;
  }

  /** The bytes are copied. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    let from = 0;
    while (from < bytes.length) {
      const chunk = this.#chunkFor(bytes.length - from);
      const size = Math.min(bytes.length - from, chunk.length - this.#used);
      chunk.set(bytes.subarray(from, from + size), this.#used);
      this.#used += size;
      from += size;
      if (this.#used === CHUNK_BYTES) await this.#flush();
    }
  }

  /** As {@link write} for a large chunk that the caller gives away: it is not copied. */
  async writeOwned(chunk: Uint8Array): Promise<void> {
    await this.#flush();
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    await this.#sink.write(chunk);
  }

  /** Gives what is gathered to the sink and its memory back. */
  async flush(): Promise<void> {
    await this.#flush();
  }

  /** Gives the rest to the sink and returns the digest. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    await this.#flush();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** A chunk with room; it starts small and grows, for most partitions are small. */
  #chunkFor(size: number): Buffer {
    const old = this.#chunk;
    if (old !== undefined && this.#used < old.length) return old;
    const capacity = Math.min(CHUNK_BYTES, Math.max(4096, this.#used * 4, size));
    const chunk = Buffer.allocUnsafeSlow(capacity);
    if (old !== undefined) old.copy(chunk, 0, 0, this.#used);
    this.#chunk = chunk;
    return chunk;
  }

  async #flush(): Promise<void> {
    if (this.#chunk === undefined || this.#used === 0) return;
    const chunk = this.#chunk.subarray(0, this.#used);
    this.#chunk = undefined;
    this.#used = 0;
    this.#hash.update(chunk);
    await this.#sink.write(chunk);
  }
}
