import type { BatchBuilder } from '../../rows/batch.ts';
import {
  bitBytes,
  bitDigits,
  charsetConversion,
  CharsetError,
  COPY,
  DIGITS,
  hexBytes,
  latin1ToUtf8,
} from './cells.ts';
import type { CellPlan, Conversion } from './cells.ts';
import type { SqlReader } from './text/sql-reader.ts';
import { SimpleRows } from './simple-rows.ts';
import { startsAt } from './text/sql-reader.ts';
import { MORE, StringLiteral } from './text/string-literal.ts';

/** Where the values of a row go. */
export interface RowPlan {
  /** For messages. */
  readonly table: string;
  /** Per value of a row: its column in the batch, or -1 for a value that is not wanted. */
  readonly target: Int32Array;
  readonly cells: readonly CellPlan[];
  /** What the keyword DEFAULT stands for, per value; undefined where that is not known. */
  readonly defaults: readonly (Buffer | null | undefined)[];
  /** Columns of the batch that the rows carry no value for, with the cell each row gets. */
  readonly missing: readonly { readonly column: number; readonly cell: Buffer | null }[];
}

/** `full`: the batch is full. `more`: the window ends. `end`: the statement ended. */
export type RowsStatus = 'full' | 'more' | 'end';

const BEFORE_ROW = -1;
const AFTER_ROW = -2;

const NUMBER = new Uint8Array(256);
for (const character of '0123456789+-.eE') NUMBER[character.charCodeAt(0)] = 1;

/**
 * Reads the rows behind VALUES, value by value from the window to the batch. No JS value is made per cell;
 * what is kept between calls is the place in the row, so a statement of any length needs only the window.
 */
export class InsertRows {
  readonly #reader: SqlReader;
  readonly #plan: RowPlan;
  /** The byte that escapes in strings, or -1. */
  readonly #escape: number;
  /** Index of the next value of the row, or BEFORE_ROW or AFTER_ROW. */
  #at = BEFORE_ROW;
  readonly #literal = new StringLiteral();
  readonly #simple: SimpleRows | undefined;

  constructor(reader: SqlReader, plan: RowPlan) {
    this.#reader = reader;
    this.#plan = plan;
    this.#escape = reader.escapes ? 92 : -1;
    this.#simple = SimpleRows.of(plan, this.#escape);
  }

  read(builder: BatchBuilder): RowsStatus {
    const { window } = this.#reader;
    const target = this.#plan.target;
    const width = target.length;
    for (;;) {
      if (this.#at < 0 && this.#simple !== undefined) {
        const read = this.#simple.read(builder, window.bytes, window.pos, this.#at === AFTER_ROW);
        if (read > 0) {
          window.pos += read;
          this.#at = AFTER_ROW;
          if (builder.full) return 'full';
        }
      }
      if (this.#at < 0) {
        const status = this.#betweenRows();
        if (status !== undefined) return status;
      }
      const bytes = window.bytes;
      let p = window.pos;
      let i = this.#at;
      while (i >= 0) {
        const next = i < width ? this.#value(builder, bytes, p, i) : this.#tooMany(p);
        if (next === MORE) {
          window.pos = p;
          this.#at = i;
          return 'more';
        }
        p = next;
        // The value's delimiter is the byte before: a comma, or the parenthesis that ends the row.
        if (bytes[p - 1] === 44) i++;
        else {
          if (i !== width - 1) throw this.#wrongCount(p, i + 1);
          i = AFTER_ROW;
        }
      }
      window.pos = p;
      this.#at = i;
      for (const { column, cell } of this.#plan.missing) builder.appendCell(column, cell);
      builder.endRow();
      if (builder.full) return 'full';
    }
  }

  /** Goes to the first value of the next row; answers where there is none. */
  #betweenRows(): RowsStatus | undefined {
    const reader = this.#reader;
    const { window, delimiter } = reader;
    for (;;) {
      let byte = window.bytes[window.pos];
      if (byte !== 40 && byte !== 44 && byte !== delimiter[0]) {
        if (!reader.blank()) return 'more';
        byte = window.bytes[window.pos];
      }
      if (this.#at === BEFORE_ROW && byte === 40) {
        window.pos++;
        this.#at = 0;
        return undefined;
      }
      if (this.#at === AFTER_ROW && byte === 44) {
        window.pos++;
        this.#at = BEFORE_ROW;
        continue;
      }
      if (window.pos + delimiter.length > window.bytes.length) return 'more';
      if (this.#at !== AFTER_ROW || !startsAt(window.bytes, window.pos, delimiter)) {
        const expected =
          this.#at === AFTER_ROW ? 'a comma or the end of the statement' : 'a row in parentheses';
        throw reader.fail('dump-syntax', `table ${this.#plan.table}: ${expected} was expected.`);
      }
      window.pos += delimiter.length;
      this.#at = BEFORE_ROW;
      return 'end';
    }
  }

  /** Reads the value at `p` and gives it to the batch. Behind its delimiter, or MORE with nothing given. */
  #value(builder: BatchBuilder, bytes: Buffer, p: number, i: number): number {
    const column = this.#plan.target[i]!;
    const first = bytes[p];
    if (first === 39) {
      const next = this.#delimiter(bytes, this.#literal.read(bytes, p, 39, this.#escape));
      if (next === MORE || column < 0) return next;
      const { text } = this.#plan.cells[i]!;
      const literal = this.#literal;
      if (text === COPY) builder.append(column, literal.bytes, literal.start, literal.end);
      else this.#convert(builder, column, text);
      return next;
    }
    if (first !== undefined && NUMBER[first] === 1) {
      let q = p + 1;
      while (q < bytes.length && NUMBER[bytes[q]!] === 1) q++;
      const marked = first === 48 && q === p + 1 && isPrefix(bytes[q]);
      if (q >= bytes.length) return MORE;
      if (!marked) {
        const next = this.#delimiter(bytes, q);
        if (next !== MORE && column >= 0) builder.append(column, bytes, first === 43 ? p + 1 : p, q);
        return next;
      }
    }
    if (first === 78 && bytes[p + 1] === 85 && bytes[p + 2] === 76 && bytes[p + 3] === 76) {
      const next = this.#delimiter(bytes, p + 4);
      if (next !== MORE && column >= 0) builder.appendNull(column);
      return next;
    }
    return this.#unusual(builder, bytes, p, i);
  }

  /** Behind the comma or parenthesis at or after `p`, which ends a value. */
  #delimiter(bytes: Buffer, p: number): number {
    if (p === MORE || p >= bytes.length) return MORE;
    const byte = bytes[p];
    if (byte === 44 || byte === 41) return p + 1;
    return this.#lateDelimiter(bytes, p);
  }

  #lateDelimiter(bytes: Buffer, p: number): number {
    const { window } = this.#reader;
    const before = window.pos;
    window.pos = p;
    const found = this.#reader.blank();
    const at = window.pos;
    window.pos = before;
    if (!found) return MORE;
    if (at !== p && (bytes[at] === 44 || bytes[at] === 41)) return at + 1;
    throw this.#syntax(at, 'a value is followed by something else than a comma or a parenthesis');
  }

  #convert(builder: BatchBuilder, column: number, conversion: Conversion): void {
    const { bytes, start, end } = this.#literal;
    if (conversion === COPY) {
      builder.append(column, bytes, start, end);
      return;
    }
    const convert = conversion === DIGITS ? bitDigits : latin1ToUtf8;
    builder.appendCell(column, convert(bytes, start, end));
  }

  /** Everything but plain strings, decimal numbers and NULL. */
  #unusual(builder: BatchBuilder, bytes: Buffer, p: number, i: number): number {
    const column = this.#plan.target[i]!;
    const first = bytes[p];
    // The longest keyword or introducer with the byte behind it.
    if (p + 24 > bytes.length && !this.#reader.window.ended) return MORE;
    if (first === 34 && !this.#reader.ansi) {
      const next = this.#delimiter(bytes, this.#literal.read(bytes, p, 34, this.#escape));
      if (next !== MORE && column >= 0) this.#convert(builder, column, this.#plan.cells[i]!.text);
      return next;
    }
    const skipped = this.#skipBlank(p);
    if (skipped === MORE) return MORE;
    if (skipped !== p) return this.#value(builder, bytes, skipped, i);
    let q = p;
    while (q < bytes.length && isWordByte(bytes[q]!)) q++;
    if (q >= bytes.length) return MORE;
    const word = bytes.toString('latin1', p, Math.min(q, p + 24)).toUpperCase();
    if (word.startsWith('0X') || word.startsWith('0B'))
      return this.#digits(builder, bytes, p + 2, q, i, word[1]!, q);
    if ((word === 'X' || word === 'B') && bytes[q] === 39) {
      const close = bytes.indexOf(39, q + 1);
      return close === -1 ? MORE : this.#digits(builder, bytes, q + 1, close, i, word, close + 1);
    }
    if (word.startsWith('_')) return this.#introduced(builder, bytes, q, i, word.slice(1).toLowerCase());
    return this.#keyword(builder, bytes, q, i, word);
  }

  #skipBlank(p: number): number {
    const { window } = this.#reader;
    const before = window.pos;
    window.pos = p;
    const found = this.#reader.blank();
    const at = window.pos;
    window.pos = before;
    return found ? at : MORE;
  }

  /** A hexadecimal or bit literal whose digits are `[start, end)`. */
  #digits(
    builder: BatchBuilder,
    bytes: Buffer,
    start: number,
    end: number,
    i: number,
    base: string,
    behind: number,
  ): number {
    const next = this.#delimiter(bytes, behind);
    const column = this.#plan.target[i]!;
    if (next === MORE || column < 0) return next;
    const value = base === 'X' ? hexBytes(bytes, start, end) : bitBytes(bytes, start, end);
    if (value === undefined) throw this.#syntax(start, 'a hexadecimal or bit literal is malformed');
    this.#literal.set(value, 0, value.length);
    this.#convert(builder, column, this.#plan.cells[i]!.bytes);
    return next;
  }

  /** A literal behind an introducer such as `_binary` or `_utf8mb4`. */
  #introduced(builder: BatchBuilder, bytes: Buffer, p: number, i: number, charset: string): number {
    const start = this.#skipBlank(p);
    if (start === MORE || start + 1 >= bytes.length) return MORE;
    const quote = bytes[start]!;
    if (quote !== 39 && (quote !== 34 || this.#reader.ansi)) {
      // `_binary 0x00` and the like: the literal itself says what its bytes are.
      if (quote === 48 || quote === 120 || quote === 88) return this.#unusual(builder, bytes, start, i);
      throw this.#syntax(start, 'an introducer is not followed by a string');
    }
    const next = this.#delimiter(bytes, this.#literal.read(bytes, start, quote, this.#escape));
    const column = this.#plan.target[i]!;
    if (next === MORE || column < 0) return next;
    const cell = this.#plan.cells[i]!;
    // Behind `_binary` a number is still a number; only other literals of bytes count in base 256.
    if (charset === 'binary') this.#convert(builder, column, cell.bytes === DIGITS ? cell.text : cell.bytes);
    else if (cell.text === DIGITS) this.#convert(builder, column, DIGITS);
    else this.#convert(builder, column, this.#charset(charset, start));
    return next;
  }

  #charset(charset: string, p: number): Conversion {
    try {
      return charsetConversion(charset);
    } catch (error) {
      if (!(error instanceof CharsetError)) throw error;
      throw this.#syntax(p, `a string in character set ${charset} is not read`);
    }
  }

  #keyword(builder: BatchBuilder, bytes: Buffer, q: number, i: number, word: string): number {
    const cell =
      word === 'NULL'
        ? null
        : word === 'TRUE'
          ? ONE
          : word === 'FALSE'
            ? ZERO
            : word === 'DEFAULT'
              ? this.#plan.defaults[i]
              : undefined;
    if (cell === undefined) {
      const what =
        word === 'DEFAULT'
          ? 'DEFAULT stands for something that only a server can work out'
          : 'a value is not a literal';
      throw this.#syntax(q, `${what} (value ${i + 1} of a row)`);
    }
    const next = this.#delimiter(bytes, q);
    const column = this.#plan.target[i]!;
    if (next !== MORE && column >= 0) builder.appendCell(column, cell);
    return next;
  }

  #tooMany(p: number): never {
    throw this.#wrongCount(p, this.#plan.target.length + 1);
  }

  #wrongCount(p: number, values: number): Error {
    const { target } = this.#plan;
    const has = values > target.length ? `more than ${target.length}` : String(values);
    return this.#syntax(p, `a row has ${has} values where ${target.length} are expected`);
  }

  #syntax(p: number, message: string): Error {
    const line = this.#reader.window.lineOf(p);
    return this.#reader.fail('dump-syntax', `table ${this.#plan.table}: ${message}.`, { line });
  }
}

const ONE = Buffer.from('1');
const ZERO = Buffer.from('0');

const isPrefix = (byte: number | undefined): boolean =>
  byte === 120 || byte === 88 || byte === 98 || byte === 66;

const isWordByte = (byte: number): boolean =>
  byte === 95 || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
