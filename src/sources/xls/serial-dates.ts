import type { DateFormat } from './number-formats.ts';

const DAY_MS = 86_400_000;
/** Day 0 of both calendars of Excel, in days since 1970-01-01. */
const DAY_0 = { from1900: -25_569, from1904: -24_107 } as const;
/** The day that Excel's calendar has and no other: 29 February 1900. */
const NO_DAY = 60;
/** 1 January 10000. */
const END_1900 = 2_958_466;

/**
 * The text of a number that its format shows as date or time: `YYYY-MM-DD`, with a time where the format has one or the
 * number is no whole day; `HH:MM:SS` for a time of no day. Excel counts to the millisecond. Undefined for a number that
 * Excel itself cannot show so, and for 29 February 1900.
 * @param from1904 true in a workbook whose days count from 1904
 */
export function serialText(serial: number, format: DateFormat, from1904: boolean): string | undefined {
  if (!(serial >= 0)) return undefined;
  const ms = Math.round(serial * DAY_MS);
  if (format === 'elapsed') return timeText(ms);
  if (format === 'time' && ms < DAY_MS) return timeText(ms);
  const day = Math.floor(ms / DAY_MS);
  const shifted = from1904 ? day : day - (day < NO_DAY ? -1 : 0);
  if (!from1904 && (day === 0 || day === NO_DAY)) return undefined;
  if (day >= END_1900 - (from1904 ? 1462 : 0)) return undefined;
  const date = new Date((shifted + (from1904 ? DAY_0.from1904 : DAY_0.from1900)) * DAY_MS);
  const dateText = date.toISOString().slice(0, 10);
  const rest = ms - day * DAY_MS;
  return format === 'date' && rest === 0 ? dateText : `${dateText} ${timeText(rest)}`;
}

function timeText(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const fraction = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`;
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${fraction}`;
}
