import { csvFormat } from '../formats/csv.ts';
import { parquetFormat } from '../formats/parquet.ts';
import { hiveLayout } from '../lake/hive-layout.ts';
import type { LakeField, LakeFile, PartitionField, TableState } from '../lake/table-state.ts';
import { batchOf, type Cell } from '../rows/batch.ts';
import type { FieldType } from '../rows/field.ts';
import type { Storage } from '../storage/storage.ts';

/** A table to be written: its columns as they are now and its files, each with the columns it was written with. */
export interface TestTable {
  readonly table: string;
  /** Default: parquet. */
  readonly format?: TableState['format'];
  readonly fields: readonly LakeField[];
  readonly partitionFields?: readonly PartitionField[];
  readonly files: readonly TestFile[];
  /** Default: true. */
  readonly registered?: boolean;
}

interface TestFile {
  /** One value per partition field. */
  readonly partition?: readonly (string | null)[];
  /** Where it differs from the table's: the columns when the file was written. */
  readonly fields?: readonly LakeField[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Writes the files of a table into a storage as loads write them. Answers the state of the table, which it does not store. */
export async function writeTable(storage: Storage, table: TestTable): Promise<TableState> {
  const { format = 'parquet', fields, partitionFields = [], registered = true } = table;
  const state = { ...emptyState(table.table, fields, partitionFields), format, registered };
  const files: LakeFile[] = [];
  for (const file of table.files) files.push(await writeFile(storage, state, file));
  return { ...state, files };
}

async function writeFile(storage: Storage, state: TableState, file: TestFile): Promise<LakeFile> {
  const { partition = [], fields = state.fields } = file;
  const path = hiveLayout(storage).place(state, partition);
  const staged = await storage.stage(path);
  const format = state.format === 'csv' ? csvFormat() : parquetFormat();
  const writer = format.open(state.table, fields, staged);
  await writer.write(batchOf(fields.length, file.rows));
  const { rows, bytes, sha256 } = await writer.finish();
  await storage.commit(await staged.finish());
  return { path, partition, rows, bytes, sha256, loadedAt: '2026-01-01T00:00:00Z' };
}

/** A table of Parquet files without any, registered under `openedx`. */
export function emptyState(
  table: string,
  fields: readonly LakeField[],
  partitionFields: readonly PartitionField[] = [],
): TableState {
  return {
    version: 1,
    table,
    basePrefix: 'openedx',
    rawName: `openedx_raw_${table}`,
    viewName: `openedx_table_${table}`,
    registered: true,
    format: 'parquet',
    fields,
    partitionFields,
    primaryKey: [],
    nextFieldId: fields.length + partitionFields.length + 1,
    files: [],
    rejected: {},
  };
}

/** A column inside the files. */
export function field(id: number, name: string, type: FieldType | FieldType['kind'] = 'text'): LakeField {
  return { id, name, type: typeOf(type), nullable: true, private: false, declared: '' };
}

/** A column that is in the path of a file. */
export function partitionField(
  id: number,
  name: string,
  type: FieldType | FieldType['kind'] = 'text',
): PartitionField {
  return { id, name, type: typeOf(type), from: 'field' };
}

function typeOf(type: FieldType | FieldType['kind']): FieldType {
  return typeof type === 'string' ? ({ kind: type } as FieldType) : type;
}
