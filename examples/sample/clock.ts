/**
 * Time in the sample is a number of microseconds since 1970 UTC (exact below 2^53, so until the year 2255).
 * Nothing reads the clock of the machine.
 */
export type Micros = number;

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** Midnight UTC of a date such as `2025-01-13`. */
export function dateOf(text: string): Micros {
  return Date.parse(`${text}T00:00:00Z`) * 1000;
}

/** The moment the backup of the site was taken; nothing in the sample happened later. */
export const AS_OF = dateOf('2026-06-30');

/** The Monday that calendar week 0 of the sample begins on. */
export const FIRST_MONDAY = dateOf('2024-12-30');

/** The number of whole calendar weeks before {@link AS_OF}. */
export const CALENDAR_WEEKS = Math.floor((AS_OF - FIRST_MONDAY) / WEEK);

const dayTexts = new Map<number, string>();
const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

/** `YYYY-MM-DD HH:MM:SS.ffffff`, as a datetime(6) column prints. */
export function sqlTime(at: Micros): string {
  const inDay = at % DAY;
  return `${dayText((at - inDay) / DAY)} ${clockText(inDay)}.${String(1_000_000 + (at % SECOND)).slice(1)}`;
}

/** `YYYY-MM-DDTHH:MM:SSZ`, the form inside the state of a problem. */
export function isoTime(at: Micros): string {
  const inDay = at % DAY;
  return `${dayText((at - inDay) / DAY)}T${clockText(inDay)}Z`;
}

/** `HH:MM:SS` of a length of time below a day, the form of a video position. */
export function clockText(length: Micros): string {
  const seconds = Math.floor(length / SECOND);
  const minutes = Math.floor(seconds / 60);
  return `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}`;
}

/** The date as BSON and JavaScript hold it, to the millisecond. */
export function jsDate(at: Micros): Date {
  return new Date(Math.floor(at / 1000));
}

function dayText(day: number): string {
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * 86_400_000).toISOString().slice(0, 10);
    dayTexts.set(day, text);
  }
  return text;
}
