/*
 * Columns of values of one size in Parquet's PLAIN encoding (Encodings.md, "Plain"). Each kernel takes the starts and
 * lengths of a column's cells (a negative length is NULL), encodes the cells of the rows `[from, to)` that are not NULL
 * from `out` on, and answers how many there are, or -1 with the row in {@link setBad}. A date that no calendar has
 * becomes NULL: of its length the bits are turned round, which makes it negative, and it is counted.
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

/** Integers of T, or unscaled decimals where there is a precision; every DECIMAL has one. */
// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function integers<T>(
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
  let min = sizeof<T>() == 4 ? <T>i32.MAX_VALUE : <T>i64.MAX_VALUE;
  let max = sizeof<T>() == 4 ? <T>i32.MIN_VALUE : <T>i64.MIN_VALUE;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    const start = <usize>load<u32>(starts + (<usize>row << 2));
    const fits =
      precision > 0
        ? parseDecimal(start, length, precision, scale)
        : sizeof<T>() == 4
          ? parseInt32(start, length)
          : parseInt64(start, length);
    if (!fits) return bad(row);
    const value = <T>low;
    store<T>(at, value);
    at += sizeof<T>();
    if (value < min) min = value;
    if (value > max) max = value;
  }
  merge<T>(bounds, at > out, min, max);
  return <i32>((at - out) / sizeof<T>());
}

export function int32s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  return integers<i32>(starts, lengths, from, to, out, bounds, 0, 0);
}

export function int64s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  return integers<i64>(starts, lengths, from, to, out, bounds, 0, 0);
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
  return integers<i32>(starts, lengths, from, to, out, bounds, precision, scale);
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
  return integers<i64>(starts, lengths, from, to, out, bounds, precision, scale);
}

/** Days of i32 or microseconds of i64. */
// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function moments<T>(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = sizeof<T>() == 4 ? <T>i32.MAX_VALUE : <T>i64.MAX_VALUE;
  let max = sizeof<T>() == 4 ? <T>i32.MIN_VALUE : <T>i64.MIN_VALUE;
  let rejected = 0;
  for (let row = from; row < to; row++) {
    const slot = lengths + (<usize>row << 2);
    const length = load<i32>(slot);
    if (length < 0) continue;
    const start = <usize>load<u32>(starts + (<usize>row << 2));
    const outcome = sizeof<T>() == 4 ? parseDate(start, length) : parseTimestamp(start, length);
    if (outcome == INVALID) return bad(row);
    if (outcome == REJECTED) {
      store<i32>(slot, ~length);
      rejected++;
      continue;
    }
    const value = sizeof<T>() == 4 ? <T>days : <T>micros;
    store<T>(at, value);
    at += sizeof<T>();
    if (value < min) min = value;
    if (value > max) max = value;
  }
  merge<T>(bounds, at > out, min, max);
  setRejected(rejected);
  return <i32>((at - out) / sizeof<T>());
}

/** DATE: days since 1970-01-01. */
export function dates(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  return moments<i32>(starts, lengths, from, to, out, bounds);
}

/** TIMESTAMP: microseconds since 1970-01-01 00:00:00. */
export function timestamps(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  return moments<i64>(starts, lengths, from, to, out, bounds);
}

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function floats<T>(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  let at = out;
  let min = <T>Infinity;
  let max = <T>-Infinity;
  for (let row = from; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    if (!parseFloat64(load<u32>(starts + (<usize>row << 2)), length)) return bad(row);
    const value = <T>float;
    // A double may be too large for T; the parser gives no other that is not finite.
    if (!isFinite(value)) return bad(row);
    store<T>(at, value);
    at += sizeof<T>();
    if (value < min) min = value;
    if (value > max) max = value;
  }
  merge<T>(bounds, at > out, min, max);
  return <i32>((at - out) / sizeof<T>());
}

export function float64s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  return floats<f64>(starts, lengths, from, to, out, bounds);
}

export function float32s(starts: usize, lengths: usize, from: i32, to: i32, out: usize, bounds: usize): i32 {
  return floats<f32>(starts, lengths, from, to, out, bounds);
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
