import type { PanoramaError } from '../../errors.ts';
import type { BatchBuilder } from '../../rows/batch.ts';
import { lineFeeds, type Window } from '../files/window.ts';
import { type Dialect, MEANINGS } from './dialect.ts';

/** `record`: one was read. `more`: the window ends inside it. `end`: there is no further one. */
export type RecordStatus = 'record' | 'more' | 'end';

const LF = 10;
const CR = 13;

/** What a field needs before it is a cell. */
const PLAIN = 0;
const QUOTED = 1;
const ESCAPED = 2;

/**
 * Takes delimited text apart, record by record, without a JavaScript value per cell. A record that the window does not
 * hold whole is begun anew when there is more of it.
 *
 * A line feed, a carriage return or both end a record. A quote opens a field only as its first byte; elsewhere in a
 * field without quotes it is text. Behind the closing quote only a delimiter or the end of the line may follow.
 */
export class RecordReader {
  /** Number of fields of the record. */
  count = 0;
  /** The line, from 1, in which the record begins. */
  line = 1;
  /** True for a line without a single byte. */
  blank = false;
  readonly #window: Window;
  readonly #dialect: Dialect;
  readonly #fail: (line: number, message: string) => PanoramaError;
  /** Bytes at which a field without quotes may end or that are to be looked at. */
  readonly #stops = new Uint8Array(256);
  #bytes: Buffer = Buffer.alloc(0);
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  #kinds = new Uint8Array(64);
  #nextLine = 1;
  /** Whether records end with both bytes, as far as that must be known; the first record tells. */
  #crlf: boolean | undefined;
  #scratch: Buffer = Buffer.alloc(0);

  /** @param fail makes the error of a line */
  constructor(window: Window, dialect: Dialect, fail: (line: number, message: string) => PanoramaError) {
    this.#window = window;
    this.#dialect = dialect;
    this.#fail = fail;
    for (const byte of [LF, dialect.delimiter[0]!]) this.#stops[byte] = 1;
    if (!dialect.mysql) this.#stops[CR] = 1;
    if (dialect.escape >= 0) this.#stops[dialect.escape] = 1;
  }

  /** Reads the next record. @throws PanoramaError for a quote that is not closed or closed too early */
  read(): RecordStatus {
    const { bytes, pos, ended } = this.#window;
    this.line = this.#nextLine;
    if (pos >= bytes.length) return ended ? 'end' : 'more';
    this.#bytes = bytes;
    this.count = 0;
    let p = pos;
    let special = false;
    for (;;) {
      const next = bytes[p] === this.#dialect.quote ? this.#quoted(p) : this.#unquoted(p);
      if (next < 0) return 'more';
      special ||= this.#kinds[this.count] !== PLAIN;
      this.count++;
      p = next + this.#delimiterAt(next);
      if (p === next) break;
    }
    const end = this.#lineEnd(p);
    if (end < 0) return 'more';
    this.blank = p === pos;
    this.#nextLine = this.line + 1 + (special ? lineFeeds(bytes, pos, p) : 0);
    this.#window.pos = end;
    return 'record';
  }

  /** Tells of lines that were passed over in the window. */
  skipLines(lines: number): void {
    this.#nextLine += lines;
  }

  /** True where a field is one of the texts that stand for NULL. */
  isNull(field: number): boolean {
    if ((this.#kinds[field]! & QUOTED) !== 0) return false;
    const start = this.#starts[field]!;
    const end = this.#ends[field]!;
    for (const text of this.#dialect.nulls) {
      if (text.length !== end - start) continue;
      if (start === end || text.equals(this.#bytes.subarray(start, end))) return true;
    }
    return false;
  }

  /** True where nothing is in a field, whether it has quotes or not. */
  isEmpty(field: number): boolean {
    return this.#starts[field] === this.#ends[field];
  }

  /** Gives a field to a column of a batch. */
  append(builder: BatchBuilder, column: number, field: number): void {
    const start = this.#starts[field]!;
    const end = this.#ends[field]!;
    if ((this.#kinds[field]! & ESCAPED) === 0) return builder.append(column, this.#bytes, start, end);
    // The scratch may be another one afterwards.
    const length = this.#unescape(start, end, this.#kinds[field]!);
    builder.append(column, this.#scratch, 0, length);
  }

  /** The bytes of a field; valid until the next call. */
  value(field: number): Buffer {
    const start = this.#starts[field]!;
    const end = this.#ends[field]!;
    if ((this.#kinds[field]! & ESCAPED) === 0) return this.#bytes.subarray(start, end);
    const length = this.#unescape(start, end, this.#kinds[field]!);
    return this.#scratch.subarray(0, length);
  }

  /** Notes a field without quotes that begins at `p`; answers where it ends, -1 where that is not in the window. */
  #unquoted(p: number): number {
    const bytes = this.#bytes;
    const stops = this.#stops;
    const { escape, delimiter } = this.#dialect;
    let kind = PLAIN;
    let q = p;
    for (;;) {
      while (q < bytes.length && stops[bytes[q]!] === 0) q++;
      if (q >= bytes.length) {
        if (!this.#window.ended) return -1;
        return this.#note(p, q, kind);
      }
      if (bytes[q] === escape) {
        if (q + 1 >= bytes.length && !this.#window.ended) return -1;
        kind = ESCAPED;
        q = Math.min(q + 2, bytes.length);
        continue;
      }
      if (bytes[q] !== LF && bytes[q] !== CR && delimiter.length > 1) {
        if (q + delimiter.length > bytes.length && !this.#window.ended) return -1;
        if (this.#delimiterAt(q) === 0) {
          q++;
          continue;
        }
      }
      break;
    }
    // Where a carriage return alone is text, it belongs to the line feed if it did so in the first record.
    if (this.#dialect.mysql && bytes[q] === LF) {
      const both = q > p && bytes[q - 1] === CR;
      this.#crlf ??= both;
      if (this.#crlf && both) return this.#note(p, q - 1, kind);
    }
    return this.#note(p, q, kind);
  }

  #quoted(p: number): number {
    const bytes = this.#bytes;
    const { quote, escape } = this.#dialect;
    let kind = QUOTED;
    let q = p + 1;
    for (;;) {
      if (escape < 0) {
        const found = bytes.indexOf(quote, q);
        q = found === -1 ? bytes.length : found;
      } else while (q < bytes.length && bytes[q] !== quote && bytes[q] !== escape) q++;
      // What follows the quote decides what it is.
      if (q + this.#dialect.delimiter.length >= bytes.length && !this.#window.ended) return -1;
      if (q >= bytes.length) {
        const line = this.line + lineFeeds(bytes, this.#window.pos, p);
        throw this.#fail(line, 'a quote is opened and never closed');
      }
      if (bytes[q] === quote && bytes[q + 1] !== quote) break;
      kind = QUOTED | ESCAPED;
      q += 2;
    }
    this.#note(p + 1, q, kind);
    const behind = bytes[q + 1];
    const ends = behind === undefined || behind === LF || behind === CR || this.#delimiterAt(q + 1) > 0;
    if (ends) return q + 1;
    const line = this.line + lineFeeds(bytes, this.#window.pos, q);
    throw this.#fail(line, `field ${this.count + 1} has text behind its closing quote`);
  }

  #note(start: number, end: number, kind: number): number {
    const { count } = this;
    if (count === this.#starts.length) this.#grow();
    this.#starts[count] = start;
    this.#ends[count] = end;
    this.#kinds[count] = kind;
    return end;
  }

  #grow(): void {
    const size = this.#starts.length * 2;
    const grown = <T extends Int32Array | Uint8Array>(larger: T, old: T): T => {
      larger.set(old);
      return larger;
    };
    this.#starts = grown(new Int32Array(size), this.#starts);
    this.#ends = grown(new Int32Array(size), this.#ends);
    this.#kinds = grown(new Uint8Array(size), this.#kinds);
  }

  /** The length of the delimiter if it stands at `p`, else 0. */
  #delimiterAt(p: number): number {
    const { delimiter } = this.#dialect;
    if (this.#bytes[p] !== delimiter[0]) return 0;
    for (let i = 1; i < delimiter.length; i++) if (this.#bytes[p + i] !== delimiter[i]) return 0;
    return delimiter.length;
  }

  /** Behind the end of the line at `p`; -1 where the window ends before that is clear. */
  #lineEnd(p: number): number {
    const bytes = this.#bytes;
    if (p >= bytes.length) return p;
    if (bytes[p] === LF) return p + 1;
    if (p + 1 >= bytes.length && !this.#window.ended) return -1;
    return bytes[p + 1] === LF ? p + 2 : p + 1;
  }

  /** Writes a field without its escapes and doubled quotes to the scratch; answers its length. */
  #unescape(start: number, end: number, kind: number): number {
    const bytes = this.#bytes;
    const { quote, escape, mysql } = this.#dialect;
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafe((end - start) * 2);
    const doubled = (kind & QUOTED) === 0 ? -1 : quote;
    let length = 0;
    for (let p = start; p < end; p++) {
      const byte = bytes[p]!;
      // An escape with nothing behind it, at the end of the file, stands for itself.
      const marks = (byte === escape && p + 1 < end) || byte === doubled;
      if (!marks) this.#scratch[length++] = byte;
      else this.#scratch[length++] = mysql && byte === escape ? MEANINGS[bytes[++p]!]! : bytes[++p]!;
    }
    return length;
  }
}
