import { ask } from '../../src/contracts/engine.ts';
import { readLake } from '../../src/pipeline/read-lake.ts';
import type { DatalakeSettings } from '../../src/settings/settings.ts';

/** All rows of a query over a lake, which is opened for it. @param lake a local folder, or the lake of the settings */
export async function askLake(lake: string | DatalakeSettings, sql: string): Promise<(string | null)[][]> {
  const reader = await readLake(lake);
  try {
    return (await ask(reader.engine, sql)).rows;
  } finally {
    await reader.close();
  }
}
