import type { LakeFile, TableState } from '../../lake/table-state.ts';
import type { FieldType } from '../../rows/field.ts';
import { engineTypeName } from '../engine.ts';
import { pathTellsValues, valueFromList, valueFromPath } from './partition-columns.ts';
import { quoteList, quoteName, quoteText } from './sql.ts';
import { duckdbTypes } from './types.ts';

/** Gives the place of an object of the lake on this machine. */
export type Locate = (path: string) => string;

/** Files of the live table by their place on this machine. */
type Places = ReadonlyMap<string, LakeFile>;

/** Longest CSV record that is read: as long as the longest packet that MySQL servers take by default. */
const MAX_CSV_RECORD = 64 << 20;

/**
 * The SELECT of the raw view: the columns of the files, partition columns as text at the end. Columns of
 * Parquet have their types, those of CSV are text.
 */
export function rawSelect(state: TableState, locate: Locate): string {
  const places = new Map(state.files.map((file) => [locate(file.path), file]));
  if (places.size === 0) return emptySelect(state);
  const fromPath = new Map(
    [...places].filter(([path, file]) => pathTellsValues(state.partitionFields, file, path)),
  );
  const others = new Map([...places].filter(([path]) => !fromPath.has(path)));
  const file = unusedName(state);
  const selects: string[] = [];
  if (fromPath.size > 0) {
    const value = (i: number): string => valueFromPath(state.partitionFields, i, quoteName(file));
    selects.push(filesSelect(state, fromPath, file, value));
  }
  if (others.size > 0) {
    selects.push(filesSelect(state, others, file, (i) => valueFromList(others, i, quoteName(file))));
  }
  return selects.join('\nUNION ALL\n');
}

/** The SELECT of the typed view over the raw one. */
export function typedSelect(state: TableState): string {
  const columns = state.fields.map(({ name, type }) =>
    state.format === 'csv' ? `${fromText(type, quoteName(name))} AS ${quoteName(name)}` : quoteName(name),
  );
  const partitions = state.partitionFields.map(
    ({ name, type }) => `${fromPartitionText(type, quoteName(name))} AS ${quoteName(name)}`,
  );
  return `SELECT ${[...columns, ...partitions].join(', ')} FROM ${quoteName(state.rawName)}`;
}

function filesSelect(
  state: TableState,
  places: Places,
  file: string,
  partition: (index: number) => string,
): string {
  const columns = [
    ...state.fields.map(({ name }) => quoteName(name)),
    ...state.partitionFields.map(({ name }, i) => `${partition(i)} AS ${quoteName(name)}`),
  ];
  const scan = state.format === 'csv' ? csvScan(state, places, file) : parquetScan(state, places, file);
  return `SELECT ${columns.join(', ')} FROM ${scan}`;
}

/*
 * Columns are matched by their permanent number: `schema` opens no file but those that a query needs, gives NULL
 * where a file has no such column, follows renames and widens types. (`union_by_name` would open every file
 * first, and know nothing of renames.)
 */
function parquetScan(state: TableState, places: Places, file: string): string {
  const schema = state.fields.map(
    ({ id, name, type }) =>
      `${id}: {name: ${quoteText(name)}, type: ${quoteText(engineTypeName(duckdbTypes, type))}, default_value: NULL}`,
  );
  return (
    `read_parquet(${quoteList([...places.keys()])}, schema = MAP {${schema.join(', ')}}, ` +
    `filename = ${quoteText(file)}, hive_partitioning = false)`
  );
}

/*
 * The lake's CSV: a header, `,`, `"` and `\`, NULL empty, the empty text `""`. Every option that DuckDB would
 * otherwise guess is given. A CSV file has no numbers of columns, so they are matched by name; a column that
 * no file has comes from the empty first part.
 */
function csvScan(state: TableState, places: Places, file: string): string {
  const names = [...state.fields.map(({ name }) => name), file];
  const empty = `SELECT ${names.map((name) => `CAST(NULL AS VARCHAR) AS ${quoteName(name)}`).join(', ')} WHERE false`;
  const largest = Math.max(...Array.from(places.values(), ({ bytes }) => bytes));
  const options = [
    `delim = ',', quote = '"', escape = '\\', header = true, skip = 0, comment = ''`,
    `all_varchar = true, nullstr = '', allow_quoted_nulls = false, strict_mode = true`,
    `max_line_size = ${Math.min(MAX_CSV_RECORD, Math.max(2 << 20, largest))}`,
    `union_by_name = true, hive_partitioning = false, filename = ${quoteText(file)}`,
  ];
  return `(${empty} UNION ALL BY NAME SELECT * FROM read_csv(${quoteList([...places.keys()])}, ${options.join(', ')}))`;
}

function emptySelect(state: TableState): string {
  const fields = state.fields.map(({ name, type }) => {
    const typeName = state.format === 'csv' ? 'VARCHAR' : engineTypeName(duckdbTypes, type);
    return `CAST(NULL AS ${typeName}) AS ${quoteName(name)}`;
  });
  const partitions = state.partitionFields.map(({ name }) => `CAST(NULL AS VARCHAR) AS ${quoteName(name)}`);
  return `SELECT ${[...fields, ...partitions].join(', ')} WHERE false`;
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

/** A name for the column of file names that no column of the table has. */
function unusedName(state: TableState): string {
  const used = new Set([...state.fields, ...state.partitionFields].map(({ name }) => name.toLowerCase()));
  let name = 'file';
  while (used.has(name)) name += '_';
  return name;
}
