import type { FieldType } from '../rows/field.ts';
import { INVALID, INVALID_DATE, REJECTED, REJECTED_DATE, parseDate, parseTimestamp } from './calendar.ts';
import { parseDecimal128, parseFloat64, parseInt32, parseInt64 } from './values.ts';

/** What a {@link CellWriter} answers for a date that no calendar has, and for a value that does not fit. */
export const REJECTED_CELL = -1;
const INVALID_CELL = -2;

/** Writes the cell `data[start, end)` at `at` and returns the position behind it, or one of the above. */
export type CellWriter = (
  data: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
) => number;

/**
 * How a type is spelled: numbers in MySQL's own text, a boolean as 0 or 1, dates as `YYYY-MM-DD`, timestamps
 * always with six digits of the second, bytes as lower-case hexadecimal, text escaped. Values are checked by the
 * same parsers as for Parquet, so that a table fits both formats or neither.
 */
export function cellWriter(type: FieldType): CellWriter {
  switch (type.kind) {
    case 'boolean':
      return checked((data, start, end) => end - start === 1 && (data[start]! | 1) === 49);
    case 'int32':
      return checked((data, start, end) => !Number.isNaN(parseInt32(data, start, end)));
    case 'int64':
      return checked(parseInt64);
    case 'float32':
      return checked((data, start, end) => Number.isFinite(Math.fround(parseFloat64(data, start, end))));
    case 'float64':
      return checked((data, start, end) => !Number.isNaN(parseFloat64(data, start, end)));
    case 'decimal':
      return decimal(type.precision, type.scale);
    case 'date':
      return writeDate;
    case 'timestamp':
      return writeTimestamp;
    case 'text':
      return writeText;
    case 'binary':
      return writeHex;
  }
}

function checked(fits: (data: Uint8Array, start: number, end: number) => boolean): CellWriter {
  return (data, start, end, out, at) =>
    fits(data, start, end) ? copy(data, start, end, out, at) : INVALID_CELL;
}

function decimal(precision: number, scale: number): CellWriter {
  const scratch = new Uint8Array(16);
  return checked((data, start, end) => parseDecimal128(data, start, end, precision, scale, scratch, 0, 16));
}

function copy(data: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = at;
  for (let from = start; from < end; from++) out[to++] = data[from]!;
  return to;
}

function writeDate(data: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const days = parseDate(data, start, end);
  if (days === INVALID_DATE) return INVALID_CELL;
  return days === REJECTED_DATE ? REJECTED_CELL : copy(data, start, end, out, at);
}

function writeTimestamp(data: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const outcome = parseTimestamp(data, start, end);
  if (outcome === INVALID) return INVALID_CELL;
  if (outcome === REJECTED) return REJECTED_CELL;
  let to = copy(data, start, end, out, at);
  if (end - start === 19) out[to++] = 46;
  while (to < at + 26) out[to++] = 48;
  return to;
}

const HEX = Buffer.from('0123456789abcdef');

function writeHex(data: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  if (start === end) return writeEmpty(out, at);
  let to = at;
  for (let from = start; from < end; from++) {
    out[to++] = HEX[data[from]! >> 4]!;
    out[to++] = HEX[data[from]! & 15]!;
  }
  return to;
}

const QUOTE = 34;
const ESCAPE = 92;

/** What a byte asks for: 1 quotes around the field, 2 an escape as well, 3 the escape of a line end. */
const CLASS = new Uint8Array(256);
CLASS[44] = 1;
CLASS[QUOTE] = 2;
CLASS[ESCAPE] = 2;
CLASS[10] = 3;
CLASS[13] = 3;

/**
 * A text. The SerDe's parser (opencsv 2.3) heeds an escape only inside quotes and only before a quote or an
 * escape, and drops any other; so a field that needs an escape is quoted, and a line end, which must not stand
 * in a file that is read by lines, is written as an escaped backslash and a letter and arrives as those two
 * characters.
 */
export function writeText(data: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  if (start === end) return writeEmpty(out, at);
  let from = start;
  let to = at;
  for (; from < end; from++) {
    const byte = data[from]!;
    if (CLASS[byte] !== 0) return writeQuoted(data, start, from, end, out, at);
    out[to++] = byte;
  }
  return to;
}

/** Goes on with a text whose bytes before `from` stand at `at`, as a quoted field. */
function writeQuoted(
  data: Uint8Array,
  start: number,
  from: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  out.copyWithin(at + 1, at, at + from - start);
  out[at] = QUOTE;
  let to = at + 1 + from - start;
  for (let next = from; next < end; next++) {
    const byte = data[next]!;
    const what = CLASS[byte]!;
    if (what < 2) out[to++] = byte;
    else {
      out[to++] = ESCAPE;
      out[to++] = what === 2 ? byte : ESCAPE;
      if (what === 3) out[to++] = byte === 10 ? 110 : 114;
    }
  }
  out[to++] = QUOTE;
  return to;
}

function writeEmpty(out: Uint8Array, at: number): number {
  out[at] = QUOTE;
  out[at + 1] = QUOTE;
  return at + 2;
}

/** The most bytes that {@link writeText} needs for a cell. */
export function escapedSize(data: Uint8Array, start: number, end: number): number {
  let size = end - start + 2;
  for (let at = start; at < end; at++) {
    const what = CLASS[data[at]!]!;
    if (what > 1) size += what - 1;
  }
  return size;
}
