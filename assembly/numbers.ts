/*
 * Parsers of numbers in the canonical text form of a batch (src/rows/batch.ts). A result is left in `low` and `high`;
 * the functions answer whether the bytes are such a number.
 */

/** The number nearest to other forms than plain digits; NaN where the bytes are none. Given by TypeScript. */
@external("host", "parseFloat")
declare function parseAnyFloat(start: usize, length: i32): f64;

const MINUS: u32 = 45;
const POINT: u32 = 46;
const ZERO: u32 = 48;

/** The last result: an integer of 64 bits, or the lower half of one of 128. */
export let low: i64 = 0;
export let high: i64 = 0;
/** The last result of {@link parseFloat64}. */
export let float: f64 = 0;

export function parseInt64(start: usize, length: i32): bool {
  const end = start + length;
  const negative = length > 0 && load<u8>(start) == MINUS;
  let at = negative ? start + 1 : start;
  if (at >= end) return false;
  while (end - at > 19 && load<u8>(at) == ZERO) at++;
  if (end - at > 19) return false;
  let value: u64 = 0;
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  // 19 digits stay below 2^64.
  if (value > <u64>i64.MAX_VALUE && !(negative && value == 0x8000000000000000)) return false;
  low = negative ? -(<i64>value) : <i64>value;
  return true;
}

export function parseInt32(start: usize, length: i32): bool {
  return parseInt64(start, length) && low == <i64>(<i32>low);
}

/**
 * A decimal times 10^scale, of 128 bits. False also where it has more digits than the precision (38 at most), or
 * where the scale would cut off a digit that is not zero.
 */
export function parseDecimal(start: usize, length: i32, precision: i32, scale: i32): bool {
  const end = start + length;
  const negative = length > 0 && load<u8>(start) == MINUS;
  let at = negative ? start + 1 : start;
  if (at >= end || (end - at == 1 && load<u8>(at) == POINT)) return false;
  let lower: u64 = 0;
  let upper: u64 = 0;
  let digits = 0;
  let fraction = -1;
  while (true) {
    let digit: u32 = 0;
    if (at < end) {
      const byte: u32 = load<u8>(at++);
      if (byte == POINT && fraction < 0) {
        fraction = 0;
        continue;
      }
      digit = byte - ZERO;
      if (digit > 9) return false;
      if (fraction >= 0 && fraction++ >= scale) {
        if (digit != 0) return false;
        continue;
      }
    } else {
      // The zeros that the scale adds.
      if (fraction < 0) fraction = 0;
      if (fraction++ >= scale) break;
    }
    if (digits == 0 && digit == 0) continue;
    if (++digits > precision) return false;
    if (digits <= 19) lower = lower * 10 + digit;
    else {
      const first = (lower & 0xffffffff) * 10 + digit;
      const second = (lower >> 32) * 10 + (first >> 32);
      upper = upper * 10 + (second >> 32);
      lower = (second << 32) | (first & 0xffffffff);
    }
  }
  if (negative) {
    low = -(<i64>lower);
    high = <i64>~upper + (lower == 0 ? 1 : 0);
  } else {
    low = <i64>lower;
    high = <i64>upper;
  }
  return true;
}

const POWERS_OF_TEN: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
];

/**
 * The double nearest to a number as MySQL prints it. Up to 15 digits without an exponent the quotient of two exact
 * doubles is that double (IEEE 754: division rounds correctly); TypeScript is asked for the others.
 */
export function parseFloat64(start: usize, length: i32): bool {
  const end = start + length;
  const negative = length > 0 && load<u8>(start) == MINUS;
  let at = negative ? start + 1 : start;
  let value: u64 = 0;
  let digits = 0;
  let fraction = -1;
  if (length <= 17) {
    for (; at < end; at++) {
      const byte: u32 = load<u8>(at);
      const digit = byte - ZERO;
      if (digit <= 9) {
        value = value * 10 + digit;
        digits++;
        if (fraction >= 0) fraction++;
      } else if (byte == POINT && fraction < 0) fraction = 0;
      else break;
    }
  }
  if (at < end || digits == 0 || digits > 15) {
    float = parseAnyFloat(start, length);
    return float == float;
  }
  let result = <f64>value;
  if (fraction > 0) result /= unchecked(POWERS_OF_TEN[fraction]);
  float = negative ? -result : result;
  return true;
}
