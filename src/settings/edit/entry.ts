import { stringify } from 'yaml';

/** An entry of a list of tables or fields: keys with texts, or a plain text. */
export type Entry = string | Readonly<Record<string, string>>;

/** How the entries of a list are written. */
export interface EntryStyle {
  /** `{ name: a }` on one line, also inside of a list that has lines. */
  readonly flow: boolean;
  /** Between the braces and what they hold: a space or nothing. */
  readonly padding: string;
  /** What stands between the `-` and the entry. */
  readonly gap: string;
}

/** An entry on one line. */
export function flowEntry(entry: Entry, { padding }: Pick<EntryStyle, 'padding'>): string {
  if (typeof entry === 'string') return scalarText(entry, true);
  const keys = Object.entries(entry).map(([key, value]) => `${key}: ${scalarText(value, true)}`);
  return `{${padding}${keys.join(', ')}${padding}}`;
}

/** The lines of an entry of a block list whose `-` stands in a column; each ends with the line break. */
export function blockEntry(entry: Entry, column: number, style: EntryStyle, lineBreak: string): string {
  const start = `${' '.repeat(column)}-${style.gap}`;
  if (typeof entry === 'string') return `${start}${scalarText(entry)}${lineBreak}`;
  if (style.flow) return `${start}${flowEntry(entry, style)}${lineBreak}`;
  const keys = Object.entries(entry).map(([key, value]) => `${key}: ${scalarText(value)}`);
  return `${start}${keys.join(`${lineBreak}${' '.repeat(start.length)}`)}${lineBreak}`;
}

/** A text as a YAML scalar that every reader takes for this text; `${` is written so that it stands for itself. */
export function scalarText(text: string, flow = false): string {
  const written = text.replaceAll('${', () => '$${');
  // JSON is YAML, and keeps everything on one line.
  if (/\p{Cc}|[\u2028\u2029]/u.test(written)) return JSON.stringify(written);
  // Readers of YAML 1.1, as that of Python, take more words for something else than text.
  const how = {
    lineWidth: 0,
    version: '1.1',
    blockQuote: false,
    collectionStyle: flow ? 'flow' : 'block',
  } as const;
  const line = stringify([written], how).trimEnd();
  return flow ? line.slice(1, -1).trim() : line.slice(2);
}
