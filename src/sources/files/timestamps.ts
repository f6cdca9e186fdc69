/**
 * The canonical text of a timestamp from the other ways to write one that say the same: with `T` for the space, with `Z`
 * or `+00:00` behind it, without seconds or without a time. Undefined for all else.
 */
export function canonicalTimestamp(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d{1,6})?))?(?:Z|\+00:?00)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, date, time = '00:00', seconds = '00'] = match;
  return `${date} ${time}:${seconds}`;
}
