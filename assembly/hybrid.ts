/*
 * Parquet's "Run Length Encoding / Bit-Packing Hybrid" (Encodings.md, RLE = 3): a sequence of runs, each with a
 * varint header. An even header is a repeated run: header >> 1 times the value, which follows in as many whole
 * bytes as its width needs. An odd one is a packed run: header >> 1 groups of eight values, bit by bit from the
 * lowest.
 */

/** Writes a number below 2^31 as a varint and answers the address behind it. */
export function writeVarint(out: usize, value: u32): usize {
  let at = out;
  while (value > 127) {
    store<u8>(at++, <u8>(value | 128));
    value >>= 7;
  }
  store<u8>(at++, <u8>value);
  return at;
}

/** Encodes 16-bit values, each of `width` bits (1 to 16), and answers the address behind the result. */
export function writeHybrid(values: usize, count: i32, width: i32, out: usize): usize {
  let to = out;
  let packedFrom = 0;
  let next = 0;
  while (next < count) {
    const value = load<u16>(values + (<usize>next << 1));
    let end = next + 1;
    while (end < count && load<u16>(values + (<usize>end << 1)) == value) end++;
    if (end - next < 8) {
      next += 8;
      continue;
    }
    if (next > packedFrom) to = writePacked(values, packedFrom, next, width, to);
    to = writeVarint(to, <u32>(end - next) << 1);
    store<u8>(to++, <u8>value);
    if (width > 8) store<u8>(to++, <u8>(value >> 8));
    next = end;
    packedFrom = end;
  }
  return packedFrom < count ? writePacked(values, packedFrom, count, width, to) : to;
}

/** One packed run; the last group of a page may be filled up with zeros. */
function writePacked(values: usize, from: i32, to: i32, width: i32, out: usize): usize {
  const groups = (to - from + 7) >> 3;
  let at = writeVarint(out, (<u32>groups << 1) | 1);
  let bits: u64 = 0;
  let held = 0;
  for (let i = from; i < from + (groups << 3); i++) {
    if (i < to) bits |= <u64>load<u16>(values + (<usize>i << 1)) << held;
    held += width;
    while (held >= 8) {
      store<u8>(at++, <u8>bits);
      bits >>= 8;
      held -= 8;
    }
  }
  return at;
}

/**
 * Notes in a bitmap, from bit `bit` on, which of the rows `[from, to)` are not NULL; answers how many are NULL. The
 * bits of a page that is not full behind the last row are not defined.
 */
export function addLevels(lengths: usize, from: i32, to: i32, bitmap: usize, bit: i32): i32 {
  let nulls = 0;
  let at = bitmap + (bit >> 3);
  let held = bit & 7;
  let bits: u32 = held == 0 ? 0 : load<u8>(at) & ((1 << held) - 1);
  for (let row = from; row < to; row++) {
    const valid = <u32>(load<i32>(lengths + (<usize>row << 2)) >= 0);
    nulls += 1 - valid;
    bits |= valid << held;
    if (++held == 8) {
      store<u8>(at++, <u8>bits);
      bits = 0;
      held = 0;
    }
  }
  if (held > 0) store<u8>(at, <u8>bits);
  return nulls;
}

/** The number of NULLs among the rows `[from, to)`. */
export function countNulls(lengths: usize, from: i32, to: i32): i32 {
  let nulls = 0;
  for (let row = from; row < to; row++) nulls += <i32>(load<i32>(lengths + (<usize>row << 2)) < 0);
  return nulls;
}
