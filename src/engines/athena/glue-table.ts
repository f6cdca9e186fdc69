import { createHash } from 'node:crypto';

import type { Column, StorageDescriptor, Table, TableInput } from '@aws-sdk/client-glue';

import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import { engineTypeName } from '../engine.ts';
import { athenaTypes } from './types.ts';

/** Parameters of a table in Glue that only we write: the name of the table in the source, and {@link viewMark}. */
export const TABLE_MARK = 'panorama_table';
export const VIEW_MARK = 'panorama_view';
/** Parameter of a partition in Glue: what {@link schemaMark} gave when it was written. */
export const SCHEMA_MARK = 'panorama_schema';

type Format = TableState['format'];

/** How Hive reads and writes the files of a format. */
interface Serde {
  readonly library: string;
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
  readonly tableParameters: Readonly<Record<string, string>>;
}

/** For CSV exactly what the DDL of panorama-elt 0.3 says, so that its tables are ours as they are. */
const SERDES: Readonly<Record<Format, Serde>> = {
  csv: {
    library: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
    inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    serdeParameters: { escapeChar: '\\', quoteChar: '"', separatorChar: ',' },
    tableParameters: {
      EXTERNAL: 'TRUE',
      areColumnsQuoted: 'false',
      classification: 'csv',
      columnsOrdered: 'true',
      compressionType: 'none',
      delimiter: ',',
      'skip.header.line.count': '1',
      typeOfData: 'file',
    },
  },
  parquet: {
    library: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serdeParameters: { 'serialization.format': '1' },
    tableParameters: { EXTERNAL: 'TRUE', classification: 'parquet' },
  },
};

/** A name as Glue keeps it. */
export const catalogName = (name: string): string => name.toLowerCase();

/**
 * The table as Glue should have it.
 * @param location the table's folder, e.g. `s3://bucket/openedx/auth_user/`
 * @throws PanoramaError `unsupported` where two columns differ only by case
 */
export function wantedTable(state: TableState, location: string): TableInput {
  refuseEqualNames(state);
  const serde = SERDES[state.format];
  return {
    Name: catalogName(state.rawName),
    TableType: 'EXTERNAL_TABLE',
    Parameters: { ...serde.tableParameters, [TABLE_MARK]: state.table },
    PartitionKeys: state.partitionFields.map(({ name }) => ({ Name: catalogName(name), Type: 'string' })),
    StorageDescriptor: {
      Columns: state.fields.map(({ name, type }) => ({
        Name: catalogName(name),
        Type: state.format === 'csv' ? 'string' : engineTypeName(athenaTypes, type),
      })),
      Location: location,
      InputFormat: serde.inputFormat,
      OutputFormat: serde.outputFormat,
      SerdeInfo: { SerializationLibrary: serde.library, Parameters: { ...serde.serdeParameters } },
    },
  };
}

/** Says which version of columns and format a partition was registered with. */
export function schemaMark(wanted: TableInput): string {
  const { Columns, InputFormat, OutputFormat, SerdeInfo } = wanted.StorageDescriptor!;
  return shortHash(JSON.stringify([Columns, InputFormat, OutputFormat, SerdeInfo]));
}

/**
 * Says which view is there: it changes with the SQL and with the types of the raw columns, for a view keeps the
 * types that its columns had when it was made.
 */
export function viewMark(sql: string, state: TableState): string {
  const types = state.fields.map(({ type }) => engineTypeName(athenaTypes, type));
  return shortHash(JSON.stringify([sql, state.format, types]));
}

/** What stands under a table's name in the catalog. */
export type Standing =
  | { readonly is: 'ours' }
  /** Made for this folder by us or the original, but it cannot become the wanted one without being made anew. */
  | { readonly is: 'other-shape'; readonly shape: string }
  | { readonly is: 'foreign'; readonly why: string };

/**
 * A table is ours when it is an external table of exactly our folder, with our partition columns in order, and
 * read as one of our formats. So the tables that the original made are ours; they are marked when they are met.
 */
export function standingOf(table: Table, wanted: TableInput): Standing {
  const foreign = (why: string): Standing => ({ is: 'foreign', why });
  if (table.TableType === 'VIRTUAL_VIEW') return foreign('it is a view');
  if (table.TableType !== 'EXTERNAL_TABLE')
    return foreign(`it is a table of type ${table.TableType ?? 'unknown'}`);
  const kind = table.Parameters?.['table_type'] ?? table.Parameters?.['spark.sql.sources.provider'];
  if (kind !== undefined) return foreign(`it is a table of type ${kind}`);
  const location = table.StorageDescriptor?.Location ?? '';
  if (!samePlace(location, wanted.StorageDescriptor!.Location!))
    return foreign(`its files are at ${location}`);
  const library = table.StorageDescriptor?.SerdeInfo?.SerializationLibrary;
  const format = (Object.keys(SERDES) as Format[]).find((name) => SERDES[name].library === library);
  if (format === undefined) return foreign(`its files are read by ${library ?? 'no SerDe'}`);
  const keys = namesOf(table.PartitionKeys);
  const wantedKeys = namesOf(wanted.PartitionKeys);
  if (keys.join('\n') !== wantedKeys.join('\n')) {
    const shape = `has the partition columns ${listed(keys)} and not ${listed(wantedKeys)}`;
    const marked = table.Parameters?.[TABLE_MARK] === wanted.Parameters![TABLE_MARK];
    return marked ? { is: 'other-shape', shape } : foreign(`it ${shape}`);
  }
  const wantedLibrary = wanted.StorageDescriptor!.SerdeInfo!.SerializationLibrary;
  return library === wantedLibrary ? { is: 'ours' } : { is: 'other-shape', shape: `is a ${format} table` };
}

/**
 * What to send so that a table of ours is as wanted; undefined where it is. What others have written about it
 * (comments, descriptions, parameters that we do not know) stays.
 */
export function updatedTable(table: Table, wanted: TableInput): TableInput | undefined {
  const { StorageDescriptor: descriptor = {} } = table;
  const wantedDescriptor = wanted.StorageDescriptor!;
  const same =
    sameColumns(descriptor.Columns, wantedDescriptor.Columns) &&
    sameColumns(table.PartitionKeys, wanted.PartitionKeys) &&
    descriptor.InputFormat === wantedDescriptor.InputFormat &&
    descriptor.OutputFormat === wantedDescriptor.OutputFormat &&
    includes(descriptor.SerdeInfo?.Parameters, wantedDescriptor.SerdeInfo!.Parameters!) &&
    includes(table.Parameters, wanted.Parameters!);
  if (same) return undefined;
  return {
    ...keptInput(table),
    PartitionKeys: withComments(wanted.PartitionKeys!, table.PartitionKeys),
    Parameters: { ...table.Parameters, ...wanted.Parameters },
    StorageDescriptor: {
      ...descriptor,
      Columns: withComments(wantedDescriptor.Columns!, descriptor.Columns),
      InputFormat: wantedDescriptor.InputFormat,
      OutputFormat: wantedDescriptor.OutputFormat,
      SerdeInfo: {
        ...descriptor.SerdeInfo,
        SerializationLibrary: wantedDescriptor.SerdeInfo!.SerializationLibrary,
        Parameters: { ...descriptor.SerdeInfo?.Parameters, ...wantedDescriptor.SerdeInfo!.Parameters },
      },
    },
  };
}

/** The table as it is, with one parameter changed. */
export function withParameter(table: Table, name: string, value: string): TableInput {
  return { ...keptInput(table), Parameters: { ...table.Parameters, [name]: value } };
}

/** The storage descriptor of a partition at a place. */
export function partitionDescriptor(wanted: TableInput, location: string): StorageDescriptor {
  return { ...wanted.StorageDescriptor, Location: location };
}

/** Addresses of one folder, with or without the slash at their end: Athena's DDL drops it. */
export function samePlace(a: string, b: string): boolean {
  return withSlash(a) === withSlash(b);
}

export function withSlash(location: string): string {
  return location.endsWith('/') ? location : `${location}/`;
}

/** What an update takes of a table: an answer has more, which an update refuses. */
function keptInput(table: Table): TableInput {
  const { Name, Description, Owner, LastAccessTime, LastAnalyzedTime, Retention } = table;
  const { StorageDescriptor, PartitionKeys, TableType, Parameters } = table;
  const kept = { Description, Owner, LastAccessTime, LastAnalyzedTime, Retention };
  const present = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { Name, StorageDescriptor, PartitionKeys, TableType, Parameters, ...Object.fromEntries(present) };
}

function refuseEqualNames(state: TableState): void {
  const seen = new Map<string, string>();
  for (const { name } of [...state.fields, ...state.partitionFields]) {
    const other = seen.get(catalogName(name));
    if (other !== undefined) {
      throw new PanoramaError(
        'unsupported',
        `The table ${state.table} has the columns ${other} and ${name}, which Athena cannot tell apart.`,
        { hint: "Leave one of them out of the table's fields in the settings." },
      );
    }
    seen.set(catalogName(name), name);
  }
}

function sameColumns(a: readonly Column[] | undefined, b: readonly Column[] | undefined): boolean {
  const text = (columns: readonly Column[] = []): string =>
    JSON.stringify(columns.map(({ Name, Type }) => [catalogName(Name!), Type?.toLowerCase()]));
  return text(a) === text(b);
}

function includes(all: Record<string, string> | undefined, some: Record<string, string>): boolean {
  return Object.entries(some).every(([name, value]) => all?.[name] === value);
}

function withComments(columns: readonly Column[], old: readonly Column[] | undefined): Column[] {
  const byName = new Map((old ?? []).map((column) => [catalogName(column.Name!), column]));
  return columns.map((column) => ({ ...byName.get(column.Name!), ...column }));
}

function namesOf(columns: readonly Column[] | undefined): string[] {
  return (columns ?? []).map(({ Name }) => catalogName(Name!));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? '(none)' : names.join(', ');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
