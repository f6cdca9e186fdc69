import type { TableState } from '../../lake/table-state.ts';
import type { FieldKind, FieldType } from '../../rows/field.ts';
import { exactName } from '../engine.ts';
import { quoteName } from '../quote-name.ts';

/** Lake types in the SQL of Trino and of Athena's engine, which is one. */
const CAST_TYPES: Readonly<Record<FieldKind, string>> = {
  boolean: 'boolean',
  int32: 'integer',
  int64: 'bigint',
  float32: 'real',
  float64: 'double',
  decimal: 'decimal(p,s)',
  date: 'date',
  // Without digits it would mean milliseconds.
  timestamp: 'timestamp(6)',
  text: 'varchar',
  binary: 'varbinary',
};

/**
 * The SELECT of the typed view: the columns of the files, then base and field partitions, each with the type of
 * its column. In Trino's SQL, without anything that only Athena has.
 *
 * Columns of Parquet files have their types already. Those of CSV are text, because Hive's OpenCSVSerde reads them
 * so, and it gives the empty text for NULL too. What an empty field means follows from the column's type: a number,
 * date or boolean is never empty, so it was NULL; a text or bytes stay empty, for most text columns of Django are
 * NOT NULL and empty. The text `NULL` stays a text.
 *
 * A value that is none of its type fails the query and does not become NULL. The one exception are partition
 * columns of dates, whose folders keep what no calendar has, such as `0000-00-00` (docs/reference/types.md).
 *
 * @param schema the name of the database that holds the raw table
 */
export function viewSelect(state: TableState, schema: string): string {
  const columns = [
    ...state.fields.map(({ name, type }) =>
      column(name, (text) => (state.format === 'parquet' ? text : fromCsv(type, text))),
    ),
    ...state.partitionFields.map(({ name, type }) => column(name, (text) => fromPartition(type, text))),
  ];
  const table = `${quoteName(schema)}.${quoteName(state.rawName.toLowerCase())}`;
  return `SELECT\n  ${columns.join(',\n  ')}\nFROM ${table}`;
}

/** Names are in lower case in the catalog. */
function column(name: string, value: (text: string) => string): string {
  const quoted = quoteName(name.toLowerCase());
  const expression = value(quoted);
  return expression === quoted ? quoted : `${expression} AS ${quoted}`;
}

function fromCsv(type: FieldType, text: string): string {
  if (type.kind === 'text') return text;
  if (type.kind === 'binary') return `from_hex(${text})`;
  return `CAST(NULLIF(${text}, '') AS ${castType(type)})`;
}

/** A partition's text is the value in the source; NULL is NULL there. */
function fromPartition(type: FieldType, text: string): string {
  if (type.kind === 'text') return text;
  if (type.kind === 'binary') return `to_utf8(${text})`;
  const cast = type.kind === 'date' || type.kind === 'timestamp' ? 'TRY_CAST' : 'CAST';
  return `${cast}(${text} AS ${castType(type)})`;
}

function castType(type: FieldType): string {
  return exactName(CAST_TYPES[type.kind], type);
}
