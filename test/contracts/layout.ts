import { describe, expect, it } from 'vitest';

import type { Layout } from '../../src/lake/layout.ts';
import { type LakeFile, STATE_VERSION, type TableState } from '../../src/lake/table-state.ts';
import type { Storage } from '../../src/storage/storage.ts';

const key = { basePrefix: 'openedx', table: 'grades' };

function state(files: readonly LakeFile[], loadedAt = '2026-01-01T00:00:00.000Z'): TableState {
  return {
    version: STATE_VERSION,
    ...key,
    rawName: 'openedx_raw_grades',
    viewName: 'openedx_table_grades',
    registered: true,
    format: 'parquet',
    fields: [
      { id: 1, name: 'id', type: { kind: 'int32' }, nullable: false, private: false, declared: 'int' },
    ],
    partitionFields: [{ id: 2, name: 'course_id', type: { kind: 'text' }, from: 'field' }],
    primaryKey: ['id'],
    nextFieldId: 3,
    files,
    rejected: {},
    loadedAt,
  };
}

class Crash extends Error {}

/** The same storage, which dies before its n-th change; counted from 0. */
function crashAfter(storage: Storage, changes: number): Storage {
  let left = changes;
  const dying = <A extends unknown[], R>(step: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (left-- <= 0) throw new Crash();
      return step.apply(storage, args);
    };
  };
  return {
    ...storage,
    commit: dying(storage.commit),
    putIf: dying(storage.putIf),
    remove: dying(storage.remove),
    abort: dying(storage.abort),
  };
}

/** A storage that stops before one of its next changes, counted from 0, until it may go on; so do those after it. */
interface Stopping {
  readonly storage: Storage;
  readonly stopped: Promise<void>;
  stopBefore(change: number): void;
  go(): void;
}

function stopping(storage: Storage): Stopping {
  let left = Infinity;
  let stop = (): void => {};
  let go = (): void => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const goes = new Promise<void>((resolve) => (go = resolve));
  const delayed = <A extends unknown[], R>(step: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (left-- <= 0) {
        stop();
        await goes;
      }
      return step.apply(storage, args);
    };
  };
  return {
    storage: {
      ...storage,
      commit: delayed(storage.commit),
      putIf: delayed(storage.putIf),
      remove: delayed(storage.remove),
    },
    stopped,
    stopBefore: (change) => void (left = change),
    go: () => go(),
  };
}

/**
 * What every way of publishing files must do, over any storage.
 * @param makeLayout gives the layout of one who holds the lake, which nobody else does from then on
 * @param makePlace gives what opens a storage that is fresh and empty at first, each time as another process would
 */
export function layoutContract(
  name: string,
  makeLayout: (storage: Storage) => Promise<Layout>,
  makePlace: () => Promise<() => Storage>,
): void {
  async function make(): Promise<{ storage: Storage; layout: Layout; open: () => Storage }> {
    const open = await makePlace();
    const storage = open();
    return { storage, layout: await makeLayout(storage), open };
  }

  async function stage(storage: Storage, layout: Layout, course: string | null, text: string) {
    const path = layout.place(state([]), [course]);
    const writer = await storage.stage(path);
    await writer.write(Buffer.from(text));
    const staged = await writer.finish();
    const file: LakeFile = {
      path,
      partition: [course],
      rows: 1,
      bytes: staged.bytes,
      sha256: 'x',
      loadedAt: 'x',
    };
    return { staged, file };
  }

  /** Publishes a version whose partitions hold the given texts. */
  async function publish(
    storage: Storage,
    layout: Layout,
    partitions: Record<string, string>,
  ): Promise<void> {
    const current = await layout.load(key);
    const all = await Promise.all(
      Object.entries(partitions).map(([course, text]) => stage(storage, layout, course, text)),
    );
    await layout.commit(
      current,
      state(all.map((one) => one.file)),
      all.map((one) => one.staged),
    );
  }

  /** What a reader sees: the text of every live file, by partition. */
  async function visible(storage: Storage, layout: Layout): Promise<Record<string, string>> {
    const { state: now } = await layout.load(key);
    const texts: Record<string, string> = {};
    for (const file of now === undefined ? [] : layout.files(now)) {
      texts[String(file.partition[0])] = (await storage.read(file.path))!.bytes.toString();
    }
    return texts;
  }

  describe(`layout contract: ${name}`, () => {
    it('knows nothing of a table before its first commit, everything after it', async () => {
      const { storage, layout } = await make();
      expect(await layout.load(key)).toEqual({ key });
      expect(await layout.tables()).toEqual([]);
      await publish(storage, layout, { a: '1', 'b/=%': '2' });
      expect(await layout.tables()).toEqual([key]);
      expect(await visible(storage, layout)).toEqual({ a: '1', 'b/=%': '2' });
    });

    it('replaces a version whole: new, changed and vanished partitions', async () => {
      const { storage, layout } = await make();
      await publish(storage, layout, { a: '1', b: '2' });
      await publish(storage, layout, { b: '3', c: '4' });
      expect(await visible(storage, layout)).toEqual({ b: '3', c: '4' });
      expect(await storage.read(layout.place(state([]), ['a']))).toBeUndefined();
    });

    it('refuses a commit from a stale version, and changes nothing', async () => {
      const { storage, layout } = await make();
      await publish(storage, layout, { a: '1' });
      const stale = await layout.load(key);
      await publish(storage, layout, { a: 'two' });
      const late = await stage(storage, layout, 'a', 'late');
      await expect(layout.commit(stale, state([late.file]), [late.staged])).rejects.toMatchObject({
        code: 'lake-conflict',
      });
      await expect(layout.commit({ key }, state([late.file]), [late.staged])).rejects.toMatchObject({
        code: 'lake-conflict',
      });
      expect(await visible(storage, layout)).toEqual({ a: 'two' });
    });

    it('purges files for good, also those that are gone already, and answers what is left', async () => {
      const { storage, layout } = await make();
      await publish(storage, layout, { a: '1', b: '2' });
      const { state: now } = await layout.load(key);
      const a = layout.files(now!).filter((file) => file.partition[0] === 'a');
      expect(await layout.purge(a)).toEqual([]);
      expect(await layout.purge(a)).toEqual([]);
      expect(await storage.read(a[0]!.path)).toBeUndefined();
      expect((await storage.list('openedx/')).length).toBe(1);
    });

    it('after a crash at any step shows the old version or the new one, and settles by itself', async () => {
      const outcomes = new Set<string>();
      for (let step = 0; ; step++) {
        const { storage: first, layout: before, open } = await make();
        await publish(first, before, { a: 'old', b: 'old' });
        let crashed = false;
        const dying = crashAfter(open(), step);
        try {
          await publish(dying, await makeLayout(dying), { b: 'new', c: 'new' });
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          crashed = true;
        }
        const storage = open();
        const layout = await makeLayout(storage);
        const unfinished = await layout.unfinished();
        expect(unfinished).toEqual(unfinished.length === 0 ? [] : [key]);
        expect((await layout.settle()).finished).toEqual(unfinished);
        await layout.settle();
        expect(await layout.unfinished()).toEqual([]);
        const seen = JSON.stringify(await visible(storage, layout));
        outcomes.add(seen);
        expect(['{"a":"old","b":"old"}', '{"b":"new","c":"new"}']).toContain(seen);
        expect(await storage.list('_panorama/journal/')).toEqual([]);
        expect(await storage.list('_panorama/staging/')).toEqual([]);
        if (!crashed) break;
      }
      expect(outcomes.size, 'crashes came before and after the commit point').toBe(2);
    });

    it('does no harm when it stands still at any step until another run has published', async () => {
      const outcomes = new Set<string>();
      for (let step = 0; ; step++) {
        const { storage: first, layout: before, open } = await make();
        await publish(first, before, { a: 'old', b: 'old', c: 'old' });
        const stalled = stopping(open());
        const its = await makeLayout(stalled.storage);
        stalled.stopBefore(step);
        const end = publish(stalled.storage, its, { b: 'stalled', d: 'stalled' }).then(
          () => 'published',
          (error: { code?: string }) => error.code ?? error,
        );
        if ((await Promise.race([stalled.stopped, end])) !== undefined) break;

        const storage = open();
        const layout = await makeLayout(storage);
        await layout.settle();
        const seen = await visible(storage, layout);
        const old = { a: 'old', b: 'old', c: 'old' };
        const published = 'd' in seen;
        expect(seen).toEqual(published ? { b: 'stalled', d: 'stalled' } : old);
        const next = { a: 'other', b: 'other', e: 'other' };
        await publish(storage, layout, next);
        stalled.go();
        outcomes.add(`${published ? 'after' : 'before'} the commit point: ${String(await end)}`);
        expect(await visible(storage, layout), `stopped before change ${step}`).toEqual(next);
        expect((await storage.list('openedx/')).length).toBe(3);
        const third = open();
        const last = await makeLayout(third);
        expect((await last.settle()).finished).toEqual([]);
        await publish(third, last, { z: 'last' });
        expect(await visible(third, last)).toEqual({ z: 'last' });
      }
      expect([...outcomes].sort()).toEqual([
        'after the commit point: lock-lost',
        'after the commit point: published',
        'before the commit point: lock-lost',
      ]);
    });
  });
}
