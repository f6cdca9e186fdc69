/** A length of time as MySQL writes it: `INTERVAL quantity unit`. */
export interface Interval {
  /** Digits, for units of several parts with marks between them, e.g. `1 12`. Safe inside quotes. */
  readonly quantity: string;
  /** One of MySQL's units in upper case, e.g. `HOUR`. */
  readonly unit: string;
}

/** How many numbers the quantity of a unit may have (MySQL reference, *Temporal Intervals*). */
const PARTS: Readonly<Record<string, number>> = {
  MICROSECOND: 1,
  SECOND: 1,
  MINUTE: 1,
  HOUR: 1,
  DAY: 1,
  WEEK: 1,
  MONTH: 1,
  QUARTER: 1,
  YEAR: 1,
  SECOND_MICROSECOND: 2,
  MINUTE_MICROSECOND: 3,
  MINUTE_SECOND: 2,
  HOUR_MICROSECOND: 4,
  HOUR_SECOND: 3,
  HOUR_MINUTE: 2,
  DAY_MICROSECOND: 5,
  DAY_SECOND: 4,
  DAY_MINUTE: 3,
  DAY_HOUR: 2,
  YEAR_MONTH: 2,
};

const TEXT = /^\s*(?:(\d+)|'([^']*)'|"([^"]*)")\s+([a-z_]+)\s*$/i;
/** Servers count in 64 bits or fewer and wrap around silently: with more digits they may answer a time to come. */
const QUANTITY = /^\d{1,9}(?:[-:. /]\d{1,9})*$/;

/**
 * Reads an interval, e.g. `2 hour` or `'1:30' hour_minute`. Undefined where MySQL has no such unit, where the
 * quantity does not fit it, or where no time goes by, so that nothing could ever have changed in it.
 */
export function parseInterval(text: string): Interval | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const quantity = (match[1] ?? match[2] ?? match[3]!).trim();
  const unit = match[4]!.toUpperCase();
  const parts = Object.hasOwn(PARTS, unit) ? PARTS[unit]! : 0;
  if (!QUANTITY.test(quantity) || !/[1-9]/.test(quantity)) return undefined;
  return quantity.split(/\D/).length > parts ? undefined : { quantity, unit };
}
