import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import type { Staged, Storage } from '../../src/storage/storage.ts';

/** What every storage must do. `make` gives a fresh, empty storage. */
export function storageContract(name: string, make: () => Promise<Storage>): void {
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

    it('gives engines the place of an object', async () => {
      const storage = await make();
      await storage.commit(await staged(storage, 'a/ü b', 'x'));
      expect((await readFile(storage.locate('a/ü b'))).toString()).toBe('x');
    });
  });
}
