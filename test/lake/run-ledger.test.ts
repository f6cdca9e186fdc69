import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { beginRun, readRun, readRuns } from '../../src/lake/run-ledger.ts';
import { localStorage } from '../../src/storage/local.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();
const start = { command: 'load', program: '0.1.0', host: 'h', pid: 1, startedAt: '2026-01-01T00:00:00Z' };
const end = { finishedAt: '2026-01-01T00:01:00Z', exit: 0, tables: [], failures: [], events: [] };

const lake = async (): Promise<Storage> => localStorage(await mkdtemp(join(folder, 'lake-')));

describe('the records of runs', () => {
  it('are numbered, and tell how each ended', async () => {
    const storage = await lake();
    const first = await beginRun(storage, start);
    expect(await readRun(storage, 1)).toEqual({
      version: 1,
      number: 1,
      ...start,
      state: 'running',
      tables: [],
      failures: [],
      events: [],
    });
    const table = { source: 's', table: 't', rows: 1, bytes: 2, files: 1, ms: 3, rejected: { born: 4 } };
    const failure = { source: 's', table: 'u', code: 'bad-value', message: 'm' };
    const event = { at: '2026-01-01T00:00:01Z', type: 'notice', text: 'x' };
    await first.finish({ ...end, exit: 3, tables: [table], failures: [failure], events: [event] });
    expect(await readRun(storage, 1)).toMatchObject({
      state: 'ended',
      exit: 3,
      tables: [table],
      failures: [failure],
      events: [event],
    });
    expect((await beginRun(storage, start)).number).toBe(2);
    expect((await readRuns(storage, 9)).map(({ number, state }) => [number, state])).toEqual([
      [2, 'running'],
      [1, 'ended'],
    ]);
    expect((await readRuns(storage, 1)).map(({ number }) => number)).toEqual([2]);
    expect(await readRun(storage, 3)).toBeUndefined();
  });

  it('of a run that died are found by the next one', async () => {
    const storage = await lake();
    await beginRun(storage, start);
    await beginRun(storage, start);
    expect((await readRun(storage, 1))?.state).toBe('abandoned');
  });

  it('go when there are more than 500', async () => {
    const storage = await lake();
    for (let number = 1; number <= 500; number++)
      await storage.putIf(
        `_panorama/runs/${String(number).padStart(8, '0')}.json`,
        Buffer.from(JSON.stringify({ version: 1, number, tables: [], failures: [], events: [] })),
        undefined,
      );
    expect((await beginRun(storage, start)).number).toBe(501);
    expect(await storage.list('_panorama/runs/')).toHaveLength(500);
    expect(await readRun(storage, 1)).toBeUndefined();
    expect((await readRuns(storage, 1))[0]?.number).toBe(501);
  });

  it.each([
    ['{"version":2,"tables":[],"failures":[],"events":[]}', 'lake-newer'],
    ['{"version":1}', 'lake-unreadable'],
    ['{"version":1,', 'lake-unreadable'],
    ['null', 'lake-unreadable'],
  ])('that are none are told: %s', async (text, code) => {
    const storage = await lake();
    await storage.putIf('_panorama/runs/00000001.json', Buffer.from(text), undefined);
    await expect(readRun(storage, 1)).rejects.toMatchObject({ code });
    await expect(readRuns(storage, 9)).rejects.toMatchObject({ code });
    expect((await beginRun(storage, start)).number).toBe(2);
  });

  it('that somebody else has written meanwhile are not written over', async () => {
    const storage = await lake();
    const run = await beginRun(storage, start);
    await beginRun(storage, start);
    await expect(run.finish(end)).rejects.toMatchObject({ code: 'lake-conflict' });
    expect((await readRun(storage, 1))?.state).toBe('abandoned');
  });
});
