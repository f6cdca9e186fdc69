/*
 * Parsers of numbers in the canonical text form of a batch (src/rows/batch.ts), from ASCII bytes to numbers
 * without a string, an object or a BigInt per cell. 64-bit results are two halves, left in {@link int64}.
 */

/** The last 64-bit result: its low and its high 32 bits, both as signed 32-bit numbers. */
export const int64 = { low: 0, high: 0 };

export const TWO_32 = 4294967296;
export const MINUS = 45;
export const POINT = 46;
export const ZERO = 48;

/** Leaves an integer of magnitude below 2^53 in {@link int64}. */
function setInt64(value: number): void {
  const high = Math.floor(value / TWO_32);
  int64.high = high | 0;
  int64.low = (value - high * TWO_32) | 0;
}

/**
 * Leaves `head * power + tail` in {@link int64}, negated on request; false where it needs more than 64 bits.
 * `head` has at most 15 digits, `power` is at most 10^4, `tail` is below `power`: 19 digits in all.
 */
function setWide(head: number, power: number, tail: number, negative: boolean): boolean {
  // head = a * 2^25 + b, so that every product stays below 2^53.
  const a = Math.floor(head / 33554432);
  const upper = a * power;
  const lower = (head - a * 33554432) * power + tail;
  const carried = Math.floor(upper / 128);
  const sum = (upper - carried * 128) * 33554432 + lower;
  const carry = Math.floor(sum / TWO_32);
  const high = carried + carry;
  const low = sum - carry * TWO_32;
  if (high >= 2147483648 && !(negative && high === 2147483648 && low === 0)) return false;
  int64.low = (negative ? -low : low) | 0;
  int64.high = (negative ? (low === 0 ? -high : -high - 1) : high) | 0;
  return true;
}

const POWERS = [1, 10, 100, 1000, 10000];

/** An integer of 64 bits into {@link int64}; false where the bytes are none. */
export function parseInt64(data: Uint8Array, start: number, end: number): boolean {
  const negative = data[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (at >= end) return false;
  if (end - at > 15) while (at < end - 1 && data[at] === ZERO) at++;
  const wide = end - at > 15;
  if (end - at > 19) return false;
  const headEnd = wide ? at + 15 : end;
  let head = 0;
  for (; at < headEnd; at++) {
    const digit = data[at]! - ZERO;
    if (digit >>> 0 > 9) return false;
    head = head * 10 + digit;
  }
  if (!wide) {
    setInt64(negative ? -head : head);
    return true;
  }
  const power = POWERS[end - at]!;
  let tail = 0;
  for (; at < end; at++) {
    const digit = data[at]! - ZERO;
    if (digit >>> 0 > 9) return false;
    tail = tail * 10 + digit;
  }
  return setWide(head, power, tail, negative);
}

/** An integer of 32 bits, or NaN where the bytes are none. */
export function parseInt32(data: Uint8Array, start: number, end: number): number {
  const negative = data[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (at >= end) return NaN;
  if (end - at > 10) while (at < end - 1 && data[at] === ZERO) at++;
  if (end - at > 10) return NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = data[at]! - ZERO;
    if (digit >>> 0 > 9) return NaN;
    value = value * 10 + digit;
  }
  if (negative) return value <= 2147483648 ? 0 - value : NaN;
  return value <= 2147483647 ? value : NaN;
}

/**
 * A decimal of at most 18 digits, times 10^scale, into {@link int64}. False where the bytes are none, where it
 * has more digits than the precision, or where the scale would cut off a digit that is not zero.
 */
export function parseDecimal64(
  data: Uint8Array,
  start: number,
  end: number,
  precision: number,
  scale: number,
): boolean {
  const negative = data[start] === MINUS;
  let at = negative ? start + 1 : start;
  let head = 0;
  let tail = 0;
  let digits = 0;
  let fraction = -1;
  const empty = at >= end || (end - at === 1 && data[at] === POINT);
  for (; at < end; at++) {
    const byte = data[at]!;
    if (byte === POINT && fraction < 0) {
      fraction = 0;
      continue;
    }
    const digit = byte - ZERO;
    if (digit >>> 0 > 9) return false;
    if (fraction >= 0 && fraction++ >= scale) {
      if (digit !== 0) return false;
      continue;
    }
    if (digits === 0 && digit === 0) continue;
    if (digits++ < 15) head = head * 10 + digit;
    else tail = tail * 10 + digit;
  }
  if (head > 0) {
    for (let missing = scale - Math.max(fraction, 0); missing > 0; missing--) {
      if (digits++ < 15) head *= 10;
      else tail *= 10;
    }
  }
  if (empty || digits > precision) return false;
  if (digits > 15) return setWide(head, POWERS[digits - 15]!, tail, negative);
  setInt64(negative ? -head : head);
  return true;
}

/** The limbs of {@link parseDecimal128}, 16 bits each, the lowest first. */
const limbs = new Float64Array(8);

function multiplyAdd(factor: number, summand: number): void {
  let carry = summand;
  for (let i = 0; i < 8; i++) {
    const product = limbs[i]! * factor + carry;
    carry = Math.floor(product / 65536);
    limbs[i] = product - carry * 65536;
  }
}

/**
 * A decimal of at most 38 digits, times 10^scale, as big-endian two's complement of `width` bytes into
 * `out[outAt, …)`. False as {@link parseDecimal64}.
 */
export function parseDecimal128(
  data: Uint8Array,
  start: number,
  end: number,
  precision: number,
  scale: number,
  out: Uint8Array,
  outAt: number,
  width: number,
): boolean {
  const negative = data[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (at >= end || (end - at === 1 && data[at] === POINT)) return false;
  limbs.fill(0);
  let part = 0;
  let power = 1;
  let digits = 0;
  let fraction = -1;
  // Digits are taken in parts of nine; the zeros that the scale adds come after the last byte.
  for (;;) {
    let digit = 0;
    if (at < end) {
      const byte = data[at++]!;
      if (byte === POINT && fraction < 0) {
        fraction = 0;
        continue;
      }
      digit = byte - ZERO;
      if (digit >>> 0 > 9) return false;
      if (fraction >= 0 && fraction++ >= scale) {
        if (digit !== 0) return false;
        continue;
      }
    } else {
      if (fraction < 0) fraction = 0;
      if (fraction++ >= scale) break;
    }
    if (digits === 0 && digit === 0) continue;
    digits++;
    part = part * 10 + digit;
    power *= 10;
    if (power === 1e9) {
      multiplyAdd(power, part);
      part = 0;
      power = 1;
    }
  }
  if (digits > precision) return false;
  multiplyAdd(power, part);
  writeLimbs(out, outAt, width, negative);
  return true;
}

function writeLimbs(out: Uint8Array, at: number, width: number, negative: boolean): void {
  let carry = 1;
  for (let i = 0; i < width; i++) {
    let byte = (i & 1) === 0 ? limbs[i >> 1]! & 255 : limbs[i >> 1]! >> 8;
    if (negative) {
      byte = (byte ^ 255) + carry;
      carry = byte >> 8;
    }
    out[at + width - 1 - i] = byte;
  }
}

const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * The double nearest to a number as MySQL prints it, or NaN where the bytes are none. Up to 15 digits without
 * an exponent the quotient of two exact doubles is that double (IEEE 754: division rounds correctly).
 */
export function parseFloat64(data: Uint8Array, start: number, end: number): number {
  const negative = data[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (end - at > 16 || at >= end) return parseAnyFloat(data, start, end);
  let value = 0;
  let digits = 0;
  let fraction = -1;
  for (; at < end; at++) {
    const byte = data[at]!;
    const digit = byte - ZERO;
    if (digit >>> 0 <= 9) {
      value = value * 10 + digit;
      digits++;
      if (fraction >= 0) fraction++;
    } else if (byte === POINT && fraction < 0) fraction = 0;
    else return parseAnyFloat(data, start, end);
  }
  if (digits === 0) return NaN;
  if (digits > 15) return parseAnyFloat(data, start, end);
  if (fraction > 0) value /= POWERS_OF_TEN[fraction]!;
  return negative ? -value : value;
}

function parseAnyFloat(data: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('latin1');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : NaN;
}
