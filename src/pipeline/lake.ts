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
import { takeLock } from '../lake/lock.ts';
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
  /** Proves that this process still holds the lake; absent where it is not held. @throws PanoramaError `lock-lost` */
  readonly stillHeld?: () => Promise<void>;
  /** What the user should know of how the lake is reached; plain text. */
  readonly notices: readonly string[];
  /** Ends connections and removes temporary files. */
  close(): Promise<void>;
}

/** What the kinds of lakes differ in. */
export type LakePlace = Omit<Lake, 'layout' | 'format' | 'stillHeld'>;

/**
 * The lake that settings describe. Does no I/O in the lake.
 * @throws PanoramaError `settings-invalid` for a module that is none
 */
export async function openLake(settings: DatalakeSettings, signal?: AbortSignal): Promise<Lake> {
  const place = withFailpoints(await openPlace(settings, signal));
  return {
    ...place,
    layout: hiveLayout(place.storage),
    format: fileFormat(settings.format),
  };
}

/** The kind of files of that name. */
export function fileFormat(name: Format['name']): Format {
  return name === 'csv' ? csvFormat() : parquetFormat({ version: packageVersion() });
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

/** How a step that changes a lake comes to its turn, and who is told what. */
export interface Turn {
  /** Milliseconds to wait for a lake that another run holds; 0. */
  readonly wait?: number;
  readonly signal?: AbortSignal | undefined;
  /** A table whose publication, which a crash had interrupted, was finished. */
  readonly recovered?: (table: string) => void;
  /** Something that the user should know; plain text. */
  readonly notice?: (text: string) => void;
}

/** Said of a store on which two runs at once could not be told apart. */
const UNSAFE =
  'the store does not honour conditional writes (panorama test-connections tells which): two runs at once would not notice each other and could undo what the other published; see to it that only one runs at a time';

/**
 * Runs a step that changes the lake: alone, and after what a crashed run left was put right.
 * @param step is given the lake as it can be changed, and a signal that is aborted when the lake is lost
 * @throws PanoramaError `locked`, and `lock-lost` whatever the step failed with when another run has taken the lake
 */
export async function changingLake<T>(
  lake: Lake,
  { wait, signal, recovered, notice }: Turn,
  step: (held: Lake, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lock = await takeLock(lake.storage, {
    ...(wait === undefined ? {} : { wait }),
    ...(signal === undefined ? {} : { signal }),
    ...(notice === undefined ? {} : { onWait: notice }),
  });
  const layout = hiveLayout(lake.storage, lock);
  try {
    if (!(await lock.isSafe())) notice?.(UNSAFE);
    const report = await layout.settle();
    for (const key of report.finished) recovered?.(key.table);
    const held = { ...lake, layout, stillHeld: () => lock.renew() };
    return await step(held, AbortSignal.any(signal === undefined ? [lock.lost] : [lock.lost, signal]));
  } catch (error) {
    // Much can fail for one that was taken for dead: what it had staged is gone.
    if (signal?.aborted !== true) await lock.renew().catch(throwLost);
    throw error;
  } finally {
    await lock.release();
  }
}

function throwLost(error: unknown): void {
  if (error instanceof PanoramaError && error.code === 'lock-lost') throw error;
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
 * @throws PanoramaError `catalog-failed`, `catalog-denied`, `catalog-foreign`, `lock-lost`
 */
export async function registerTable(
  lake: Lake,
  state: TableState,
  baseValues: readonly string[],
  { views = true } = {},
): Promise<boolean> {
  if (lake.catalog === undefined) return false;
  await lake.stillHeld?.();
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
