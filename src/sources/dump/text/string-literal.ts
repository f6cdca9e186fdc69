/** Answer of a reader whose window ends too early. */
export const MORE = -1;

/** What an escaped byte stands for. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [from, to] of Object.entries({ n: 10, t: 9, r: 13, '0': 0, b: 8, Z: 26 }))
  ESCAPED[from.charCodeAt(0)] = to;

/** Reads string literals; the content of the last one is `bytes[start, end)`, valid until the next. */
export class StringLiteral {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  #scratch = Buffer.alloc(0);

  set(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /**
   * Reads the string whose opening quote is at `p`; answers the place behind its closing quote, or MORE.
   * @param escape the byte that escapes, or -1
   */
  read(bytes: Buffer, p: number, quote: number, escape: number): number {
    const end = bytes.length;
    let q = p + 1;
    let byte = -1;
    while (q < end && (byte = bytes[q]!) !== quote && byte !== escape) q++;
    // One byte behind the quote tells a closing from a doubled one.
    if (q + 1 >= end) return MORE;
    if (byte === escape || bytes[q + 1] === quote) return this.#unescape(bytes, p + 1, q, quote, escape);
    this.bytes = bytes;
    this.start = p + 1;
    this.end = q;
    return q + 1;
  }

  /** Goes on at the first escape or doubled quote, which is at `q`. `\%` and `\_` keep their backslash, as in MySQL. */
  #unescape(bytes: Buffer, start: number, q: number, quote: number, escape: number): number {
    const end = bytes.length;
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafeSlow(end - start);
    const out = this.#scratch;
    let length = bytes.copy(out, 0, start, q);
    for (;;) {
      let byte = -1;
      while (q < end && (byte = bytes[q]!) !== quote && byte !== escape) {
        out[length++] = byte;
        q++;
      }
      if (q + 1 >= end) return MORE;
      const next = bytes[q + 1]!;
      if (byte === escape) {
        if (next === 37 || next === 95) out[length++] = escape;
        out[length++] = ESCAPED[next]!;
      } else if (next === quote) out[length++] = quote;
      else break;
      q += 2;
    }
    this.set(out, 0, length);
    return q + 1;
  }
}
