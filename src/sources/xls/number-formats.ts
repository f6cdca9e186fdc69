/** What a number stands for by the format of its cell: a moment, or time that has passed, which may exceed a day. */
export type DateFormat = 'date' | 'time' | 'moment' | 'elapsed';

/**
 * The built-in formats that are dates, by their numbers: ECMA-376 part 1, 18.8.30, with those of East Asian versions of
 * Excel, all of which show a day.
 */
const BUILT_IN = new Map<number, DateFormat>([
  ...[14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58].map((id) => [id, 'date'] as const),
  ...[18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56].map((id) => [id, 'time'] as const),
  [22, 'moment'],
  [46, 'elapsed'],
]);

/** What a number in this format is, undefined for a plain number. @param code the format where the workbook defines it */
export function dateFormat(id: number, code: string | undefined): DateFormat | undefined {
  return code === undefined ? BUILT_IN.get(id) : customFormat(code);
}

function customFormat(code: string): DateFormat | undefined {
  // What is in quotes or behind a backslash is shown as it is; a blank or filling has a character of its own.
  const bare = code.replace(/"[^"]*"?|\\[\s\S]|[_*][\s\S]/g, '');
  const [first = ''] = bare.split(';');
  if (/\[(h+|m+|s+)\]/i.test(first)) return 'elapsed';
  const marks = first.replace(/\[[^\]]*\]/g, '');
  if (/^general$/i.test(marks.trim())) return undefined;
  const time = /[hs]|am\/pm|a\/p/i.test(marks);
  const day = /[yde]/i.test(marks.replace(/e[+-]/gi, '')) || (!time && /m/i.test(marks));
  if (time) return day ? 'moment' : 'time';
  return day ? 'date' : undefined;
}
