/*
 * The rows behind VALUES in a dump, as dump tools write them: strings in single quotes, numbers, NULL, `_binary`
 * strings and hexadecimal literals, nothing between them but commas. Where a row is written in another way, or its end
 * is not there, the kernel stops before it and TypeScript reads it (src/sources/dump/insert-rows.ts).
 */

/** Where a read of rows stands; src/sources/dump/simple-rows.ts knows the order. */
@unmanaged
export class InsertRows {
  input: usize;
  length: u32;
  /** For each value of a row its column, or -1, and which literals are taken as they are: 1 strings, 2 bytes. */
  targets: usize;
  width: u32;
  /** For each column `capacity` starts, then as many lengths. */
  cells: usize;
  capacity: u32;
  rows: u32;
  /** The byte that escapes in strings, or -1. */
  escape: i32;
  /** Rows are taken until their cells have so many bytes. */
  most: u32;
  /** 1 where a row ended before the input. */
  behindRow: u32;
  /** The bytes that were read: the input up to the end of a row. */
  consumed: u32;
  /** The bytes of the cells taken. */
  taken: u32;
}

const COMMA: u8 = 44;
const OPEN: u8 = 40;
const CLOSE: u8 = 41;
const QUOTE: u8 = 39;
const STRINGS: u32 = 1;
const BYTES: u32 = 2;

/** What an escaped byte stands for (MySQL's manual, "String Literals"). */
const ESCAPED = memory.data(256);
let ready = false;

function prepare(): void {
  for (let byte = 0; byte < 256; byte++) store<u8>(ESCAPED + byte, <u8>byte);
  store<u8>(ESCAPED + 110, 10);
  store<u8>(ESCAPED + 116, 9);
  store<u8>(ESCAPED + 114, 13);
  store<u8>(ESCAPED + 48, 0);
  store<u8>(ESCAPED + 98, 8);
  store<u8>(ESCAPED + 90, 26);
  ready = true;
}

/** The cell of the last value that was read; a length of -1 is NULL. */
let cellStart: usize = 0;
let cellLength: i32 = 0;

/** Notes where the cells of simple rows lie; their escapes are resolved in place. */
export function simpleRows(state: usize): void {
  if (!ready) prepare();
  const s = changetype<InsertRows>(state);
  const end = s.input + s.length;
  const lengths = <usize>s.capacity << 2;
  let at = s.input;
  let consumed = at;
  let behindRow = s.behindRow != 0;
  let rows = s.rows;
  let taken: u32 = 0;
  while (rows < s.capacity && taken < s.most) {
    if (behindRow) {
      if (at >= end || load<u8>(at) != COMMA) break;
      at++;
    }
    while (at < end && isBlank(load<u8>(at))) at++;
    if (at >= end || load<u8>(at) != OPEN) break;
    at++;
    let value: u32 = 0;
    let bytes: u32 = 0;
    let whole = false;
    for (; value < s.width; value++) {
      const target = s.targets + (<usize>value << 3);
      const column = load<i32>(target);
      at = readValue(at, end, load<u32>(target, 4), s.escape, column >= 0);
      if (at == 0 || at >= end) break;
      if (column >= 0) {
        const slot = s.cells + <usize>column * (lengths << 1) + (<usize>rows << 2);
        store<u32>(slot, <u32>cellStart);
        store<i32>(slot + lengths, cellLength);
        if (cellLength > 0) bytes += cellLength;
      }
      const delimiter = load<u8>(at++);
      if (delimiter == COMMA) continue;
      whole = delimiter == CLOSE && value + 1 == s.width;
      break;
    }
    if (!whole) break;
    rows++;
    taken += bytes;
    consumed = at;
    behindRow = true;
  }
  s.rows = rows;
  s.taken = taken;
  s.consumed = <u32>(consumed - s.input);
}

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function isBlank(byte: u8): bool {
  return byte == 32 || byte == 10 || byte == 13 || byte == 9;
}

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function isNumeric(byte: u32): bool {
  return byte - 48 <= 9 || byte == 45 || byte == 46 || byte == 43 || byte == 101 || byte == 69;
}

/** Reads a value into the cell and answers the address behind it; 0 where it is not simple or not whole. */
function readValue(start: usize, end: usize, takes: u32, escape: i32, wanted: bool): usize {
  if (start >= end) return 0;
  const first: u32 = load<u8>(start);
  if (first == QUOTE) {
    if (wanted && (takes & STRINGS) == 0) return 0;
    return readString(start + 1, end, escape);
  }
  if (first - 48 <= 9 || first == 45 || first == 46 || first == 43) {
    let at = start + 1;
    while (at < end && isNumeric(load<u8>(at))) at++;
    if (at >= end) return 0;
    if (first == 48 && at == start + 1 && load<u8>(at) == 120) {
      if (wanted && (takes & BYTES) == 0) return 0;
      return readHexadecimal(at + 1, end);
    }
    cellStart = first == 43 ? start + 1 : start;
    cellLength = <i32>(at - cellStart);
    return at;
  }
  // `NULL` and `_binary ` as little-endian words.
  if (start + 9 >= end) return 0;
  if (load<u32>(start) == 0x4c4c554e) {
    cellStart = start;
    cellLength = -1;
    return start + 4;
  }
  if (load<u64>(start) == 0x207972616e69625f && load<u8>(start, 8) == QUOTE) {
    if (wanted && (takes & BYTES) == 0) return 0;
    return readString(start + 9, end, escape);
  }
  return 0;
}

/** The address of the first quote or escape, or the end. */
// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function findSpecial(start: usize, end: usize, escape: i32): usize {
  let at = start;
  const quotes = i8x16.splat(QUOTE);
  const escapes = i8x16.splat(escape < 0 ? <i8>QUOTE : <i8>escape);
  // The input has 16 bytes to spare behind its end.
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, escapes)));
    if (mask != 0) {
      at += ctz(mask);
      break;
    }
  }
  return at < end ? at : end;
}

/** Reads the string that begins behind its quote. `\%` and `\_` keep their backslash, as in MySQL. */
function readString(start: usize, end: usize, escape: i32): usize {
  let at = findSpecial(start, end, escape);
  let to = at;
  while (true) {
    // One byte behind the quote tells a closing from a doubled one.
    if (at + 1 >= end) return 0;
    const byte: i32 = load<u8>(at);
    const next = load<u8>(at, 1);
    if (byte == escape) {
      if (next == 37 || next == 95) store<u8>(to++, <u8>escape);
      store<u8>(to++, load<u8>(ESCAPED + next));
    } else if (next == QUOTE) store<u8>(to++, QUOTE);
    else {
      cellStart = start;
      cellLength = <i32>(to - start);
      return at + 1;
    }
    const from = at + 2;
    at = findSpecial(from, end, escape);
    memory.copy(to, from, at - from);
    to += at - from;
  }
}

/** Reads hexadecimal digits, an even number of them, in place. */
function readHexadecimal(start: usize, end: usize): usize {
  let at = start;
  let to = start;
  while (at + 1 < end) {
    const upper = digit(load<u8>(at));
    if (upper < 0) break;
    const lower = digit(load<u8>(at, 1));
    if (lower < 0) return 0;
    store<u8>(to++, <u8>((upper << 4) | lower));
    at += 2;
  }
  if (at + 1 >= end || at == start) return 0;
  cellStart = start;
  cellLength = <i32>(to - start);
  return at;
}

function digit(byte: u32): i32 {
  if (byte - 48 <= 9) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
