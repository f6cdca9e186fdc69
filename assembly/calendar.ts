/*
 * Dates and timestamps in the canonical text form of a batch, in the proleptic Gregorian calendar, which MySQL and
 * Parquet share. MySQL can hold dates that no calendar has (zero, partial, impossible ones): those are *rejected*.
 */

export const VALID: i32 = 0;
export const REJECTED: i32 = 1;
export const INVALID: i32 = 2;

/** The days, or microseconds, since 1970-01-01 00:00:00 of the last valid date or timestamp. */
export let days: i32 = 0;
export let micros: i64 = 0;

const BEFORE_MONTH: StaticArray<i32> = [0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
const IN_MONTH: StaticArray<i32> = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const SCALE: StaticArray<i32> = [0, 100000, 10000, 1000, 100, 10, 1];

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function twoDigits(at: usize): i32 {
  const tens = <u32>load<u8>(at) - 48;
  const ones = <u32>load<u8>(at, 1) - 48;
  return tens > 9 || ones > 9 ? -10000 : tens * 10 + ones;
}

function date(at: usize): i32 {
  const year = twoDigits(at) * 100 + twoDigits(at + 2);
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  if (year < 0 || month < 0 || day < 0 || load<u8>(at, 4) != 45 || load<u8>(at, 7) != 45) return INVALID;
  if (month == 0 || month > 12 || day == 0 || day > unchecked(IN_MONTH[month])) return REJECTED;
  if (month == 2 && day == 29 && ((year & 3) != 0 || (year % 100 == 0 && year % 400 != 0))) return REJECTED;
  // Years that begin in March, so that the leap day is the last one.
  const shifted = month > 2 ? year : year - 1;
  // Year 0 before March is the year before; the division of -1 is to round down.
  const leaps = (shifted >> 2) - (shifted < 0 ? -1 : shifted / 100) + (shifted < 0 ? -1 : shifted / 400);
  days = shifted * 365 + leaps + unchecked(BEFORE_MONTH[month]) + day - 1 - 719468;
  return VALID;
}

/** A `YYYY-MM-DD` into {@link days}. */
export function parseDate(start: usize, length: i32): i32 {
  return length == 10 ? date(start) : INVALID;
}

/** A `YYYY-MM-DD HH:MM:SS[.ffffff]` into {@link micros}. */
export function parseTimestamp(start: usize, length: i32): i32 {
  if (length < 19 || length == 20 || length > 26) return INVALID;
  const outcome = date(start);
  const hour = twoDigits(start + 11);
  const minute = twoDigits(start + 14);
  const second = twoDigits(start + 17);
  if (outcome == INVALID || (hour | minute | second) < 0) return INVALID;
  if (load<u8>(start, 10) != 32 || load<u8>(start, 13) != 58 || load<u8>(start, 16) != 58) return INVALID;
  let fraction = 0;
  if (length > 19) {
    if (load<u8>(start, 19) != 46) return INVALID;
    const end = start + length;
    for (let at = start + 20; at < end; at++) {
      const digit = <u32>load<u8>(at) - 48;
      if (digit > 9) return INVALID;
      fraction = fraction * 10 + digit;
    }
    fraction *= unchecked(SCALE[length - 20]);
  }
  if (outcome == REJECTED || hour > 23 || minute > 59 || second > 59) return REJECTED;
  micros = (<i64>days * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + fraction;
  return VALID;
}
