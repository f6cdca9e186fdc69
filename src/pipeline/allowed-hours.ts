import { PanoramaError } from '../errors.ts';
import type { Datasource } from '../settings/settings.ts';

/**
 * The error of a table that is not begun because of the hour; undefined where the settings of its source allow it
 * now.
 */
export function outsideHours(datasource: Datasource, now = new Date()): PanoramaError | undefined {
  const hours = datasource.type === 'mysql' ? datasource.allowedHours : undefined;
  if (hours === undefined) return undefined;
  const { from, to, zone } = hours;
  const minute = minuteOfDay(now, zone);
  const open = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (open) return undefined;
  const text = (of: number): string =>
    `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`;
  const where = zone === undefined ? '' : ` (${zone})`;
  return new PanoramaError(
    'outside-hours',
    `Source ${datasource.name} may be read from ${text(from)} to ${text(to)}${where}; it is ${text(minute)}.`,
  );
}

/** @param zone an IANA name; undefined: that of this machine */
function minuteOfDay(now: Date, zone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).formatToParts(now);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)!.value);
  return value('hour') * 60 + value('minute');
}
