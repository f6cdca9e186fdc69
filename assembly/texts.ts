/* Byte strings: checks, bounds and Parquet's PLAIN encoding of BYTE_ARRAY, a length of four bytes and the bytes. */
import { setBad } from './outcome';

/** Bounds longer than this are no help to a reader; a chunk that holds a longer value has none. */
const LONGEST: i32 = 64;

/** The smallest and largest text so far, in the order of their bytes. */
@unmanaged
export class TextBounds {
  /** -1 before the first text. */
  minLength: i32;
  maxLength: i32;
  /** 1 when a text was too long for bounds. */
  given: u32;
  unused: u32;
  /** 64 bytes for each of them follow. */
}

const MIN = offsetof<TextBounds>();
const MAX = offsetof<TextBounds>() + LONGEST;

export function addText(bounds: usize, start: usize, length: i32): void {
  const b = changetype<TextBounds>(bounds);
  if (b.given != 0) return;
  if (length > LONGEST) {
    b.given = 1;
    return;
  }
  if (b.minLength < 0 || compare(start, length, bounds + MIN, b.minLength) < 0) {
    memory.copy(bounds + MIN, start, length);
    b.minLength = length;
  }
  if (b.maxLength < 0 || compare(start, length, bounds + MAX, b.maxLength) > 0) {
    memory.copy(bounds + MAX, start, length);
    b.maxLength = length;
  }
}

/** Below zero where the first text comes before the second. */
function compare(a: usize, aLength: i32, b: usize, bLength: i32): i32 {
  const shorter = min(aLength, bLength);
  let at = 0;
  for (; at + 8 <= shorter; at += 8) {
    const x = load<u64>(a + at);
    const y = load<u64>(b + at);
    if (x != y) return bswap(x) < bswap(y) ? -1 : 1;
  }
  for (; at < shorter; at++) {
    const difference = <i32>load<u8>(a + at) - <i32>load<u8>(b + at);
    if (difference != 0) return difference;
  }
  return aLength - bLength;
}

/** Whether two byte strings of one length are equal. */
export function equal(a: usize, b: usize, length: i32): bool {
  if (length >= 8) {
    const last = length - 8;
    for (let at = 0; at < last; at += 8) if (load<u64>(a + at) != load<u64>(b + at)) return false;
    return load<u64>(a + last) == load<u64>(b + last);
  }
  for (let at = 0; at < length; at++) if (load<u8>(a + at) != load<u8>(b + at)) return false;
  return true;
}

/** Copies bytes; short ones in two overlapping words, for a bulk copy costs a call. */
// @ts-ignore: decorators on functions are AssemblyScript's
@inline
export function copy(to: usize, from: usize, length: i32): void {
  if (length > 32) memory.copy(to, from, length);
  else if (length >= 16) {
    const first = v128.load(from);
    const second = v128.load(from + length - 16);
    v128.store(to, first);
    v128.store(to + length - 16, second);
  } else if (length >= 8) {
    const first = load<u64>(from);
    const second = load<u64>(from + length - 8);
    store<u64>(to, first);
    store<u64>(to + length - 8, second);
  } else if (length >= 4) {
    const first = load<u32>(from);
    const second = load<u32>(from + length - 4);
    store<u32>(to, first);
    store<u32>(to + length - 4, second);
  } else {
    for (let at = 0; at < length; at++) store<u8>(to + at, load<u8>(from + at));
  }
}

/** Whether bytes are UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF). */
export function isUtf8(start: usize, length: i32): bool {
  const end = start + length;
  let at = start;
  while (at < end) {
    while (at + 64 <= end) {
      const first = v128.or(v128.load(at), v128.load(at, 16));
      const second = v128.or(v128.load(at, 32), v128.load(at, 48));
      if (i8x16.bitmask(v128.or(first, second)) != 0) break;
      at += 64;
    }
    while (at + 16 <= end && i8x16.bitmask(v128.load(at)) == 0) at += 16;
    if (at >= end) break;
    const byte: u32 = load<u8>(at);
    if (byte < 0x80) {
      at++;
      continue;
    }
    let more = 1;
    let least: u32 = 0x80;
    let most: u32 = 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) more = 1;
    else if (byte >= 0xe0 && byte <= 0xef) {
      more = 2;
      if (byte == 0xe0) least = 0xa0;
      if (byte == 0xed) most = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      more = 3;
      if (byte == 0xf0) least = 0x90;
      if (byte == 0xf4) most = 0x8f;
    } else return false;
    if (at + more >= end) return false;
    const second: u32 = load<u8>(at, 1);
    if (second < least || second > most) return false;
    for (let i = 2; i <= more; i++) if ((load<u8>(at + i) & 0xc0) != 0x80) return false;
    at += more + 1;
  }
  return true;
}

/** The first of the rows `[from, to)` whose cell is not UTF-8, or -1. */
export function findBadText(starts: usize, lengths: usize, from: i32, to: i32): i32 {
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length > 0 && !isUtf8(load<u32>(starts + (<usize>row << 2)), length)) return row;
  }
  return -1;
}

/** The bytes of the cells of rows in PLAIN encoding. */
export function plainSize(lengths: usize, from: i32, to: i32): u32 {
  let size: u32 = 0;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length >= 0) size += length + 4;
  }
  return size;
}

/** The row up to which cells from `from` on fit into so many bytes in PLAIN encoding, `to` at most. */
export function rowsWithin(lengths: usize, from: i32, to: i32, bytes: u32): i32 {
  let left = <i64>bytes;
  let row = from;
  for (; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    left -= length + 4;
    if (left < 0) break;
  }
  return row;
}

/**
 * Writes the cells of rows and answers where they end, or 0 with the row in {@link setBad}.
 * @param utf8 whether they have to be UTF-8
 */
export function plainTexts(
  starts: usize,
  lengths: usize,
  from: i32,
  to: i32,
  out: usize,
  utf8: bool,
  bounds: usize,
): usize {
  let at = out;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    const start = <usize>load<u32>(starts + (<usize>row << 2));
    if (utf8 && !isUtf8(start, length)) {
      setBad(row, -1);
      return 0;
    }
    store<u32>(at, length);
    copy(at + 4, start, length);
    at += 4 + length;
    if (bounds != 0) addText(bounds, start, length);
  }
  return at;
}
