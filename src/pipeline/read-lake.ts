import { stat } from 'node:fs/promises';

import { PanoramaError } from '../errors.ts';
import { duckdbEngine } from '../engines/duckdb/duckdb-engine.ts';
import type { Engine } from '../engines/engine.ts';
import { hiveLayout } from '../lake/hive-layout.ts';
import type { TableState } from '../lake/table-state.ts';
import { localStorage } from '../storage/local.ts';
import { lakeTables } from './lake.ts';

/** A lake as readers see it: takes no lock, writes nothing. */
export interface LakeReader {
  readonly engine: Engine;
  /** The tables of the lake as they are now, also those taken out of the catalog. */
  tables(): Promise<TableState[]>;
  close(): Promise<void>;
}

/**
 * Opens the lake in a local folder for reading.
 * @throws PanoramaError `lake-unreadable` where there is no such folder
 */
export async function readLake(path: string): Promise<LakeReader> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) {
    throw new PanoramaError('lake-unreadable', `There is no lake at ${path}.`, {
      hint: 'Load one first (panorama load DIRECTORY), or name it with --lake or --settings.',
    });
  }
  const storage = localStorage(path);
  const layout = hiveLayout(storage);
  const tables = async (): Promise<TableState[]> =>
    (await lakeTables(layout)).flatMap((current) => (current.state === undefined ? [] : [current.state]));
  const engine = duckdbEngine({ locate: (name) => storage.locate(name), tables });
  return { engine, tables, close: () => engine.close() };
}
