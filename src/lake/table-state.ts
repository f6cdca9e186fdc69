import { PanoramaError } from '../errors.ts';
import type { FileField } from '../formats/format.ts';
import type { FieldType } from '../rows/field.ts';

/** The version of the state files that this program writes and the newest that it reads. */
export const STATE_VERSION = 1;

/** How partition values stand in paths: as Hive and Trino escape them, or as panorama-elt in Python did. */
export type PathLayout = 'hive' | 'original';

/** A column of a table in the lake. Its `id` is permanent: never given to another column of the table. */
export interface LakeField extends FileField {
  /** The type as the source spelled it at the last load. */
  readonly declared: string;
}

/** A column that is in the path of a file, not in the file. */
export interface PartitionField {
  readonly id: number;
  readonly name: string;
  readonly type: FieldType;
  /** `base`: the same for all rows of an installation; `field`: a column of the source. */
  readonly from: 'base' | 'field';
}

/** A file that is live: part of the table as readers should see it. */
export interface LakeFile {
  /** Relative to the root of the lake. */
  readonly path: string;
  /** True values, one per partition field of the table; null is NULL. */
  readonly partition: readonly (string | null)[];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** When the rows were read, ISO 8601 in UTC. */
  readonly loadedAt: string;
}

/**
 * What the lake knows of one table; stored as JSON under `_panorama/tables/` and the only source of the list
 * of live files.
 */
export interface TableState {
  readonly version: typeof STATE_VERSION;
  readonly table: string;
  /** Empty where the lake has none. */
  readonly basePrefix: string;
  /** Names in the catalog: the raw and the typed view. */
  readonly rawName: string;
  readonly viewName: string;
  /** False after `drop-datalake-tables`: not in the catalog, files and numbers kept. */
  readonly registered: boolean;
  readonly format: 'parquet' | 'csv';
  /** How partition values stand in paths; absent: `hive`. */
  readonly layout?: PathLayout;
  /** The columns inside the files, in order. */
  readonly fields: readonly LakeField[];
  /** Base partitions first, then field partitions. */
  readonly partitionFields: readonly PartitionField[];
  readonly primaryKey: readonly string[];
  /** The number that the next new column gets. */
  readonly nextFieldId: number;
  readonly files: readonly LakeFile[];
  /** Values of the last load that MySQL can hold and the lake's type cannot, stored as NULL, by column. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Time of the last load, ISO 8601 in UTC; undefined for a table that was created and never loaded. */
  readonly loadedAt?: string;
}

export function encodeState(state: TableState): Buffer {
  return Buffer.from(`${JSON.stringify(state, null, 1)}\n`);
}

/** @throws PanoramaError `lake-newer`, `lake-unreadable` */
export function decodeState(name: string, bytes: Uint8Array): TableState {
  let state: { version?: unknown };
  try {
    state = JSON.parse(Buffer.from(bytes).toString()) as { version?: unknown };
  } catch (cause) {
    throw new PanoramaError('lake-unreadable', `The state file ${name} is not valid JSON.`, { cause });
  }
  if (typeof state?.version !== 'number') throw notAState(name);
  if (state.version > STATE_VERSION) {
    throw new PanoramaError(
      'lake-newer',
      `The state file ${name} has version ${state.version}; this program knows versions up to ${STATE_VERSION}.`,
    );
  }
  const { fields, partitionFields, files } = state as Partial<TableState>;
  if (![fields, partitionFields, files].every(Array.isArray)) throw notAState(name);
  return state as TableState;
}

function notAState(name: string): PanoramaError {
  return new PanoramaError('lake-unreadable', `The file ${name} is not the state of a table.`, {
    hint: 'It was damaged or written by something else. Restore it from a backup, or remove it and load the table again.',
  });
}

/** The sum of the rows of all files. */
export function stateRows(state: TableState): number {
  return state.files.reduce((sum, file) => sum + file.rows, 0);
}

/** The sum of the bytes of all files. */
export function stateBytes(state: TableState): number {
  return state.files.reduce((sum, file) => sum + file.bytes, 0);
}
