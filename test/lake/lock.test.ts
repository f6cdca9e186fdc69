import { hostname } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { takeLock } from '../../src/lake/lock.ts';
import { localStorage } from '../../src/storage/local.ts';
import { tempDir } from '../temp-dir.ts';

const base = tempDir();
let counter = 0;
const fresh = () => localStorage(join(base, String(counter++)));
const owner = {
  id: 'x',
  pid: process.pid,
  host: hostname(),
  boot: '',
  processStart: '',
  since: '2026-01-01T00:00:00Z',
};

describe('lock of a lake', () => {
  it('is held by one and free after its release', async () => {
    const storage = fresh();
    const lock = await takeLock(storage);
    await expect(takeLock(storage)).rejects.toMatchObject({
      code: 'locked',
      exit: 4,
      message: expect.stringContaining(String(process.pid)),
    });
    await lock.release();
    await (await takeLock(storage)).release();
  });

  it('is won by one of many', async () => {
    const storage = fresh();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(storage)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['a process of before a restart', { boot: 'another boot' }],
    ['a process whose number was given again', { processStart: '1' }],
  ])('is taken over from %s', async (_, change) => {
    const storage = fresh();
    const boot = (await import('node:fs')).readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    await storage.putIf(
      '_panorama/lock.json',
      Buffer.from(JSON.stringify({ ...owner, boot, ...change })),
      undefined,
    );
    await (await takeLock(storage)).release();
  });

  it('is respected on another machine, with what to do', async () => {
    const storage = fresh();
    await storage.putIf(
      '_panorama/lock.json',
      Buffer.from(JSON.stringify({ ...owner, host: 'elsewhere' })),
      undefined,
    );
    await expect(takeLock(storage)).rejects.toMatchObject({
      code: 'locked',
      hint: expect.stringContaining('lock.json'),
    });
  });

  it('is taken over when a crash tore it', async () => {
    const storage = fresh();
    await storage.putIf('_panorama/lock.json', Buffer.from('{"pid'), undefined);
    await (await takeLock(storage)).release();
    await storage.putIf('_panorama/lock.json', Buffer.from('null'), undefined);
    await (await takeLock(storage)).release();
  });
});
