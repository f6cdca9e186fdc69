/*
 * Parquet's "Run Length Encoding / Bit-Packing Hybrid" (Encodings.md, RLE = 3): a sequence of runs, each with a
 * varint header. An even header is a repeated run: header >> 1 times the value, which follows in as many whole
 * bytes as its width needs. An odd one is a packed run: header >> 1 groups of eight values, bit by bit from the
 * lowest.
 */

/** Writes an unsigned number below 2^31 as a varint and returns the position behind it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest > 127) {
    out[to++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[to++] = rest;
  return to;
}

/** The bytes that {@link writeHybrid} needs at most. */
export function hybridBound(count: number, width: number): number {
  // Worst: single groups of eight alternate between packed and repeated runs, each with its own header.
  return 16 + Math.ceil(count / 8) * (width + 4);
}

/**
 * Encodes `values[0, count)`, each of `width` bits (1 to 16), and returns the position behind the result.
 */
export function writeHybrid(
  values: Uint16Array,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  let to = at;
  let packedFrom = 0;
  let next = 0;
  while (next < count) {
    const value = values[next]!;
    let end = next + 1;
    while (end < count && values[end] === value) end++;
    if (end - next < 8) {
      next += 8;
      continue;
    }
    if (next > packedFrom) to = writePacked(values, packedFrom, next, width, out, to);
    to = writeVarint(out, to, (end - next) * 2);
    out[to++] = value & 255;
    if (width > 8) out[to++] = value >> 8;
    next = end;
    packedFrom = end;
  }
  return packedFrom < count ? writePacked(values, packedFrom, count, width, out, to) : to;
}

/** One packed run; the last group of a page may be filled up with zeros. */
function writePacked(
  values: Uint16Array,
  from: number,
  to: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  const groups = (to - from + 7) >> 3;
  let position = writeVarint(out, at, groups * 2 + 1);
  let bits = 0;
  let held = 0;
  for (let i = from; i < from + groups * 8; i++) {
    if (i < to) bits |= values[i]! << held;
    held += width;
    while (held >= 8) {
      out[position++] = bits & 255;
      bits >>>= 8;
      held -= 8;
    }
  }
  return position;
}
