import type { SqlDialect } from '../engines/engine.ts';

/** What the engines spell differently. Arguments are SQL expressions. */
interface Dialect {
  /** Texts of a group in an order, joined by commas; NULL as the empty text. */
  joinText(value: string, order: string): string;
  /** A timestamp as `2026-01-31 09:05:00.123`; further digits are cut off. */
  timestampText(timestamp: string): string;
  /** Whole days from a timestamp in UTC to now. */
  daysSince(timestamp: string): string;
}

export const dialects: Readonly<Record<SqlDialect, Dialect>> = {
  duckdb: {
    joinText: (value, order) => `string_agg(coalesce(CAST(${value} AS varchar), ''), ',' ORDER BY ${order})`,
    timestampText: (timestamp) => `strftime(${timestamp}, '%Y-%m-%d %H:%M:%S.%g')`,
    // date_diff counts midnights there, date_sub days of 24 hours.
    daysSince: (timestamp) => `date_sub('day', ${timestamp}, now() AT TIME ZONE 'UTC')`,
  },
  trino: {
    joinText: (value, order) => `array_join(array_agg(CAST(${value} AS varchar) ORDER BY ${order}), ',', '')`,
    // The cast to three digits alone would round.
    timestampText: (timestamp) =>
      `CAST(CAST(date_trunc('millisecond', ${timestamp}) AS timestamp(3)) AS varchar)`,
    daysSince: (timestamp) =>
      `date_diff('day', ${timestamp}, CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp))`,
  },
};
