import { join } from 'node:path';

import { PanoramaError } from '../errors.ts';
import { csvFormat } from '../formats/csv.ts';
import type { Format } from '../formats/format.ts';
import { parquetFormat } from '../formats/parquet.ts';
import { hiveLayout } from '../lake/hive-layout.ts';
import type { CurrentTable, Layout } from '../lake/layout.ts';
import { type Lock, takeLock } from '../lake/lock.ts';
import type { DatalakeSettings } from '../settings/settings.ts';
import { localStorage } from '../storage/local.ts';
import type { Storage } from '../storage/storage.ts';
import { packageVersion } from '../version.ts';

/** The parts of a lake that its settings choose. */
export interface Lake {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly format: Format;
  /** A folder for temporary files of this machine. */
  readonly spillFolder: string;
}

/** @throws PanoramaError `unsupported` for a lake that this version cannot write */
export function openLake(settings: DatalakeSettings): Lake {
  if (settings.type !== 'local') {
    throw new PanoramaError(
      'unsupported',
      'This version writes lakes in a local directory only, not in S3.',
      {
        hint: 'Set datalake.type: local and datalake.path: a folder, in place of panorama_raw_data_bucket.',
      },
    );
  }
  if (settings.layout !== 'hive') {
    throw new PanoramaError('unsupported', 'This version writes the layout hive only.', {
      hint: 'Set datalake.layout: hive.',
    });
  }
  const storage = localStorage(settings.path);
  return {
    storage,
    layout: hiveLayout(storage),
    format: settings.format === 'csv' ? csvFormat() : parquetFormat({ version: packageVersion() }),
    spillFolder: join(settings.path, '_panorama', 'staging'),
  };
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
