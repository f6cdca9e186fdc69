import { setImmediate as turn } from 'node:timers/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { PanoramaError } from '../../src/errors.ts';
import { BEAT, type Clock, LEASE, type Lock, takeLock } from '../../src/lake/lock.ts';
import { lifeOf, type LockOwner, thisProcess } from '../../src/lake/lock-owner.ts';
import { localStorage } from '../../src/storage/local.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { tempDir } from '../temp-dir.ts';
import { STILL } from './locked-layout.ts';

const NAME = '_panorama/lock.json';
const base = tempDir();
let counter = 0;
const fresh = () => localStorage(join(base, String(counter++)));

/** Puts a lock into a storage as its owner would have left it. */
async function hold(storage: Storage, owner: object): Promise<void> {
  const token = (await storage.read(NAME))?.token;
  await storage.putIf(NAME, Buffer.from(JSON.stringify(owner)), token);
}

/** A clock that goes on when it is waited for, and does something then. Signs of life are not given. */
function waitingClock(meanwhile: (now: number) => Promise<void> = async () => {}): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(milliseconds, signal) {
      if (signal !== undefined) return STILL.sleep(milliseconds, signal);
      now += milliseconds;
      await turn();
      await meanwhile(now);
    },
  };
}

const elsewhere: LockOwner = { ...thisProcess(), host: 'elsewhere' };

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
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(won).toHaveLength(1);
    await won[0]!.release();
  });

  it('is taken over at once from a process of this machine that is gone', async () => {
    const storage = fresh();
    await hold(storage, { ...thisProcess(), pid: 2 ** 22 + 1, beat: 0 });
    await (await takeLock(storage, { clock: STILL })).release();
  });

  const here = { ...thisProcess(), machine: 'm' };
  it.each<[string, Partial<LockOwner>, string]>([
    ['this process', {}, 'alive'],
    ['a process that is gone', { pid: 2 ** 22 + 1 }, 'gone'],
    ['a process whose number was given again', { processStart: '1' }, 'gone'],
    ['a process of before a restart', { boot: 'another' }, 'gone'],
    ['a process of a machine of the same name', { boot: 'another', machine: 'n' }, 'unknown'],
    ['a process of another host', { host: 'elsewhere' }, 'unknown'],
    ['a process of another container of this machine', { space: 'pid:[1]' }, 'unknown'],
  ])('tells whether the owner lives: %s', (_, change, life) => {
    expect(lifeOf({ ...here, ...change }, here)).toBe(life);
  });

  it('does not take machines without a number for the same', () => {
    const nameless = { ...here, machine: '' };
    expect(lifeOf({ ...nameless, boot: 'another' }, nameless)).toBe('unknown');
  });

  it('is taken over from an owner elsewhere that gives no sign of life for the time of a lease', async () => {
    const storage = fresh();
    await hold(storage, { ...elsewhere, beat: 3 });
    let waited = 0;
    const clock = waitingClock(async (now) => void (waited = now));
    const told: string[] = [];
    const lock = await takeLock(storage, { clock, onWait: (text) => told.push(text) });
    expect(waited).toBeGreaterThanOrEqual(LEASE);
    expect(waited).toBeLessThan(LEASE + BEAT);
    expect(told).toEqual([expect.stringMatching(/elsewhere.*looking whether it still runs/)]);
    await lock.release();
  });

  it('leaves an owner elsewhere alone as soon as it gives a sign of life', async () => {
    const storage = fresh();
    const lock = await takeLock(storage, { self: elsewhere, clock: STILL });
    let waited = 0;
    const clock = waitingClock(async (now) => {
      waited = now;
      if (now === BEAT) await lock.renew();
    });
    await expect(takeLock(storage, { clock })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringMatching(/elsewhere/),
    });
    expect(waited).toBe(BEAT);
    await lock.release();
  });

  it('is waited for where that is wished', async () => {
    const storage = fresh();
    const first = await takeLock(storage, { clock: STILL });
    const told: string[] = [];
    const clock = waitingClock(async (now) => (now === 30_000 ? first.release() : undefined));
    const second = await takeLock(storage, { clock, wait: 60_000, onWait: (text) => told.push(text) });
    expect(told).toEqual([expect.stringMatching(/waiting until it ends/)]);
    const patience = takeLock(storage, { clock: waitingClock(), wait: 60_000 });
    await expect(patience).rejects.toMatchObject({ code: 'locked' });
    await second.release();
  });

  it('is waited for no longer than the run may go on', async () => {
    const storage = fresh();
    const first = await takeLock(storage, { clock: STILL });
    for (const [reason, code] of [
      [undefined, 'interrupted'],
      [new PanoramaError('timeout', 'It took too long.'), 'timeout'],
    ] as const) {
      const abort = new AbortController();
      const onWait = (): void => abort.abort(reason);
      const waiting = takeLock(storage, { wait: 60_000, onWait, signal: abort.signal });
      await expect(waiting).rejects.toMatchObject({ code });
    }
    await first.release();
  });

  it('gives signs of life, also when the store did not answer for a while', async () => {
    const storage = fresh();
    let down = 2;
    const flaky: Storage = {
      ...storage,
      async putIf(name, bytes, token) {
        if (token !== undefined && down-- > 0) throw new Error('no answer');
        return storage.putIf(name, bytes, token);
      },
    };
    let beats = 5;
    const clock: Clock = {
      now: () => 0,
      sleep: async (ms, signal) => (signal === undefined || beats-- > 0 ? turn() : STILL.sleep(ms, signal)),
    };
    const lock = await takeLock(flaky, { clock });
    const beatOf = async () => JSON.parse((await storage.read(NAME))!.bytes.toString()).beat as number;
    await expect.poll(beatOf).toBe(3);
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
  });

  describe('that another run has taken over', () => {
    async function lose(): Promise<{ storage: Storage; lock: Lock; other: Lock }> {
      const storage = fresh();
      const lock = await takeLock(storage, { clock: STILL });
      const other = await takeLock(storage, { lifeOf: () => 'gone', clock: STILL });
      return { storage, lock, other };
    }

    it('proves nothing any more', async () => {
      const { lock, other } = await lose();
      expect(lock.lost.aborted).toBe(false);
      await expect(lock.renew()).rejects.toMatchObject({ code: 'lock-lost', exit: 4 });
      expect(lock.lost.aborted).toBe(true);
      await expect(lock.keep(['x'])).rejects.toMatchObject({ code: 'lock-lost' });
      await other.renew();
      await other.release();
    });

    it('is not released by the one who lost it', async () => {
      const { storage, lock, other } = await lose();
      await lock.release();
      await expect(takeLock(storage, { clock: STILL })).rejects.toMatchObject({ code: 'locked' });
      await other.renew();
      await other.release();
    });
  });

  it.each<[string, (written: string | undefined) => string | undefined]>([
    ['is refused', () => undefined],
    [
      'is an error',
      () => {
        throw new Error('the connection was reset');
      },
    ],
  ])('is kept when a write succeeds and its answer %s', async (_, answer) => {
    const storage = fresh();
    let faulty = false;
    const lossy: Storage = {
      ...storage,
      async putIf(name, bytes, token) {
        const written = await storage.putIf(name, bytes, token);
        if (!faulty) return written;
        faulty = false;
        return answer(written);
      },
    };
    const lock = await takeLock(lossy, { clock: waitingClock() });
    faulty = true;
    await lock.keep(['a']).catch(() => {});
    await lock.keep(['b']);
    faulty = true;
    await lock.release();
    expect(lock.lost.aborted).toBe(false);
    await (await takeLock(storage, { clock: STILL })).release();
  });

  it('hands the journals that count on to the next owner, released or not', async () => {
    const storage = fresh();
    const first = await takeLock(storage, { clock: STILL });
    expect(first.journals).toBeUndefined();
    await first.keep(['a', 'b']);
    const second = await takeLock(storage, { lifeOf: () => 'gone', clock: STILL });
    expect(second.journals).toEqual(['a', 'b']);
    second.forget('a');
    await second.release();
    const third = await takeLock(storage, { clock: STILL });
    expect(third.journals).toEqual(['b']);
    await third.release();
  });

  it('is taken over when it is no lock', async () => {
    for (const text of ['{"pid', 'null', '[]']) {
      const storage = fresh();
      await storage.putIf(NAME, Buffer.from(text), undefined);
      await (await takeLock(storage, { clock: STILL })).release();
    }
  });

  it('says whether it can be relied on', async () => {
    const storage = fresh();
    const without = (condition: 'If-None-Match' | 'If-Match'): Storage => ({
      ...storage,
      async putIf(name, bytes, token) {
        const ignored = (token === undefined) === (condition === 'If-None-Match');
        return storage.putIf(name, bytes, ignored ? (await storage.read(name))?.token : token);
      },
    });
    for (const [place, safe] of [
      [storage, true],
      [without('If-None-Match'), false],
      [without('If-Match'), false],
    ] as const) {
      const lock = await takeLock(place, { clock: STILL });
      expect(await lock.isSafe()).toBe(safe);
      await lock.renew();
      await lock.release();
    }
  });
});
