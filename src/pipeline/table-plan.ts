import { PanoramaError } from '../errors.ts';
import { baseValuesOf } from './installation.ts';
import type { EvolvedColumns, WantedField, WantedPartition } from '../lake/evolve.ts';
import { type PathLayout, STATE_VERSION, type TableState } from '../lake/table-state.ts';
import { includesColumn, knownTable } from '../openedx/tables.ts';
import type { Field, FieldType, TableSchema } from '../rows/field.ts';
import type { DatalakeSettings, FieldSettings, TableSettings } from '../settings/settings.ts';
import { mysqlFieldType, parseDeclaredType } from '../sources/mysql-types.ts';
import { guardRejectedTable } from './rejected-table.ts';

/** A column of the batches that go to the lake: a column of the source by position, or a constant. */
export type PlanColumn = { readonly name: string } & (
  { readonly read: number } | { readonly constant: string | null }
);

/** How one table of a source becomes one table of the lake. A value that can be printed and tested. */
export interface TablePlan {
  readonly table: string;
  readonly basePrefix: string;
  readonly rawName: string;
  readonly viewName: string;
  readonly format: 'parquet' | 'csv';
  readonly layout: PathLayout;
  readonly primaryKey: readonly string[];
  /** What to ask of the source, in this order. */
  readonly read: readonly Field[];
  /** The columns of the lake's batches: file columns in order, then partition columns. */
  readonly columns: readonly PlanColumn[];
  /** The columns inside the files. */
  readonly fields: readonly WantedField[];
  readonly partitionFields: readonly WantedPartition[];
  readonly baseValues: readonly string[];
  /** Columns that are never read and are NULL in the lake. */
  readonly withheld: readonly string[];
}

/**
 * Plans a table from its schema in the source and its settings, if it has any.
 * @throws PanoramaError `unknown-column`, `settings-invalid`
 */
export function planTable(
  schema: TableSchema,
  settings: TableSettings | undefined,
  lake: DatalakeSettings,
): TablePlan {
  guardRejectedTable(schema);
  const known = knownTable(schema.table);
  const wanted = wantedColumns(schema, settings);
  const partitionNames =
    settings?.partitions?.partitionFields ??
    (settings?.fields === undefined ? (known.partitionFields ?? []) : []);
  const partitions = partitionNames.map(
    (name) => findColumn(wanted, name) ?? sourceColumn(schema, name, 'partition_fields'),
  );
  const inFile = wanted.filter((column) => !partitions.includes(column));
  if (inFile.length === 0) {
    throw new PanoramaError(
      'settings-invalid',
      `Table ${schema.table}: no column is left for the files besides the partition columns.`,
    );
  }
  checkNames(schema.table, inFile, partitions, lake);

  const read: Field[] = [];
  const withheld: string[] = [];
  const columns = [...inFile, ...partitions].map((column): PlanColumn => {
    if (column.source === undefined) return { name: column.name, constant: column.constant };
    if (includesColumn(known.withheld, column.source.name)) {
      withheld.push(column.name);
      return { name: column.name, constant: null };
    }
    read.push(column.source);
    return { name: column.name, read: read.length - 1 };
  });

  if (read.length === 0) {
    throw new PanoramaError('settings-invalid', `Table ${schema.table}: no column is left that may be read.`);
  }
  const basePrefix = lake.basePrefix ?? '';
  const prefix = basePrefix === '' ? '' : `${basePrefix.replaceAll('/', '_')}_`;
  return {
    table: schema.table,
    basePrefix,
    rawName: settings?.datalakeTableName ?? `${prefix}raw_${schema.table}`,
    viewName: settings?.datalakeTableView ?? `${prefix}table_${schema.table}`,
    format: lake.format,
    layout: lake.layout,
    primaryKey: schema.primaryKey,
    read,
    columns,
    fields: inFile.map((column) => ({
      name: column.name,
      type: column.type,
      nullable: column.nullable,
      declared: column.declared,
      private: includesColumn(known.private, column.name),
    })),
    partitionFields: [
      ...lake.basePartitions.map(({ name, type }): WantedPartition => ({
        name,
        type: mysqlFieldType(type),
        from: 'base',
      })),
      ...partitions.map(({ name, type }): WantedPartition => ({ name, type, from: 'field' })),
    ],
    baseValues: baseValuesOf(lake),
    withheld,
  };
}

/** The state of a planned table with its numbered columns, before it has files. */
export function plannedState(
  plan: TablePlan,
  columns: EvolvedColumns,
): Omit<TableState, 'files' | 'rejected' | 'loadedAt'> {
  const { table, basePrefix, rawName, viewName, format, layout, primaryKey } = plan;
  return {
    version: STATE_VERSION,
    table,
    basePrefix,
    rawName,
    viewName,
    registered: true,
    format,
    ...(layout === 'hive' ? {} : { layout }),
    primaryKey,
    ...columns,
  };
}

interface Wanted {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
  readonly declared: string;
  /** Absent for a constant. */
  readonly source?: Field;
  readonly constant: string | null;
}

/** The settings' fields in their order, or all columns of the source; without the excluded ones. */
function wantedColumns(schema: TableSchema, settings: TableSettings | undefined): Wanted[] {
  const excluded = (settings?.exclude ?? []).map((name) => name.toLowerCase());
  for (const name of excluded) sourceColumn(schema, name, 'exclude');
  const columns =
    settings?.fields === undefined
      ? schema.fields.map(plainColumn)
      : settings.fields.map((field) => settingsColumn(schema, field));
  return columns.filter((column) => !excluded.includes(column.name.toLowerCase()));
}

function settingsColumn(schema: TableSchema, field: FieldSettings): Wanted {
  if (field.value !== undefined) {
    const declared = field.type ?? 'varchar';
    return {
      name: field.name,
      type: mysqlFieldType(declared),
      nullable: true,
      declared,
      constant: field.value,
    };
  }
  const column = sourceColumn(schema, field.name, 'fields');
  return { ...column, name: field.name, type: chooseType(column, field.type) };
}

function plainColumn(field: Field): Wanted {
  return { ...field, source: field, constant: null };
}

function sourceColumn(schema: TableSchema, name: string, where: string): Wanted {
  const field = schema.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (field !== undefined) return plainColumn(field);
  throw new PanoramaError(
    'unknown-column',
    `Table ${schema.table} has no column ${name}, which its ${where} in the settings name; it has: ${schema.fields.map((f) => f.name).join(', ')}.`,
  );
}

function findColumn(columns: readonly Wanted[], name: string): Wanted | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

/**
 * The source's type, unless the settings name one of another family or a wider one. A bare type name of the
 * same family (the original's settings say `int` for BIGINT and `decimal` for DECIMAL(5,2)) never narrows.
 */
function chooseType(column: Wanted, spelled: string | undefined): FieldType {
  if (spelled === undefined) return column.type;
  const asked = parseDeclaredType(spelled);
  if (asked.base === parseDeclaredType(column.declared).base && asked.args.length === 0 && !asked.unsigned)
    return column.type;
  const type = mysqlFieldType(spelled);
  const ranks: FieldType['kind'][][] = [
    ['boolean', 'int32', 'int64', 'decimal'],
    ['float32', 'float64'],
  ];
  for (const rank of ranks) {
    const [from, to] = [rank.indexOf(column.type.kind), rank.indexOf(type.kind)];
    if (from >= 0 && to >= 0 && from >= to && !(type.kind === 'decimal' && asked.args.length > 0))
      return column.type;
  }
  return type;
}

/** Every column has one name, in the files and in the paths; binary values make no folder names. */
function checkNames(
  table: string,
  inFile: readonly Wanted[],
  partitions: readonly Wanted[],
  lake: DatalakeSettings,
): void {
  const names = [...inFile, ...partitions, ...lake.basePartitions].map((column) => column.name.toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new PanoramaError(
      'settings-invalid',
      `Table ${table}: two columns or partitions are named ${twice}.`,
    );
  }
  const binary = partitions.find((partition) => partition.type.kind === 'binary');
  if (binary !== undefined) {
    throw new PanoramaError(
      'settings-invalid',
      `Table ${table}: the column ${binary.name} is binary and cannot be a partition.`,
    );
  }
}
