import * as z from 'zod';
import { parseDuration } from './duration.ts';

const HOURS = /^([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-3]):([0-5][0-9])(?:\s+(\S+))?$/;

/** A key that takes a length of time between two lengths, as milliseconds. */
const duration = (description: string, otherwise: string, least: string, most: string) =>
  z
    .string()
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= parseDuration(least)! && ms <= parseDuration(most)!) return ms;
      context.addIssue({
        code: 'custom',
        message: `expected a duration from ${least} to ${most}, such as 90s, 10m or 2h`,
      });
      return z.NEVER;
    })
    .meta({ description, otherwise })
    .optional();

const count = (description: string, otherwise: string, least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,6}$/, `expected a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `expected a whole number from ${least} to ${most}`)
    .meta({ description, otherwise, kind: 'number' })
    .optional();

/** How long a connection to MySQL may keep the program waiting. */
export const timeoutKeys = {
  mysql_connect_timeout: duration('How long making a connection may take.', '`20s`', '1s', '1h'),
  mysql_read_timeout: duration(
    'After so long without a byte of an answer the connection counts as lost. A query may also think so long before its first row.',
    '`10m`',
    '0.1s',
    '1d',
  ),
  mysql_statement_timeout: duration(
    'How long a statement may run on the server that is no read of rows, such as one that lists tables.',
    '`5m`',
    '1s',
    '1d',
  ),
};

/** What a source of type `mysql` does when reading fails or the server is busy. */
export const guestKeys = {
  mysql_retries: count(
    'How often a read that breaks is begun anew, for each table, and how often in a row the server is looked for again.',
    '`3`',
    0,
    100,
  ),
  mysql_retry_pause: duration(
    'The pause before the first retry; it is three times longer with each, up to a minute, and partly left to chance.',
    '`2s`',
    '0s',
    '1m',
  ),
  mysql_max_replica_lag: duration(
    'Reading waits while the server is a replica that is further behind than this.',
    'no limit',
    '1s',
    '1d',
  ),
  mysql_max_threads_running: count(
    'Reading waits while more threads than this are running on the server, its own among them (`Threads_running`).',
    'no limit',
    1,
    100_000,
  ),
  mysql_max_pause: duration(
    'How long reading waits for a busy server or a replica at most; then its table fails, and those that were not begun.',
    '`30m`',
    '1s',
    '50m',
  ),
  mysql_allowed_hours: z
    .string()
    .transform((text, context) => {
      const hours = parseHours(text);
      if (hours !== undefined) return hours;
      context.addIssue({
        code: 'custom',
        message: 'expected two times of the day and perhaps a time zone, such as 22:00-06:00 Europe/Berlin',
      });
      return z.NEVER;
    })
    .meta({
      description:
        'The part of the day in which tables may be begun. The time zone is that of this machine where none is named.',
      otherwise: 'all day',
      example: '22:00-06:00 Europe/Berlin',
    })
    .optional(),
};

/** A part of the day in minutes after midnight, over midnight where `to` is before `from`. */
function parseHours(text: string): { from: number; to: number; zone?: string } | undefined {
  const [, hour, minute, endHour, endMinute, zone] = HOURS.exec(text.trim()) ?? [];
  if (hour === undefined) return undefined;
  const from = Number(hour) * 60 + Number(minute);
  const to = Number(endHour) * 60 + Number(endMinute);
  if (from === to || (zone !== undefined && !isZone(zone))) return undefined;
  return { from, to, ...(zone === undefined ? {} : { zone }) };
}

function isZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
