/*
 * Rows in the CSV dialect of Hive's OpenCSVSerde: separator `,`, quote `"`, escape `\`, line end `\r\n`; NULL is an
 * empty field, the empty text is `""`. The SerDe's parser (opencsv 2.3) heeds an escape only before a quote or an
 * escape, and without quotes not at the start of a field; it drops any other. So a field that needs an escape is
 * quoted, and a line end, which must not stand in a file that is read by lines, is written as an escaped backslash and
 * a letter.
 */
import { INVALID, parseDate, parseTimestamp, REJECTED } from './calendar';
import { float, parseDecimal, parseFloat64, parseInt32, parseInt64 } from './numbers';
import { setBad } from './outcome';
import { copy, isUtf8 } from './texts';

/** A column of the rows to write; src/formats/csv.ts fills a list of them. */
@unmanaged
export class CsvColumn {
  starts: usize;
  lengths: usize;
  kind: u32;
  precision: i32;
  scale: i32;
  /** Cells that became NULL because no calendar has them, counted up. */
  rejected: u32;
}

const BOOLEAN: u32 = 0;
const INT32: u32 = 1;
const INT64: u32 = 2;
const FLOAT32: u32 = 3;
const FLOAT64: u32 = 4;
const DECIMAL: u32 = 5;
const DATE: u32 = 6;
const TIMESTAMP: u32 = 7;
const TEXT: u32 = 8;
const BINARY: u32 = 9;

const COMMA: u8 = 44;
const QUOTE: u8 = 34;
const ESCAPE: u8 = 92;
const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

/** The most bytes that a row can take: a line end in a text becomes three, a timestamp gains seven, quotes add two. */
function rowBound(columns: usize, count: i32, row: usize): u64 {
  let bound: u64 = 2;
  for (let i = 0; i < count; i++) {
    const c = changetype<CsvColumn>(columns + i * offsetof<CsvColumn>());
    const length = load<i32>(c.lengths + (row << 2));
    bound += 10;
    if (length > 0) bound += <u64>length * (c.kind == TEXT ? 3 : 2);
  }
  return bound;
}

/** The bytes that a row takes at most, its texts looked through. */
export function csvRowSize(columns: usize, count: i32, row: i32): u32 {
  let size: u32 = 2;
  for (let i = 0; i < count; i++) {
    const c = changetype<CsvColumn>(columns + i * offsetof<CsvColumn>());
    const length = load<i32>(c.lengths + (<usize>row << 2));
    size += 10;
    if (length <= 0) continue;
    if (c.kind != TEXT) {
      size += length << 1;
      continue;
    }
    const start = <usize>load<u32>(c.starts + (<usize>row << 2));
    size += length;
    for (let at = start; at < start + length; at++) {
      const byte = load<u8>(at);
      if (byte == 10 || byte == 13) size += 2;
      else if (byte == QUOTE || byte == ESCAPE) size++;
    }
  }
  return size;
}

/** Where the last call of {@link csvRows} stopped writing. */
let end: usize = 0;

export function csvEnd(): usize {
  return end;
}

/**
 * Writes the rows `[from, to)` until one could exceed `limit`; answers the first row that is not written, or -1 with
 * row and column in {@link setBad}. @param sure true where all of the rows are known to fit
 */
export function csvRows(
  columns: usize,
  count: i32,
  from: i32,
  to: i32,
  out: usize,
  limit: usize,
  sure: bool,
): i32 {
  let at = out;
  let row = from;
  for (; row < to; row++) {
    if (!sure && <u64>at + rowBound(columns, count, row) > <u64>limit) break;
    for (let i = 0; i < count; i++) {
      if (i > 0) store<u8>(at++, COMMA);
      const c = changetype<CsvColumn>(columns + i * offsetof<CsvColumn>());
      const slot = c.lengths + (<usize>row << 2);
      const length = load<i32>(slot);
      if (length < 0) continue;
      const next = writeCell(c, slot, load<u32>(c.starts + (<usize>row << 2)), length, at);
      if (next == 0) {
        setBad(row, i);
        return -1;
      }
      at = next;
    }
    store<u16>(at, 0x0a0d);
    at += 2;
  }
  end = at;
  return row;
}

/** Writes a cell and answers the address behind it, 0 where it does not fit its type. @param slot where its length is */
function writeCell(c: CsvColumn, slot: usize, start: usize, length: i32, out: usize): usize {
  switch (c.kind) {
    case DATE: {
      const outcome = parseDate(start, length);
      if (outcome == INVALID) return 0;
      if (outcome == REJECTED) return reject(c, slot, length, out);
      break;
    }
    case TIMESTAMP:
      return writeTimestamp(c, slot, start, length, out);
    case TEXT:
      return isUtf8(start, length) ? writeText(start, length, out) : 0;
    case BINARY:
      return writeHex(start, length, out);
    default:
      if (!fits(c.kind, c.precision, c.scale, start, length)) return 0;
  }
  copy(out, start, length);
  return out + length;
}

/** The first row of `[from, to)` whose cell does not fit its type, -1 where all do. Takes the parsers of the writers. */
export function findBadCell(
  kind: u32,
  precision: i32,
  scale: i32,
  starts: usize,
  lengths: usize,
  from: i32,
  to: i32,
): i32 {
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length >= 0 && !fits(kind, precision, scale, load<u32>(starts + (<usize>row << 2)), length)) return row;
  }
  return -1;
}

function fits(kind: u32, precision: i32, scale: i32, start: usize, length: i32): bool {
  switch (kind) {
    case BOOLEAN:
      return length == 1 && (load<u8>(start) | 1) == 49;
    case INT32:
      return parseInt32(start, length);
    case INT64:
      return parseInt64(start, length);
    case FLOAT32:
      return parseFloat64(start, length) && isFinite(<f32>float);
    case FLOAT64:
      return parseFloat64(start, length);
    case DECIMAL:
      return parseDecimal(start, length, precision, scale);
    case DATE:
      return parseDate(start, length) != INVALID;
    case TIMESTAMP:
      return parseTimestamp(start, length) != INVALID;
    case TEXT:
      return isUtf8(start, length);
    default:
      return true;
  }
}

/** Makes a cell NULL, whose bytes can still be found, and counts it. */
function reject(c: CsvColumn, slot: usize, length: i32, out: usize): usize {
  store<i32>(slot, ~length);
  c.rejected++;
  return out;
}

/** Always with six digits of the second. */
function writeTimestamp(c: CsvColumn, slot: usize, start: usize, length: i32, out: usize): usize {
  const outcome = parseTimestamp(start, length);
  if (outcome == INVALID) return 0;
  if (outcome == REJECTED) return reject(c, slot, length, out);
  copy(out, start, length);
  let at = out + length;
  if (length == 19) store<u8>(at++, 46);
  while (at < out + 26) store<u8>(at++, 48);
  return at;
}

function writeHex(start: usize, length: i32, out: usize): usize {
  if (length == 0) return writeEmpty(out);
  let at = out;
  for (let from = start; from < start + length; from++, at += 2) {
    const byte: usize = load<u8>(from);
    store<u8>(at, load<u8>(HEX + (byte >> 4)));
    store<u8>(at, load<u8>(HEX + (byte & 15)), 1);
  }
  return at;
}

function writeEmpty(out: usize): usize {
  store<u16>(out, 0x2222);
  return out + 2;
}

/** Writes a text as a field and answers the address behind it. */
export function writeText(start: usize, length: i32, out: usize): usize {
  if (length == 0) return writeEmpty(out);
  const stop = start + length;
  const plain = plainPart(start, stop, false);
  if (plain == stop) {
    copy(out, start, length);
    return out + length;
  }
  store<u8>(out, QUOTE);
  let at = out + 1;
  let from = start;
  let next = plainPart(start, stop, true);
  while (true) {
    copy(at, from, <i32>(next - from));
    at += next - from;
    if (next == stop) break;
    const byte = load<u8>(next);
    store<u8>(at++, ESCAPE);
    if (byte == QUOTE || byte == ESCAPE) store<u8>(at++, byte);
    else {
      store<u8>(at++, ESCAPE);
      store<u8>(at++, byte == 10 ? 110 : 114);
    }
    from = next + 1;
    next = plainPart(from, stop, true);
  }
  store<u8>(at++, QUOTE);
  return at;
}

/** The address of the first byte that asks for quotes or an escape. @param quoted a comma does not */
function plainPart(start: usize, stop: usize, quoted: bool): usize {
  let at = start;
  const comma = i8x16.splat(quoted ? QUOTE : COMMA);
  for (; at + 16 <= stop; at += 16) {
    const bytes = v128.load(at);
    const special = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(ESCAPE))),
      v128.or(
        i8x16.eq(bytes, comma),
        v128.or(i8x16.eq(bytes, i8x16.splat(10)), i8x16.eq(bytes, i8x16.splat(13))),
      ),
    );
    const mask = i8x16.bitmask(special);
    if (mask != 0) return at + ctz(mask);
  }
  for (; at < stop; at++) {
    const byte = load<u8>(at);
    if (byte == QUOTE || byte == ESCAPE || byte == 10 || byte == 13 || (byte == COMMA && !quoted)) return at;
  }
  return stop;
}
