import type { LakeFile, TableState } from '../../lake/table-state.ts';
import type { FieldType } from '../../rows/field.ts';
import { engineTypeName } from '../engine.ts';
import { pathTellsValues, valueFromList, valueFromPath } from './partition-columns.ts';
import { quoteName } from '../quote-name.ts';
import { quoteList, quoteText } from './sql.ts';
import { duckdbTypes } from './types.ts';

/** Gives the place of an object of the lake on this machine. */
export type Locate = (path: string) => string;

/**
 * The columns of a table, partition columns at the end: `raw` as the files give them (those of Parquet with
 * their types, those of CSV and of paths as text), `typed` each with its type.
 */
export type ViewKind = 'raw' | 'typed';

/** Files of the live table by their place on this machine. */
type Places = ReadonlyMap<string, LakeFile>;

/** Longest CSV record that is read: as long as the longest packet that MySQL servers take by default. */
const MAX_CSV_RECORD = 64 << 20;

/** The SELECT of a view, over exactly the files of the state. */
export function viewSelect(state: TableState, kind: ViewKind, locate: Locate): string {
  const places = new Map(state.files.map((file) => [locate(file.path), file]));
  if (places.size === 0) return emptySelect(state, kind);
  const toldByPath = new Map(
    [...places].filter(([path, file]) => pathTellsValues(state.partitionFields, file, path)),
  );
  const others = new Map([...places].filter(([path]) => !toldByPath.has(path)));
  const file = quoteName(fileColumn(state));
  const selects: string[] = [];
  if (toldByPath.size > 0) {
    selects.push(filesSelect(state, kind, toldByPath, (i) => valueFromPath(state.partitionFields, i, file)));
  }
  if (others.size > 0) {
    selects.push(filesSelect(state, kind, others, (i) => valueFromList(others, i, file)));
  }
  return selects.join('\nUNION ALL\n');
}

/*
 * Scan and casts stand in one SELECT: through a second one DuckDB would not see that a filter on a cast
 * partition column chooses files.
 */
function filesSelect(
  state: TableState,
  kind: ViewKind,
  places: Places,
  partitionText: (index: number) => string,
): string {
  const columns = state.fields.map(({ id, name, type }) => {
    if (state.format === 'parquet') return `c${id} AS ${quoteName(name)}`;
    const text = quoteName(name);
    return `${kind === 'typed' ? fromText(type, text) : text} AS ${quoteName(name)}`;
  });
  const partitions = state.partitionFields.map(({ name, type }, i) => {
    const text = partitionText(i);
    return `${kind === 'typed' ? fromPartitionText(type, text) : text} AS ${quoteName(name)}`;
  });
  const scan = state.format === 'csv' ? csvScan(state, places) : parquetScan(state, places);
  return `SELECT ${[...columns, ...partitions].join(', ')} FROM ${scan}`;
}

/*
 * Columns are matched by their permanent number: `schema` opens no file but those that a query needs, gives NULL
 * where a file has no such column, follows renames and widens types. (`union_by_name` would open every file
 * first, and know nothing of renames; `schema` excludes it and DuckDB's own `hive_partitioning`.)
 */
function parquetScan(state: TableState, places: Places): string {
  const schema = state.fields.map(
    ({ id, type }) =>
      `${id}: {name: 'c${id}', type: ${quoteText(engineTypeName(duckdbTypes, type))}, default_value: NULL}`,
  );
  return (
    `read_parquet(${quoteList([...places.keys()])}, schema = MAP {${schema.join(', ')}}, ` +
    `filename = true, hive_partitioning = false)`
  );
}

/*
 * The lake's CSV: a header, `,`, `"` and `\`, NULL empty, the empty text `""`. Every option that DuckDB would
 * otherwise guess is given. A CSV file has no numbers of columns, so they are matched by name; a column that
 * no file has comes from the empty first part.
 */
function csvScan(state: TableState, places: Places): string {
  const file = fileColumn(state);
  const names = [...state.fields.map(({ name }) => name), file].map(quoteName);
  const empty = `SELECT ${names.map((name) => `CAST(NULL AS VARCHAR) AS ${name}`).join(', ')} WHERE false`;
  const largest = Array.from(places.values()).reduce((size, { bytes }) => Math.max(size, bytes), 2 << 20);
  const options = [
    `delim = ',', quote = '"', escape = '\\', header = true, skip = 0, comment = ''`,
    `all_varchar = true, nullstr = '', allow_quoted_nulls = false, strict_mode = true`,
    `max_line_size = ${Math.min(MAX_CSV_RECORD, largest)}, union_by_name = true, hive_partitioning = false`,
    `filename = ${file === FILE_COLUMN ? 'true' : quoteText(file)}`,
  ];
  return `(${empty} UNION ALL BY NAME SELECT * FROM read_csv(${quoteList([...places.keys()])}, ${options.join(', ')}))`;
}

function emptySelect(state: TableState, kind: ViewKind): string {
  const nothing = (name: string, type: FieldType, isText: boolean): string =>
    `CAST(NULL AS ${isText ? 'VARCHAR' : engineTypeName(duckdbTypes, type)}) AS ${quoteName(name)}`;
  const columns = [
    ...state.fields.map(({ name, type }) => nothing(name, type, kind === 'raw' && state.format === 'csv')),
    ...state.partitionFields.map(({ name, type }) => nothing(name, type, kind === 'raw')),
  ];
  return `SELECT ${columns.join(', ')} WHERE false`;
}

/** A value from its canonical text. It fails where the text is no such value: nothing becomes NULL silently. */
function fromText(type: FieldType, text: string): string {
  if (type.kind === 'text') return text;
  if (type.kind === 'binary') return `unhex(${text})`;
  return `CAST(${text} AS ${engineTypeName(duckdbTypes, type)})`;
}

/**
 * A partition's value from its text in the source. A date that no calendar has, such as `0000-00-00`, is NULL
 * as it is inside the files (the raw view keeps its text); bytes stand for themselves.
 */
function fromPartitionText(type: FieldType, text: string): string {
  if (type.kind === 'binary') return `encode(${text})`;
  if (type.kind === 'date' || type.kind === 'timestamp') return `TRY_${fromText(type, text)}`;
  return fromText(type, text);
}

/*
 * Only under this name does DuckDB decide by a filter which files to open. A Parquet scan gives columns names of
 * our own, so that it is free.
 */
const FILE_COLUMN = 'filename';

/** The column of file names in a scan: another name where a CSV table has a column of that name. */
function fileColumn(state: TableState): string {
  const used = new Set(state.format === 'csv' ? state.fields.map(({ name }) => name.toLowerCase()) : []);
  let name = FILE_COLUMN;
  while (used.has(name)) name += '_';
  return name;
}
