/**
 * Parsers of cells in the canonical text form of a batch (src/rows/batch.ts), from ASCII bytes to numbers
 * without a string, an object or a BigInt per cell. 64-bit results are two halves, left in {@link int64}.
 */

/** The last 64-bit result: its low and its high 32 bits, both as signed 32-bit numbers. */
export const int64 = { low: 0, high: 0 };

/** What became of a date or a timestamp. Rejected: MySQL can hold it, a calendar cannot. */
export const VALID = 0;
export const REJECTED = 1;
export const INVALID = 2;

/** Days of {@link parseDate} that stand for the outcomes other than a date. */
export const REJECTED_DATE = 0x7ffffffe;
export const INVALID_DATE = 0x7fffffff;

const TWO_32 = 4294967296;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;

/** Leaves an integer of magnitude below 2^53 in {@link int64}. */
export function setInt64(value: number): void {
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

const DAYS_BEFORE_MONTH = [0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
const DAYS_IN_MONTH = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function twoDigits(data: Uint8Array, at: number): number {
  const tens = data[at]! - ZERO;
  const ones = data[at + 1]! - ZERO;
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? -10000 : tens * 10 + ones;
}

/**
 * The days from 1970-01-01 to a `YYYY-MM-DD` at `at` in the proleptic Gregorian calendar, which MySQL and
 * Parquet share; {@link REJECTED_DATE} for a zero, partial or impossible date, {@link INVALID_DATE} for
 * bytes of another shape.
 */
function daysAt(data: Uint8Array, at: number): number {
  const year = twoDigits(data, at) * 100 + twoDigits(data, at + 2);
  const month = twoDigits(data, at + 5);
  const day = twoDigits(data, at + 8);
  if (year < 0 || month < 0 || day < 0 || data[at + 4] !== MINUS || data[at + 7] !== MINUS)
    return INVALID_DATE;
  if (month === 0 || month > 12 || day === 0 || day > DAYS_IN_MONTH[month]!) return REJECTED_DATE;
  if (month === 2 && day === 29 && ((year & 3) !== 0 || (year % 100 === 0 && year % 400 !== 0)))
    return REJECTED_DATE;
  // Years that begin in March, so that the leap day is the last one.
  const shifted = month > 2 ? year : year - 1;
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return shifted * 365 + leaps + DAYS_BEFORE_MONTH[month]! + day - 1 - 719468;
}

/** The days of a date cell since 1970-01-01, or {@link REJECTED_DATE} or {@link INVALID_DATE}. */
export function parseDate(data: Uint8Array, start: number, end: number): number {
  return end - start === 10 ? daysAt(data, start) : INVALID_DATE;
}

const MICRO_SCALE = [0, 100000, 10000, 1000, 100, 10, 1];

/** The microseconds of a timestamp cell since 1970-01-01 00:00:00 into {@link int64}, where it is {@link VALID}. */
export function parseTimestamp(data: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 19 || length === 20 || length > 26) return INVALID;
  const days = daysAt(data, start);
  const hour = twoDigits(data, start + 11);
  const minute = twoDigits(data, start + 14);
  const second = twoDigits(data, start + 17);
  if (days === INVALID_DATE || hour < 0 || minute < 0 || second < 0) return INVALID;
  if (data[start + 10] !== 32 || data[start + 13] !== 58 || data[start + 16] !== 58) return INVALID;
  let micros = 0;
  if (length > 19) {
    if (data[start + 19] !== POINT) return INVALID;
    for (let at = start + 20; at < end; at++) {
      const digit = data[at]! - ZERO;
      if (digit >>> 0 > 9) return INVALID;
      micros = micros * 10 + digit;
    }
    micros *= MICRO_SCALE[length - 20]!;
  }
  if (days === REJECTED_DATE || hour > 23 || minute > 59 || second > 59) return REJECTED;
  setMicros(days * 86400 + hour * 3600 + minute * 60 + second, micros);
  return VALID;
}

/** Leaves `seconds * 10^6 + micros` in {@link int64}; the product has up to 58 bits. */
function setMicros(seconds: number, micros: number): void {
  const upper = Math.floor(seconds / 65536);
  const lower = (seconds - upper * 65536) * 1000000 + micros;
  const product = upper * 1000000;
  const carried = Math.floor(product / 65536);
  const sum = (product - carried * 65536) * 65536 + lower;
  const carry = Math.floor(sum / TWO_32);
  int64.high = (carried + carry) | 0;
  int64.low = (sum - carry * TWO_32) | 0;
}
