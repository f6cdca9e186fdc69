import { describe, expect, it } from 'vitest';

import { PanoramaError } from '../../src/errors.ts';
import { hiveLayout } from '../../src/lake/hive-layout.ts';
import { LEASE, takeLock } from '../../src/lake/lock.ts';
import { thisProcess } from '../../src/lake/lock-owner.ts';
import { decodeState, STATE_VERSION, type TableState } from '../../src/lake/table-state.ts';
import type { Staged } from '../../src/storage/storage.ts';
import { type Change, LakeWorld, type Weakness } from './lake-world.ts';

/*
 * The protocol of lock and commit, as it is, in a world where anything may happen between any two steps. `SEED` begins
 * elsewhere, `SOAK=1` tries 10,000 courses of events.
 */

const SOAK = process.env['SOAK'] === '1';
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
const SCHEDULES = SOAK ? 10_000 : 300;
const TIMEOUT = SOAK ? 3_600_000 : 120_000;
const ACTORS = 5;
const KEY = { basePrefix: '', table: 't' };
const STATE = '_panorama/tables/t.json';

/** How a run ended: `published`, or the code of its error. */
type Outcome = string;

interface Course {
  /** Every version that the table had, by the run that made it. */
  readonly versions: TableState[];
  readonly outcomes: ReadonlyMap<number, Outcome>;
}

function stateOf(run: number, counter: number, files: TableState['files']): TableState {
  return {
    version: STATE_VERSION,
    ...KEY,
    rawName: 'r',
    viewName: 'v',
    registered: true,
    format: 'csv',
    fields: [],
    partitionFields: [{ id: 1, name: 'k', type: { kind: 'text' }, from: 'field' }],
    primaryKey: [],
    nextFieldId: counter,
    files,
    rejected: {},
    loadedAt: String(run),
  };
}

/** One course of events; throws where it breaks a rule. */
async function course(seed: number, weakness?: Weakness): Promise<Course> {
  const versions: TableState[] = [];
  const journals = new Map<string, string>();
  const faults: string[] = [];
  const world: LakeWorld = new LakeWorld(seed, watch, weakness);

  /** Where no publication is under way the files that count are there, each whole, and no others. */
  function checkWhole(counted: readonly string[]): void {
    if (counted.some((journal) => world.peek(journal) !== undefined)) return;
    const live = versions.at(-1)?.files ?? [];
    const seen = world.names('t/').map((name) => `${name}: ${world.peek(name)}`);
    const meant = live.map(({ path, sha256 }) => `${path}: ${sha256}`);
    if (seen.sort().join() !== meant.sort().join()) faults.push(`${seen.join()} in place of ${meant.join()}`);
  }

  /** Nothing of a run becomes visible, and nothing goes, unless the lock counts its journal. */
  function watch({ name, bytes, actor }: Change): void {
    const lock = JSON.parse(world.peek('_panorama/lock.json')!) as { journals?: string[] };
    const names = lock.journals ?? [];
    if (name === '_panorama/lock.json') return checkWhole(names);
    if (name.startsWith('_panorama/journal/')) {
      if (bytes === undefined) checkWhole(names);
      else journals.set(name, (JSON.parse(bytes) as { next: TableState }).next.loadedAt!);
      return;
    }
    const counted = names.map((journal) => journals.get(journal));
    const run = name === STATE ? decodeState(name, Buffer.from(bytes!)).loadedAt : bytes;
    if (run === undefined ? counted.length === 0 : !counted.includes(run))
      faults.push(`${actor} changes ${name} to ${bytes}, and what counts is of ${counted.join()}`);
    if (name === STATE) versions.push(decodeState(name, Buffer.from(bytes!)));
  }

  async function load(run: number): Promise<Outcome> {
    const storage = world.storage(run);
    const clock = world.clock(run);
    await clock.sleep(world.random(4 * LEASE));
    const self = { ...thisProcess(), id: String(run) };
    // Some wait for their turn.
    const wait = run % 2 === 0 ? 4 * LEASE : 0;
    const lock = await takeLock(storage, { clock, self, wait, lifeOf: () => 'unknown' });
    try {
      const layout = hiveLayout(storage, lock);
      await layout.settle();
      const current = await layout.load(KEY);
      const staged: Staged[] = [];
      const files: TableState['files'][number][] = [];
      for (const value of ['a', 'b', 'c'].filter(() => world.random(2) < 1)) {
        const path = layout.place(stateOf(run, 1, []), [value]);
        const writer = await storage.stage(path);
        await writer.write(Buffer.from(String(run)));
        staged.push(await writer.finish());
        files.push({ path, partition: [value], rows: 1, bytes: 1, sha256: String(run), loadedAt: '' });
      }
      await layout.commit(current, stateOf(run, (current.state?.nextFieldId ?? 0) + 1, files), staged);
      return 'published';
    } finally {
      await lock.release();
    }
  }

  const outcomes = new Map<number, Outcome>();
  const start = (run: number): void =>
    void load(run).then(
      (outcome) => outcomes.set(run, outcome),
      (error: Error) => outcomes.set(run, error instanceof PanoramaError ? error.code : error.message),
    );
  for (let run = 1; run <= ACTORS; run++) start(run);
  await world.run();
  world.calm = true;
  // What is still on its way has arrived by now; the next run needs no help.
  start(ACTORS + 1);
  await world.run();

  expect(faults).toEqual([]);
  expect(outcomes.get(ACTORS + 1)).toBe('published');
  const now = versions.at(-1)!;
  expect(now.loadedAt).toBe(String(ACTORS + 1));
  expect(Object.fromEntries(now.files.map(({ path }) => [path, world.peek(path)]))).toEqual(
    Object.fromEntries(now.files.map(({ path, sha256 }) => [path, sha256])),
  );
  expect(world.names('t/').sort()).toEqual(now.files.map(({ path }) => path).sort());
  expect(world.names('_panorama/journal/')).toEqual([]);
  // Each version is built on the one before, and no run's is lost.
  expect(versions.map(({ nextFieldId }) => nextFieldId)).toEqual(versions.map((_, i) => i + 1));
  for (const [run, outcome] of outcomes)
    if (outcome === 'published') expect(versions.map(({ loadedAt }) => loadedAt)).toContain(String(run));
  for (let run = 1; run <= ACTORS; run++)
    expect(outcomes.has(run) || world.isDead(run), `run ${run}`).toBe(true);
  return { versions, outcomes };
}

describe('lock and commit, whatever happens', () => {
  it(
    `in ${SCHEDULES} courses of events from SEED=${SEED}: one publishes at a time, nothing is lost`,
    async () => {
      const seen = new Map<Outcome, number>();
      for (let i = 0; i < SCHEDULES; i++) {
        const { outcomes } = await course(SEED + i).catch((error: unknown) => {
          throw new Error(`SEED=${SEED + i}`, { cause: error });
        });
        for (const outcome of outcomes.values()) seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
      // All that the model is about has happened.
      for (const outcome of ['published', 'locked', 'lock-lost', 'no answer'])
        expect(seen.get(outcome), JSON.stringify([...seen])).toBeGreaterThan(0);
      expect([...seen.keys()].filter((outcome) => /undefined|not a function|internal/.test(outcome))).toEqual(
        [],
      );
    },
    TIMEOUT,
  );

  it.each(['sweeps before it asks', 'writes without condition'] as const)(
    'finds the harm of a store that %s',
    async (weakness) => {
      let harmed = 0;
      for (let i = 0; i < 10 * SCHEDULES && harmed === 0; i++)
        await course(SEED + i, weakness).catch(() => harmed++);
      expect(harmed).toBe(1);
    },
  );
});
