import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { PanoramaError } from '../../src/errors.ts';
import { takeLock } from '../../src/lake/lock.ts';
import { changingLake, type Lake, openLake } from '../../src/pipeline/lake.ts';
import type { DatalakeSettings } from '../../src/settings/settings.ts';
import { STILL } from '../lake/locked-layout.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();
let made = 0;

async function fresh(): Promise<Lake> {
  const path = join(folder, String(made++));
  const settings: DatalakeSettings = {
    type: 'local',
    path,
    basePartitions: [],
    format: 'csv',
    layout: 'hive',
  };
  return openLake(settings);
}

describe('changing a lake', () => {
  it('says where the store cannot keep two runs apart, and goes on', async () => {
    const lake = await fresh();
    const { storage } = lake;
    const unsafe: Lake = {
      ...lake,
      storage: {
        ...storage,
        putIf: async (name, bytes) => storage.putIf(name, bytes, (await storage.read(name))?.token),
      },
    };
    const told: string[] = [];
    const notice = (text: string): void => void told.push(text);
    expect(await changingLake(unsafe, { notice }, async () => 'done')).toBe('done');
    expect(told).toEqual([expect.stringMatching(/does not honour conditional writes/)]);
    expect(await changingLake(lake, { notice }, async () => 'done')).toBe('done');
    expect(told).toHaveLength(1);
  });

  it('fails with lock-lost, whatever it was that failed, when another run took the lake', async () => {
    const lake = await fresh();
    const failing = changingLake(lake, {}, async () => {
      const other = await takeLock(lake.storage, { lifeOf: () => 'gone', clock: STILL });
      await other.release();
      throw new PanoramaError('lake-unwritable', 'What was staged is gone.');
    });
    await expect(failing).rejects.toMatchObject({ code: 'lock-lost', exit: 4 });
  });

  it('fails with what failed where the lake is still held, and gives it back', async () => {
    const lake = await fresh();
    const failing = changingLake(lake, {}, () => Promise.reject(new Error('this')));
    await expect(failing).rejects.toThrow('this');
    expect(await changingLake(lake, {}, async () => 'done')).toBe('done');
  });

  it('lets nobody change a lake who does not hold it', async () => {
    const { layout } = await fresh();
    const key = { basePrefix: '', table: 't' };
    await expect(layout.settle()).rejects.toMatchObject({ code: 'internal' });
    expect(await layout.load(key)).toEqual({ key });
  });
});
