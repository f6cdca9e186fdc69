import { stat } from 'node:fs/promises';

import { PanoramaError } from '../errors.ts';
import { duckdbEngine } from '../engines/duckdb/duckdb-engine.ts';
import type { Engine } from '../engines/engine.ts';
import { readRun, readRuns, type RunRecord } from '../lake/run-ledger.ts';
import type { TableState } from '../lake/table-state.ts';
import { loadModels } from '../models/load.ts';
import { renderModels } from '../models/render.ts';
import type { DatalakeSettings } from '../settings/settings.ts';
import { catalogOf, type Lake, lakeTables, openLake } from './lake.ts';

/** A lake as readers see it: takes no lock, writes nothing. */
export interface LakeReader {
  /** What runs SQL over the lake. @throws PanoramaError `settings-invalid` where the settings name nothing that could */
  readonly engine: Engine;
  /** The tables of the lake as they are now, also those taken out of the catalog. */
  tables(): Promise<TableState[]>;
  /** Names of the views of models that these tables allow. */
  models(tables: readonly TableState[]): Promise<string[]>;
  /** The records of runs, the newest first. */
  runs(most: number): Promise<RunRecord[]>;
  /** The record of one run; undefined where there is none. */
  run(number: number): Promise<RunRecord | undefined>;
  /** Names of the tables whose publication was interrupted. */
  unfinished(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Opens a lake for reading.
 * @param lake a local folder, or the lake of the settings
 * @throws PanoramaError `lake-unreadable` where there is no such folder
 */
export async function readLake(lake: string | DatalakeSettings): Promise<LakeReader> {
  const settings = typeof lake === 'string' ? localLake(lake) : lake;
  if (settings.type === 'local') {
    const found = await stat(settings.path).catch(() => undefined);
    if (found === undefined || !found.isDirectory()) {
      throw new PanoramaError('lake-unreadable', `There is no lake at ${settings.path}.`, {
        hint: 'Load one first (panorama load DIRECTORY), or name it with --lake or --settings.',
      });
    }
  }
  return readerOf(await openLake(settings), settings);
}

/** A reader of an open lake; closing it closes the lake. */
export function readerOf(lake: Lake, settings: DatalakeSettings): LakeReader {
  const { layout, storage, catalog } = lake;
  const tables = async (): Promise<TableState[]> =>
    (await lakeTables(layout)).flatMap((current) => (current.state === undefined ? [] : [current.state]));
  const embedded =
    settings.type === 'aws' || catalog !== undefined
      ? undefined
      : duckdbEngine({
          locate: (name) => storage.locate(name),
          tables,
          views: async (states) => renderModels(await loadModels(), 'duckdb', states),
        });
  return {
    get engine() {
      return embedded ?? catalogOf(lake);
    },
    tables,
    runs: (most) => readRuns(storage, most),
    run: (number) => readRun(storage, number),
    unfinished: async () => (await layout.unfinished()).map(({ table }) => table),
    async models(states) {
      const { dialect } = (embedded ?? lake.catalog)?.capabilities ?? { dialect: 'duckdb' };
      const models = renderModels(await loadModels(), dialect, states);
      return models.flatMap((model) => ('sql' in model ? [model.name] : []));
    },
    async close() {
      await embedded?.close();
      await lake.close();
    },
  };
}

function localLake(path: string): DatalakeSettings {
  return { type: 'local', path, format: 'parquet', layout: 'hive', basePartitions: [] };
}
