import { randomUUID } from 'node:crypto';

import { asPanoramaError, type PanoramaError } from '../errors.ts';
import type { Settings } from '../settings/settings.ts';
import { openLake } from './lake.ts';
import { jobsOf, makeSource } from './sources.ts';

/** One thing that was tried, with what was found or what is wrong. */
export interface CheckResult {
  /** The lake's kind or the source's name. */
  readonly name: string;
  readonly type: string;
  readonly details: readonly string[];
  readonly error?: PanoramaError;
}

/** Connects to the lake and to every source for real: an object is written and removed, tables are listed. */
export async function testConnections(settings: Settings): Promise<CheckResult[]> {
  const results = [await attempt('datalake', settings.datalake.type, () => checkLake(settings))];
  for (const datasource of settings.datasources) {
    results.push(
      await attempt(datasource.name, datasource.type, async () => {
        const source = await makeSource(datasource);
        const session = await source.open({ parallel: jobsOf(datasource) });
        try {
          return await session.check();
        } finally {
          await session.close();
        }
      }),
    );
  }
  return results;
}

async function attempt(
  name: string,
  type: string,
  step: () => Promise<readonly string[]>,
): Promise<CheckResult> {
  try {
    return { name, type, details: await step() };
  } catch (error) {
    return { name, type, details: [], error: asPanoramaError(error) };
  }
}

async function checkLake(settings: Settings): Promise<string[]> {
  const { storage } = await openLake(settings.datalake);
  const name = `_panorama/PanoramaConnectionTest-${randomUUID()}`;
  const writer = await storage.stage(name);
  await writer.write(Buffer.from('test'));
  await storage.commit(await writer.finish());
  await storage.remove(name);
  return [`${storage.root} can be written`];
}
