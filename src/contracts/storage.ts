import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import type { Staged, Storage } from '../storage/storage.ts';

/**
 * The cases that every {@link Storage} passes. Runs in vitest.
 * @param make gives a fresh, empty storage; called for each case
 * @param open reads what lies at a place that a storage gave to an engine
 */
export function storageContract(
  name: string,
  make: () => Promise<Storage>,
  open: (place: string) => Promise<Uint8Array> = readFile,
): void {
  const text = async (storage: Storage, object: string): Promise<string | undefined> =>
    (await storage.read(object))?.bytes.toString();

  async function staged(storage: Storage, object: string, ...chunks: string[]): Promise<Staged> {
    const writer = await storage.stage(object);
    for (const chunk of chunks) await writer.write(Buffer.from(chunk));
    return writer.finish();
  }

  describe(`storage contract: ${name}`, () => {
    it('shows a staged object only after its commit', async () => {
      const storage = await make();
      const object = await staged(storage, 't/k=a%3Ab/t.parquet', 'one', 'two');
      expect(object.bytes).toBe(6);
      expect(await text(storage, 't/k=a%3Ab/t.parquet')).toBeUndefined();
      expect(await storage.list('t/')).toEqual([]);
      await storage.commit(object);
      expect(await text(storage, 't/k=a%3Ab/t.parquet')).toBe('onetwo');
      expect(await storage.list('t/')).toEqual(['t/k=a%3Ab/t.parquet']);
    });

    it('replaces an object whole and keeps the old one until then', async () => {
      const storage = await make();
      await storage.commit(await staged(storage, 'a', 'old'));
      const next = await staged(storage, 'a', 'new and longer');
      expect(await text(storage, 'a')).toBe('old');
      await storage.commit(next);
      expect(await text(storage, 'a')).toBe('new and longer');
    });

    it('survives the repetition of a commit, as after a crash', async () => {
      const storage = await make();
      const object = await staged(storage, 'a', 'x');
      await storage.commit(object);
      await storage.commit(object);
      expect(await text(storage, 'a')).toBe('x');
    });

    it('leaves nothing of an aborted object', async () => {
      const storage = await make();
      const writer = await storage.stage('a');
      await writer.write(Buffer.from('x'));
      await writer.abort();
      const complete = await staged(storage, 'b', 'y');
      await storage.abort(complete);
      await storage.abort(complete);
      expect(await storage.list('')).toEqual([]);
    });

    it('sweeps what dead runs staged, except what is named', async () => {
      const storage = await make();
      const dead = await staged(storage, 'dead', 'x');
      const kept = await staged(storage, 'kept', 'y');
      await storage.sweepStaged(new Set([kept.handle]), () => true);
      await storage.commit(kept);
      expect(await text(storage, 'kept')).toBe('y');
      await expect(storage.commit(dead)).rejects.toThrow();
      expect(await text(storage, 'dead')).toBeUndefined();
    });

    it('sweeps nothing else than what there was when it asked, and nothing where it may not', async () => {
      const storage = await make();
      const dead = await staged(storage, 'dead', 'x');
      const refused = storage.sweepStaged(
        new Set(),
        () => true,
        () => Promise.reject(new Error('not any more')),
      );
      await expect(refused).rejects.toThrow('not any more');
      let late: Staged | undefined;
      const other = await staged(storage, 'other', 'y');
      await storage.sweepStaged(
        new Set([dead.handle]),
        () => true,
        async () => void (late = await staged(storage, 'late', 'z')),
      );
      await storage.commit(dead);
      await storage.commit(late!);
      expect(await text(storage, 'dead')).toBe('x');
      expect(await text(storage, 'late')).toBe('z');
      await expect(storage.commit(other)).rejects.toThrow();
    });

    it('puts a small object only over the version that was read', async () => {
      const storage = await make();
      const first = await storage.putIf('state', Buffer.from('1'), undefined);
      expect(first).toBeDefined();
      expect(await storage.putIf('state', Buffer.from('2'), undefined)).toBeUndefined();
      const second = await storage.putIf('state', Buffer.from('2'), first);
      expect(second).toBeDefined();
      expect(second).not.toBe(first);
      expect(await storage.putIf('state', Buffer.from('3'), first)).toBeUndefined();
      expect(await storage.read('state')).toEqual({ bytes: Buffer.from('2'), token: second });
    });

    it('creates an object once however many try at the same time', async () => {
      const storage = await make();
      const tries = Array.from({ length: 16 }, (_, i) =>
        storage.putIf('lock', Buffer.from(String(i)), undefined),
      );
      const winners = (await Promise.all(tries)).filter((token) => token !== undefined);
      expect(winners).toHaveLength(1);
    });

    it('removes objects, and takes their absence calmly', async () => {
      const storage = await make();
      await storage.commit(await staged(storage, 'a/b/c', 'x'));
      await storage.commit(await staged(storage, 'a/d', 'x'));
      await storage.remove('a/b/c');
      await storage.remove('a/b/c');
      expect(await storage.list('')).toEqual(['a/d']);
    });

    it('removes an object on condition, where it tells versions apart', async () => {
      const storage = await make();
      if (storage.version === undefined) return;
      expect(await storage.version('a')).toBeUndefined();
      await storage.commit(await staged(storage, 'a', 'one'));
      const one = await storage.version('a');
      expect(one).toBeDefined();
      await storage.commit(await staged(storage, 'a', 'two'));
      await storage.remove('a', one!);
      expect(await text(storage, 'a')).toBe('two');
      await storage.remove('a', (await storage.version('a'))!);
      expect(await text(storage, 'a')).toBeUndefined();
      await storage.remove('a', one!);
    });

    it('gives engines the place of an object', async () => {
      const storage = await make();
      await storage.commit(await staged(storage, 'a/ü b', 'x'));
      expect(Buffer.from(await open(storage.locate('a/ü b'))).toString()).toBe('x');
    });

    it('takes objects without a byte, and chunks without one', async () => {
      const storage = await make();
      const nothing = await staged(storage, 'nothing');
      const almost = await staged(storage, 'almost', '', 'x', '');
      expect(nothing.bytes).toBe(0);
      expect(almost.bytes).toBe(1);
      await storage.commit(nothing);
      await storage.commit(almost);
      expect(await text(storage, 'nothing')).toBe('');
      expect(await text(storage, 'almost')).toBe('x');
      expect((await storage.list('')).sort()).toEqual(['almost', 'nothing']);
    });

    it('keeps the names it is given', async () => {
      const storage = await make();
      const names = [
        't/lms=a.example.org/course_id=course-v1%3AO+C+R/t.csv',
        "t/k=%25%2F'(!*)&$,;@~/t.csv",
        't/k=/t.csv',
        't/k= /t.csv',
        't/k=é/t.csv',
        't/k=e\u0301/t.csv',
        't/k=😀/t.csv',
        't/k=Ä#?<>"|`^{}[]/t.csv',
      ];
      for (const object of names) await storage.commit(await staged(storage, object, object));
      expect((await storage.list('t/')).sort()).toEqual([...names].sort());
      for (const object of names) expect(await text(storage, object)).toBe(object);
      for (const object of names) await storage.remove(object);
      expect(await storage.list('t/')).toEqual([]);
    });

    it('lists what is below a prefix, which need not end at a folder', async () => {
      const storage = await make();
      for (const object of ['a/b/1', 'a/b/2', 'a/bc', 'b'])
        await storage.putIf(object, Buffer.from(''), undefined);
      expect((await storage.list('a/b')).sort()).toEqual(['a/b/1', 'a/b/2', 'a/bc']);
      expect((await storage.list('a/b/')).sort()).toEqual(['a/b/1', 'a/b/2']);
      expect(await storage.list('c/')).toEqual([]);
      expect(await storage.list('a/b/1/')).toEqual([]);
    });

    it('answers nothing for an object that was never there or is gone, and puts none over it', async () => {
      const storage = await make();
      expect(await storage.read('a/b')).toBeUndefined();
      const token = await storage.putIf('a/b', Buffer.from('1'), undefined);
      await storage.remove('a/b');
      expect(await storage.read('a/b')).toBeUndefined();
      expect(await storage.putIf('a/b', Buffer.from('2'), token)).toBeUndefined();
      expect(await storage.list('')).toEqual([]);
    });

    it('lets one of those who replace an object at the same time win', async () => {
      const storage = await make();
      const first = await storage.putIf('state', Buffer.from('first'), undefined);
      const tries = Array.from({ length: 8 }, (_, i) =>
        storage.putIf('state', Buffer.from(`next ${i}`), first),
      );
      const answers = await Promise.all(tries);
      const winners = answers.filter((token) => token !== undefined);
      expect(winners).toHaveLength(1);
      const now = await storage.read('state');
      expect(now).toEqual({ bytes: Buffer.from(`next ${answers.indexOf(winners[0])}`), token: winners[0] });
    });

    it('stages several objects under one name, of which each commit shows its own', async () => {
      const storage = await make();
      const one = await staged(storage, 'a', 'one');
      const two = await staged(storage, 'a', 'two');
      await storage.commit(two);
      expect(await text(storage, 'a')).toBe('two');
      await storage.commit(one);
      expect(await text(storage, 'a')).toBe('one');
    });

    it('does not touch what others have under way', async () => {
      const storage = await make();
      const theirs = await staged(storage, 'theirs/a', 'x');
      await storage.sweepStaged(new Set([theirs.handle]), (object) => object.startsWith('ours/'));
      await storage.commit(theirs);
      expect(await text(storage, 'theirs/a')).toBe('x');
    });

    it('refuses a name that is too long before the commit, and names it', async () => {
      const storage = await make();
      const long = `t/k=${'é'.repeat(600)}/t.csv`;
      const write = async (): Promise<void> => {
        const writer = await storage.stage(long);
        try {
          await writer.write(Buffer.from('x'));
          await writer.finish();
        } finally {
          await writer.abort();
        }
      };
      await expect(write()).rejects.toMatchObject({
        code: 'partition-too-long',
        message: expect.stringContaining(long),
      });
    });

    it('carries a large object unharmed, in chunks of every size', async () => {
      const storage = await make();
      const writer = await storage.stage('large');
      const sent = createHash('sha256');
      let seed = 1;
      for (let bytes = 0; bytes < 20_000_000;) {
        seed = (seed * 48271) % 2147483647;
        const chunk = Buffer.alloc(1 + (seed % 3_000_000), seed);
        chunk.writeUInt8(seed % 256, chunk.length - 1);
        sent.update(chunk);
        bytes += chunk.length;
        await writer.write(chunk);
      }
      await storage.commit(await writer.finish());
      const { bytes } = (await storage.read('large'))!;
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sent.digest('hex'));
    });
  });
}
