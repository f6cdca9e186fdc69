import type { FieldType } from '../rows/field.ts';
import { MINUS, POINT, TWO_32, ZERO, int64 } from './values.ts';

/** What became of a date or a timestamp. Rejected: MySQL can hold it, a calendar cannot. */
export const VALID = 0;
export const REJECTED = 1;
export const INVALID = 2;

/** Days of {@link parseDate} that stand for the outcomes other than a date. */
export const REJECTED_DATE = 0x7ffffffe;
export const INVALID_DATE = 0x7fffffff;

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

/** True for the text of a date or timestamp that MySQL holds and no calendar has. */
export function isRejectedDate(type: FieldType, text: string): boolean {
  const cell = Buffer.from(text);
  if (type.kind === 'date') return parseDate(cell, 0, cell.length) === REJECTED_DATE;
  return type.kind === 'timestamp' && parseTimestamp(cell, 0, cell.length) === REJECTED;
}
