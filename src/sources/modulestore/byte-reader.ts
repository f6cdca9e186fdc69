/** Takes bytes off a stream of chunks. */
export interface ByteReader {
  /** How many bytes were taken. */
  readonly position: number;
  /** The next bytes, fewer where the stream ends before. */
  take(count: number): Promise<Buffer>;
  /** Passes over bytes; answers how many there were. */
  skip(count: number): Promise<number>;
}

export function byteReader(chunks: AsyncIterator<Buffer>): ByteReader {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;

  async function fill(): Promise<boolean> {
    while (rest.length === 0) {
      const { done, value } = await chunks.next();
      if (done === true) return false;
      rest = value;
    }
    return true;
  }

  /** Some of the next bytes, not more than these. */
  async function next(count: number): Promise<Buffer> {
    if (count === 0 || !(await fill())) return rest.subarray(0, 0);
    const part = rest.subarray(0, count);
    rest = rest.subarray(part.length);
    position += part.length;
    return part;
  }

  return {
    get position() {
      return position;
    },
    async take(count) {
      const first = await next(count);
      if (first.length === count) return first;
      const parts = [first];
      for (let missing = count - first.length; missing > 0;) {
        const part = await next(missing);
        if (part.length === 0) break;
        parts.push(part);
        missing -= part.length;
      }
      return Buffer.concat(parts);
    },
    async skip(count) {
      let skipped = 0;
      while (skipped < count) {
        const { length } = await next(count - skipped);
        if (length === 0) break;
        skipped += length;
      }
      return skipped;
    },
  };
}
