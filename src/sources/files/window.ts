import type { PanoramaError } from '../../errors.ts';

/** The most bytes that a window keeps, and what is thrown where it would have to keep more. */
export interface WindowLimit {
  readonly bytes: number;
  /** @param line of the first byte that is kept, from 1 */
  readonly fail: (line: number) => PanoramaError;
}

/**
 * The bytes of a file that are in memory: a moving piece of the decompressed text. Readers work on `bytes` from
 * `pos`, synchronously; where the piece ends too early they ask for {@link Window.more} and start again;
 * what they have of the bytes is void then.
 */
export class Window {
  bytes: Buffer = Buffer.alloc(0);
  pos = 0;
  /** True once it is known that nothing follows `bytes`. */
  ended = false;
  readonly #limit: WindowLimit;
  readonly #chunks: AsyncIterator<Buffer>;
  #memory: Buffer = Buffer.alloc(0);
  /** Line number of the first byte of `bytes`. */
  #line = 1;

  constructor(chunks: AsyncIterable<Buffer>, limit: WindowLimit) {
    this.#limit = limit;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * Gets further bytes and forgets those before `from` (an index of `bytes`, at most `pos`), which becomes
   * index 0. At least as many bytes are added as are kept, so that starting again stays linear even for a
   * value of hundreds of megabytes. False at the end of the file.
   */
  async more(from: number = this.pos): Promise<boolean> {
    const kept = this.bytes.length - from;
    if (kept > this.#limit.bytes) throw this.#limit.fail(this.lineOf(from));
    const parts: Buffer[] = [];
    let added = 0;
    do {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      parts.push(next.value);
      added += next.value.length;
    } while (added < kept || added === 0);
    if (added === 0) {
      this.ended = true;
      return false;
    }
    this.#line += lineFeeds(this.bytes, 0, from);
    const single = kept === 0 && parts.length === 1;
    this.bytes = single ? parts[0]! : this.#join(from, kept, parts);
    this.pos -= from;
    return true;
  }

  /** The kept bytes and the new ones in memory that is used again and again; what was there before is void. */
  #join(from: number, kept: number, parts: readonly Buffer[]): Buffer {
    const size = parts.reduce((sum, part) => sum + part.length, kept);
    const memory = size <= this.#memory.length ? this.#memory : Buffer.allocUnsafeSlow(size + (size >> 1));
    memory.set(this.bytes.subarray(from), 0);
    let at = kept;
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
    this.#memory = memory;
    return memory.subarray(0, size);
  }

  /** The line, from 1, of a byte of the window. */
  lineOf(index: number = this.pos): number {
    return this.#line + lineFeeds(this.bytes, 0, Math.min(index, this.bytes.length));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** How many line feeds are in `bytes[start, end)`. */
export function lineFeeds(bytes: Buffer, start: number, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10, start); at !== -1 && at < end; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
