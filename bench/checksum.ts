/**
 * What is compared between a server and files, per column: the number of values that are not NULL, and the sum over
 * all rows of the first 32 bits of the MD5 of the value's canonical text. And once over the whole table: the number
 * of rows, and the same sum over the canonical texts of all columns of a row in order, so that values that changed
 * rows are seen too.
 *
 * The canonical text, the same on both sides:
 *
 * | type | text |
 * | --- | --- |
 * | integers, `year`, `bit` up to 63 bits | decimal digits, with `-` where negative |
 * | `decimal` | decimal digits with all digits of the scale |
 * | `float`, `double` | the value times 1,000,000, rounded to a whole number: a decimal check, not one of bits |
 * | `date` | `2024-02-29` |
 * | `datetime`, `timestamp` (in UTC) | `2024-02-29 23:59:59.123456` |
 * | `time` | the server's own text |
 * | `char`, `varchar`, `text`, `enum`, `set` | itself, in UTF-8 |
 * | `binary`, `varbinary`, `blob` | the MD5 of its bytes, in hexadecimal |
 */
export interface Column {
  readonly name: string;
  /** As `DATA_TYPE` of the information schema has it. */
  readonly type: string;
}

/** Facts of a table by name, e.g. `rows`, `checksum of state`, all as decimal digits. */
export type Facts = Readonly<Record<string, string>>;

/** How one side writes what is compared. */
interface Dialect {
  readonly quote: (name: string) => string;
  /** The canonical text of a value. */
  readonly text: Readonly<Record<Form, (value: string) => string>>;
  /** The text behind a `=`, NULL for NULL: the two engines' `concat` differ in that. */
  readonly mark: (text: string) => string;
  /** The first 32 bits of the MD5 of a text, as a number. */
  readonly hash: (text: string) => string;
}

type Form = 'integer' | 'decimal' | 'real' | 'date' | 'moment' | 'text' | 'bytes';

const FORMS: Readonly<Record<string, Form>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  bit: 'integer',
  decimal: 'decimal',
  float: 'real',
  double: 'real',
  date: 'date',
  datetime: 'moment',
  timestamp: 'moment',
  time: 'text',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  enum: 'text',
  set: 'text',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
};

const SERVER: Dialect = {
  quote: (name) => `\`${name.replaceAll('`', '``')}\``,
  text: {
    // Of a bit the text would be its bytes.
    integer: (value) => `CAST(${value} + 0 AS CHAR)`,
    decimal: (value) => `CAST(${value} AS CHAR)`,
    real: (value) => `CAST(CAST(ROUND(${value} * 1000000) AS DECIMAL(38, 0)) AS CHAR)`,
    date: (value) => `DATE_FORMAT(${value}, '%Y-%m-%d')`,
    moment: (value) => `DATE_FORMAT(${value}, '%Y-%m-%d %H:%i:%s.%f')`,
    text: (value) => `CONVERT(${value} USING utf8mb4)`,
    bytes: (value) => `MD5(${value})`,
  },
  mark: (text) => `CONCAT('=', ${text})`,
  hash: (text) => `CAST(CONV(LEFT(MD5(${text}), 8), 16, 10) AS UNSIGNED)`,
};

const DUCKDB: Dialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  text: {
    // A bit(1) is a boolean in the files.
    integer: (value) => `CAST(CAST(${value} AS HUGEINT) AS VARCHAR)`,
    decimal: (value) => `CAST(${value} AS VARCHAR)`,
    real: (value) => `CAST(CAST(round(${value} * 1000000) AS HUGEINT) AS VARCHAR)`,
    date: (value) => `strftime(${value}, '%Y-%m-%d')`,
    moment: (value) => `strftime(CAST(${value} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%f')`,
    text: (value) => `CAST(${value} AS VARCHAR)`,
    bytes: (value) => `md5(${value})`,
  },
  mark: (text) => `'=' || ${text}`,
  hash: (text) => `CAST('0x' || left(md5(${text}), 8) AS BIGINT)`,
};

/** The statement for the server; its one row holds the facts in the order of {@link factNames}. */
export function serverQuery(table: string, columns: readonly Column[]): string {
  return `SELECT ${expressions(SERVER, columns).join(', ')} FROM ${SERVER.quote(table)}`;
}

/**
 * The statement for DuckDB; its one row holds the facts as text, named `f0`, `f1` and so on.
 * @param from a view or a table function, as SQL
 */
export function filesQuery(from: string, columns: readonly Column[]): string {
  const list = expressions(DUCKDB, columns).map((sql, i) => `CAST(${sql} AS VARCHAR) AS f${i}`);
  return `SELECT ${list.join(', ')} FROM ${from}`;
}

export function factNames(columns: readonly Column[]): readonly string[] {
  return [
    'rows',
    'checksum of rows',
    ...columns.flatMap(({ name }) => [`values in ${name}`, `checksum of ${name}`]),
  ];
}

/** @param values in the order of {@link factNames} */
export function toFacts(columns: readonly Column[], values: readonly (string | null | undefined)[]): Facts {
  const names = factNames(columns);
  if (values.length !== names.length)
    throw new Error(`${values.length} facts were answered, not ${names.length}`);
  return Object.fromEntries(names.map((name, i) => [name, String(values[i] ?? 'NULL')]));
}

/** One line for each fact that differs, also for one that a side does not have. */
export function differences(server: Facts, files: Facts): readonly string[] {
  const names = new Set([...Object.keys(server), ...Object.keys(files)]);
  return [...names]
    .filter((name) => server[name] === undefined || server[name] !== files[name])
    .map((name) => `${name}: ${server[name]} on the server, ${files[name]} in the files`);
}

function expressions(dialect: Dialect, columns: readonly Column[]): string[] {
  const texts = columns.map((column) => dialect.text[formOf(column)](dialect.quote(column.name)));
  const marked = texts.map((text) => `COALESCE(${dialect.mark(text)}, 'NULL')`);
  return [
    'COUNT(*)',
    `SUM(${dialect.hash(`CONCAT_WS(',', ${marked.join(', ')})`)})`,
    ...columns.flatMap(({ name }, i) => [
      `COUNT(${dialect.quote(name)})`,
      // All values NULL: 0 on both sides, whatever a sum of nothing is.
      `COALESCE(SUM(${dialect.hash(texts[i]!)}), 0)`,
    ]),
  ];
}

function formOf({ name, type }: Column): Form {
  const form = FORMS[type];
  if (form === undefined) throw new Error(`${name}: there is no canonical text for the type ${type}`);
  return form;
}
