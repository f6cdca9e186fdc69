/*
 * Columns of values of one size in Parquet's PLAIN encoding (Encodings.md, "Plain"). Each kernel takes the starts and
 * lengths of a column's cells (a length of -1 is NULL), encodes the cells of the rows `[from, to)` that are not NULL
 * from `out` on, and answers how many there are, or -1 with the row in {@link setBad}. A date that no calendar has
 * becomes NULL: its length is set to -1 and it is counted.
 */
import { days, INVALID, micros, parseDate, parseTimestamp, REJECTED } from './calendar';
import { float, high, low, parseDecimal, parseFloat64, parseInt32, parseInt64 } from './numbers';
import { setBad, setRejected } from './outcome';

/** The smallest and largest value so far, in the order that parquet.thrift (union ColumnOrder) gives the type. */
@unmanaged
export class Bounds {
  any: u32;
  unused: u32;
  min: u64;
  max: u64;
  /** The upper halves of 128-bit numbers. */
  minHigh: i64;
  maxHigh: i64;
}

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function bad(row: i32): i32 {
  setBad(row, -1);
  return -1;
}

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function merge<T>(bounds: usize, any: bool, min: T, max: T): void {
  if (bounds == 0 || !any) return;
  const b = changetype<Bounds>(bounds);
  if (b.any == 0 || min < load<T>(bounds + offsetof<Bounds>('min'))) store<T>(bounds + offsetof<Bounds>('min'), min);
  if (b.any == 0 || max > load<T>(bounds + offsetof<Bounds>('max'))) store<T>(bounds + offsetof<Bounds>('max'), max);
  b.any = 1;
}

/** BOOLEAN: one bit each, the lowest first, from bit `bit` on; answers the bit behind the last. */
export function booleans(
  starts: usize,
  lengths: usize,
  from: i32,
  to: i32,
  out: usize,
  bit: i32,
  bounds: usize,
): i32 {
  let at = bit;
  let min = 1;
  let max = 0;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    const value = <u32>load<u8>(load<u32>(starts + (<usize>row << 2))) - 48;
    if (length != 1 || value > 1) return bad(row);
    const byte = out + (at >> 3);
    if ((at & 7) == 0) store<u8>(byte, <u8>value);
    else store<u8>(byte, load<u8>(byte) | <u8>(value << (at & 7)));
    at++;
    if (<i32>value < min) min = value;
    if (<i32>value > max) max = value;
  }
  merge<i32>(bounds, at > bit, min, max);
  return at;
}

export function int32s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = i32.MAX_VALUE;
  let max = i32.MIN_VALUE;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseInt32(load<u32>(starts + (<usize>row << 2)), length)) return bad(row);
    const value = <i32>low;
    store<i32>(at, value);
    at += 4;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  merge<i32>(bounds, at > out, min, max);
  return <i32>((at - out) >> 2);
}

export function int64s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = i64.MAX_VALUE;
  let max = i64.MIN_VALUE;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseInt64(load<u32>(starts + (<usize>row << 2)), length)) return bad(row);
    store<i64>(at, low);
    at += 8;
    if (low < min) min = low;
    if (low > max) max = low;
  }
  merge<i64>(bounds, at > out, min, max);
  return <i32>((at - out) >> 3);
}

/** DATE: days since 1970-01-01. */
export function dates(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = i32.MAX_VALUE;
  let max = i32.MIN_VALUE;
  let rejected = 0;
  for (let row = from; row < to; row++) {
    const slot = lengths + (<usize>row << 2);
    const length = load<i32>(slot);
    if (length < 0) continue;
    const outcome = parseDate(load<u32>(starts + (<usize>row << 2)), length);
    if (outcome == INVALID) return bad(row);
    if (outcome == REJECTED) {
      store<i32>(slot, -1);
      rejected++;
      continue;
    }
    store<i32>(at, days);
    at += 4;
    if (days < min) min = days;
    if (days > max) max = days;
  }
  merge<i32>(bounds, at > out, min, max);
  setRejected(rejected);
  return <i32>((at - out) >> 2);
}

/** TIMESTAMP: microseconds since 1970-01-01 00:00:00. */
export function timestamps(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = i64.MAX_VALUE;
  let max = i64.MIN_VALUE;
  let rejected = 0;
  for (let row = from; row < to; row++) {
    const slot = lengths + (<usize>row << 2);
    const length = load<i32>(slot);
    if (length < 0) continue;
    const outcome = parseTimestamp(load<u32>(starts + (<usize>row << 2)), length);
    if (outcome == INVALID) return bad(row);
    if (outcome == REJECTED) {
      store<i32>(slot, -1);
      rejected++;
      continue;
    }
    store<i64>(at, micros);
    at += 8;
    if (micros < min) min = micros;
    if (micros > max) max = micros;
  }
  merge<i64>(bounds, at > out, min, max);
  setRejected(rejected);
  return <i32>((at - out) >> 3);
}

export function float64s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = Infinity;
  let max = -Infinity;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseFloat64(load<u32>(starts + (<usize>row << 2)), length)) return bad(row);
    store<f64>(at, float);
    at += 8;
    if (float < min) min = float;
    if (float > max) max = float;
  }
  merge<f64>(bounds, at > out, min, max);
  return <i32>((at - out) >> 3);
}

export function float32s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = <f32>Infinity;
  let max = <f32>-Infinity;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseFloat64(load<u32>(starts + (<usize>row << 2)), length)) return bad(row);
    const value = <f32>float;
    if (!isFinite(value)) return bad(row);
    store<f32>(at, value);
    at += 4;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  merge<f32>(bounds, at > out, min, max);
  return <i32>((at - out) >> 2);
}

/** DECIMAL of at most 9 digits: the unscaled value in an INT32. */
export function decimal32s(
  starts: usize,
  lengths: usize,
  from: i32,
  to: i32,
  out: usize,
  bounds: usize,
  precision: i32,
  scale: i32,
): i32 {
  let at = out;
  let min = i32.MAX_VALUE;
  let max = i32.MIN_VALUE;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseDecimal(load<u32>(starts + (<usize>row << 2)), length, precision, scale)) return bad(row);
    const value = <i32>low;
    store<i32>(at, value);
    at += 4;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  merge<i32>(bounds, at > out, min, max);
  return <i32>((at - out) >> 2);
}

/** DECIMAL of at most 18 digits: the unscaled value in an INT64. */
export function decimal64s(
  starts: usize,
  lengths: usize,
  from: i32,
  to: i32,
  out: usize,
  bounds: usize,
  precision: i32,
  scale: i32,
): i32 {
  let at = out;
  let min = i64.MAX_VALUE;
  let max = i64.MIN_VALUE;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseDecimal(load<u32>(starts + (<usize>row << 2)), length, precision, scale)) return bad(row);
    store<i64>(at, low);
    at += 8;
    if (low < min) min = low;
    if (low > max) max = low;
  }
  merge<i64>(bounds, at > out, min, max);
  return <i32>((at - out) >> 3);
}

/** DECIMAL of up to 38 digits: FIXED_LEN_BYTE_ARRAY of `width` bytes, two's complement, the highest byte first. */
export function decimal128s(
  starts: usize,
  lengths: usize,
  from: i32,
  to: i32,
  out: usize,
  bounds: usize,
  precision: i32,
  scale: i32,
  width: i32,
): i32 {
  let at = out;
  let count = 0;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseDecimal(load<u32>(starts + (<usize>row << 2)), length, precision, scale)) return bad(row);
    for (let i = 0; i < width; i++) {
      const shift = (width - 1 - i) << 3;
      store<u8>(at + i, <u8>(shift < 64 ? low >> shift : high >> (shift - 64)));
    }
    at += width;
    count++;
    if (bounds != 0) merge128(changetype<Bounds>(bounds));
  }
  return count;
}

function merge128(b: Bounds): void {
  const lower = <u64>low;
  if (b.any == 0 || high < b.minHigh || (high == b.minHigh && lower < b.min)) {
    b.min = lower;
    b.minHigh = high;
  }
  if (b.any == 0 || high > b.maxHigh || (high == b.maxHigh && lower > b.max)) {
    b.max = lower;
    b.maxHigh = high;
  }
  b.any = 1;
}
