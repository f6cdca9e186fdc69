import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { csvFormat } from '../../src/formats/csv.ts';
import { parquetFormat } from '../../src/formats/parquet.ts';
import { hiveLayout } from '../../src/lake/hive-layout.ts';
import type { LakeField, LakeFile, PartitionField, TableState } from '../../src/lake/table-state.ts';
import { batchOf } from '../../src/rows/batch.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { localStorage } from '../../src/storage/local.ts';

export type Cell = string | Uint8Array | null;

/** A table to be written: its columns as they are now and its files, each with the columns it was written with. */
export interface TestTable {
  readonly table: string;
  readonly format?: TableState['format'];
  readonly fields: readonly LakeField[];
  readonly partitionFields?: readonly PartitionField[];
  readonly files: readonly TestFile[];
  readonly registered?: boolean;
}

interface TestFile {
  readonly partition?: readonly (string | null)[];
  /** Where it differs from the table's: the columns when the file was written. */
  readonly fields?: readonly LakeField[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface TestLake {
  readonly root: string;
  /** What the lake holds. Writing a table again replaces it. */
  readonly states: Map<string, TableState>;
  locate(name: string): string;
  write(table: TestTable): Promise<TableState>;
  close(): Promise<void>;
}

/** A lake in a temporary folder, written as loads write it. @param folder a name for the root */
export async function testLake(folder = 'lake'): Promise<TestLake> {
  const parent = await mkdtemp(join(tmpdir(), 'panorama-engine-'));
  const storage = localStorage(join(parent, folder));
  const layout = hiveLayout(storage);
  const states = new Map<string, TableState>();

  async function writeFile(state: TableState, file: TestFile): Promise<LakeFile> {
    const partition = file.partition ?? [];
    const fields = file.fields ?? state.fields;
    const path = layout.place(state, partition);
    const staged = await storage.stage(path);
    const format = state.format === 'csv' ? csvFormat() : parquetFormat();
    const writer = format.open(state.table, fields, staged);
    await writer.write(batchOf(fields.length, file.rows));
    const { rows, bytes, sha256 } = await writer.finish();
    await storage.commit(await staged.finish());
    return { path, partition, rows, bytes, sha256, loadedAt: '2026-01-01T00:00:00Z' };
  }

  return {
    root: storage.root,
    states,
    locate: (name) => storage.locate(name),
    async write({ table, format = 'parquet', fields, partitionFields = [], files, registered = true }) {
      const empty = { ...emptyState(table, fields, partitionFields), format, registered };
      const written: LakeFile[] = [];
      for (const file of files) written.push(await writeFile(empty, file));
      const state = { ...empty, files: written };
      states.set(table, state);
      return state;
    },
    close: () => rm(parent, { recursive: true, force: true }),
  };
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

export function field(id: number, name: string, type: FieldType | FieldType['kind'] = 'text'): LakeField {
  return { id, name, type: typeOf(type), nullable: true, private: false, declared: '' };
}

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
