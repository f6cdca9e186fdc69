import type { Path } from './document.ts';
import { locations } from './normalise-tables.ts';
import { present } from './present.ts';
import type { RawDatasource } from './schema.ts';
import type { CsvDatasource, XlsDatasource } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

type Raw<T extends RawDatasource['type']> = Extract<RawDatasource, { type: T }>;
type Own<T> = Omit<T, 'type' | 'name' | 'tables'>;

/** What the settings of a source of type `csv` say besides its name and tables; `at` is its place in the file. */
export function normaliseCsv(raw: Raw<'csv'>, at: Path, around: Surroundings): Own<CsvDatasource> {
  const placed =
    raw.tables?.length !== undefined && raw.tables.every((table) => table.location !== undefined);
  if (raw.location === undefined && !placed)
    around.fault([...at, 'location'], 'this key is missing; only where each table has a location it may be');
  const delimiter = raw.delimiter === 'tab' || raw.delimiter === '\\t' ? '\t' : raw.delimiter;
  const escape = raw.escape === 'mysql' ? '\\' : raw.escape;
  const marks = [delimiter?.[0] ?? ',', raw.quote ?? '"', escape ?? ''].filter((mark) => mark !== '');
  // A quote that escapes itself is the doubled one.
  const doubled = raw.escape !== undefined && raw.escape === (raw.quote ?? '"');
  if (!doubled && new Set(marks).size < marks.length)
    around.fault(at, 'delimiter, quote and escape must begin with different characters');
  return {
    location: raw.location === undefined ? [] : locations(raw.location, around),
    header: raw.header !== 'false',
    skipLines: raw.skip_lines ?? 0,
    ...present({
      delimiter,
      quote: raw.quote,
      escape: doubled ? undefined : raw.escape,
      nulls: raw.null_value === undefined ? undefined : [raw.null_value].flat(),
      encoding: raw.encoding,
    }),
  };
}

/** What the settings of a source of type `xls` say besides its name and tables. */
export function normaliseSheets(raw: Raw<'xls'>, around: Surroundings): Own<XlsDatasource> {
  return {
    location: locations(raw.location, around),
    header: raw.header !== 'false',
    emptyRows: raw.empty_rows ?? 'refuse',
    ...present({ headerRow: raw.header_row }),
  };
}
