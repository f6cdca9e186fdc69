import { join } from 'node:path';

import type { Check } from '../check.ts';
import { PanoramaError } from '../errors.ts';
import type { Engine } from '../engines/engine.ts';
import { csvFormat } from '../formats/csv.ts';
import type { Format } from '../formats/format.ts';
import { parquetFormat } from '../formats/parquet.ts';
import { withFailpoints } from '../failpoints.ts';
import { hiveLayout } from '../lake/hive-layout.ts';
import type { CurrentTable, Layout } from '../lake/layout.ts';
import { type Lock, takeLock } from '../lake/lock.ts';
import type { TableState } from '../lake/table-state.ts';
import type { DatalakeSettings } from '../settings/settings.ts';
import { localStorage } from '../storage/local.ts';
import type { Storage } from '../storage/storage.ts';
import { packageVersion } from '../version.ts';

/** The parts of a lake that its settings choose. */
export interface Lake {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly format: Format;
  /** A folder for temporary files of this machine; made when it is needed. */
  readonly spillFolder: string;
  /** The catalog that has to be told of tables; absent where there is none outside the lake. */
  readonly catalog?: Engine;
  /** What a run needs and can be tried; where absent, what any storage can be tried for. */
  readonly checks?: () => readonly Check[];
  /** What the user should know of how the lake is reached; plain text. */
  readonly notices: readonly string[];
  /** Ends connections and removes temporary files. */
  close(): Promise<void>;
}

/** What the kinds of lakes differ in. */
export type LakePlace = Omit<Lake, 'layout' | 'format'>;

/**
 * The lake that settings describe. Does no I/O in the lake.
 * @throws PanoramaError `settings-invalid` for a module that is none
 */
export async function openLake(settings: DatalakeSettings, signal?: AbortSignal): Promise<Lake> {
  const place = withFailpoints(await openPlace(settings, signal));
  return {
    ...place,
    layout: hiveLayout(place.storage),
    format: settings.format === 'csv' ? csvFormat() : parquetFormat({ version: packageVersion() }),
  };
}

async function openPlace(settings: DatalakeSettings, signal?: AbortSignal): Promise<LakePlace> {
  switch (settings.type) {
    case 'local':
      return {
        storage: localStorage(settings.path),
        spillFolder: join(settings.path, '_panorama', 'staging'),
        notices: [],
        close: async () => {},
      };
    case 'aws':
      return (await import('./aws-lake.ts')).openAwsLake(settings, signal);
    case 'module':
      return (await import('./own-module.ts')).openOwnLake(settings, signal);
  }
}

/**
 * Runs a step that changes the lake: alone, and after what a crashed run left was put right.
 * @throws PanoramaError `locked`
 */
export async function changingLake<T>(
  lake: Lake,
  recovered: (table: string) => void,
  step: () => Promise<T>,
): Promise<T> {
  const lock: Lock = await takeLock(lake.storage);
  try {
    const report = await lake.layout.settle();
    for (const key of report.finished) recovered(key.table);
    return await step();
  } finally {
    await lock.release();
  }
}

/** Every table that the lake knows, as it is now. */
export async function lakeTables(layout: Layout): Promise<CurrentTable[]> {
  const tables: CurrentTable[] = [];
  for (const key of await layout.tables()) tables.push(await layout.load(key));
  return tables.sort((a, b) => (a.key.table < b.key.table ? -1 : 1));
}

/**
 * Brings the catalog in step with a table of the lake: the table, its partitions and, unless told otherwise, its
 * view. Nothing happens where there is no catalog. Answers true where the view was made or changed.
 * @throws PanoramaError `catalog-failed`, `catalog-denied`, `catalog-foreign`
 */
export async function registerTable(
  lake: Lake,
  state: TableState,
  baseValues: readonly string[],
  { views = true } = {},
): Promise<boolean> {
  if (lake.catalog === undefined) return false;
  await lake.catalog.ensureTable(state);
  await lake.catalog.syncPartitions?.(state, baseValues);
  return views && (await lake.catalog.replaceViews(state));
}

/** The catalog of a lake, for a command that makes no sense without one. @throws PanoramaError `settings-invalid` */
export function catalogOf(lake: Lake): Engine {
  if (lake.catalog !== undefined) return lake.catalog;
  throw new PanoramaError('settings-invalid', `The lake ${lake.storage.root} has no catalog.`, {
    hint: 'Set datalake_database and datalake_workgroup.',
  });
}
