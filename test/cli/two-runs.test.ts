import { type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { hiveLayout } from '../../src/lake/hive-layout.ts';
import { takeLock } from '../../src/lake/lock.ts';
import { thisProcess } from '../../src/lake/lock-owner.ts';
import { s3Available, startS3 } from '../servers/s3.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';
import { type LakePlace, localPlace, s3Place } from './lake-place.ts';

/*
 * Two runs into one lake, as real processes: side by side, one killed, one that stands still while the other works. Where
 * they are to be on two machines, their names and clocks are changed. `SOAK=1` tries more steps.
 */

const folder = tempDir();
const MACHINE = fileURLToPath(new URL('other-machine.mjs', import.meta.url));
/** The lease is two seconds. */
const SPEED = 30;
const SOAK = process.env['SOAK'] === '1';

/** Courses come and go: what the run that stands still would remove, the other brings back. */
const VERSIONS = {
  old: ['gone', 'kept', 'both'],
  stalled: ['kept', 'both', 'come'],
  other: ['gone', 'kept', 'last'],
} as const;
type Age = keyof typeof VERSIONS;

function dump(age: Age): string {
  const rows = VERSIONS[age].map((course, i) => `(${i},'${course}','${age}')`).join(',');
  return `CREATE TABLE \`by_course\` (\`id\` int NOT NULL, \`course_id\` varchar(20), \`age\` varchar(9));
INSERT INTO \`by_course\` VALUES ${rows};
CREATE TABLE \`whole\` (\`id\` int NOT NULL, \`age\` varchar(9));
INSERT INTO \`whole\` VALUES (1,'${age}');
-- Dump completed on 2026-01-01  0:00:00
`;
}

async function inS3(): Promise<LakePlace> {
  const s3 = await startS3();
  return s3Place(s3, await s3.makeBucket(), join(folder, 'spill'));
}

/** Steps of a run in their order; `lock` is written when it is taken, when it is tried and at each commit point. */
const STEPS = [
  'after record',
  'stage',
  'staged',
  'before journal',
  'after journal',
  'after lock:6',
  'before commit',
  'before commit:2',
  'after commit',
  'before state',
  'after state',
  'before commit:4',
  'before remove',
  'before remove:2',
];

/** What is tried without `SOAK`; the contract of layouts stops at every step, within one process. */
const LOCAL = [
  'staged',
  'before journal',
  'after lock:6',
  'before commit:2',
  'before state',
  'before remove',
];
const FAR = ['before journal', 'before commit:2', 'before remove'];

const PLACES = [
  { name: 'a local folder', start: () => localPlace(join(folder, 'lake')), steps: SOAK ? STEPS : LOCAL },
  ...(s3Available() ? [{ name: 'S3', start: inS3, steps: SOAK ? STEPS : FAR }] : []),
];

describe.each(PLACES)('two runs into $name', ({ start, steps }) => {
  let place: LakePlace;
  let prefix: string;
  let prefixes = 0;

  beforeAll(async () => {
    for (const age of ['old', 'stalled', 'other'] as const)
      await writeFile(join(folder, `${age}.sql`), dump(age));
    place = await start();
  });
  afterAll(() => place?.stop());
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  interface Run {
    readonly age: Age;
    /** The machine where it runs; this one. */
    readonly on?: string;
    /** Where it gets a signal. */
    readonly at?: string;
    readonly signal?: 'SIGSTOP' | 'SIGKILL';
    readonly args?: readonly string[];
  }

  async function run({ age, on, at, signal, args = [] }: Run, started?: (child: ChildProcess) => void) {
    const file = join(folder, `${prefix}-${age}.yaml`);
    const settings = `datalake:\n${place.datalake}\n  base_prefix: ${prefix}
datasources:
  - type: dump
    name: backup
    location: ${join(folder, `${age}.sql`)}
    tables:
      - name: by_course
        partitions: { partition_fields: [course_id] }
      - name: whole
`;
    await writeFile(file, settings);
    return cli(['--settings', file, 'extract-and-load', '--all', ...args], {
      cwd: folder,
      env: {
        ...place.env,
        ...(on && { NODE_OPTIONS: `--import=${MACHINE}`, TEST_HOST: on, TEST_SPEED: String(SPEED) }),
        ...(at && { PANORAMA_FAILPOINT: at, PANORAMA_FAILPOINT_SIGNAL: signal ?? 'SIGSTOP' }),
      },
      ...(started && { started }),
    });
  }

  /** A run that stands still at a step, until it goes on. */
  async function stalled(how: Run): Promise<{ goOn(): Promise<CliResult> }> {
    let child: ChildProcess | undefined;
    const end = run(how, (one) => children.push((child = one)));
    const stopped = async (): Promise<true> => {
      while (child === undefined || !isStopped(child.pid!)) await sleep(10);
      return true;
    };
    const done = await Promise.race([stopped(), end]);
    expect(done, 'it comes to its step').toBe(true);
    return {
      goOn() {
        child!.kill('SIGCONT');
        return end;
      },
    };
  }

  /** What readers see: the files that count, and those that lie there, each of one age. */
  async function expectLake(age: Age): Promise<void> {
    const layout = hiveLayout(place.storage);
    const live: string[] = [];
    for (const [table, courses] of [
      ['by_course', VERSIONS[age]],
      ['whole', ['']],
    ] as const) {
      const { state } = await layout.load({ basePrefix: prefix, table });
      expect(state!.files.map(({ partition }) => partition[0] ?? '').sort()).toEqual([...courses].sort());
      for (const { path, bytes, sha256 } of state!.files) {
        live.push(path);
        const found = await place.storage.read(path);
        expect(found?.bytes.length, path).toBe(bytes);
        expect(createHash('sha256').update(found!.bytes).digest('hex'), path).toBe(sha256);
      }
    }
    expect((await place.storage.list(`${prefix}/`)).sort()).toEqual(live.sort());
  }

  async function begin(): Promise<void> {
    prefix = `p${++prefixes}`;
    const { code, stderr } = await run({ age: 'old' });
    expect(code, stderr).toBe(0);
    await expectLake('old');
  }

  it('at the same time: one works, the others leave', async () => {
    await begin();
    const results = await Promise.all([1, 2, 3].map(() => run({ age: 'other' })));
    const codes = results.map(({ code }) => code);
    expect(codes).toContain(0);
    expect(
      codes.every((code) => code === 0 || code === 4),
      JSON.stringify(results),
    ).toBe(true);
    await expectLake('other');
  });

  it('of which one works: the other leaves at once, or waits where it was told to', async () => {
    await begin();
    const owner = await stalled({ age: 'stalled', at: 'after lock' });
    const other = await run({ age: 'other' });
    expect(other).toMatchObject({ code: 4, stderr: expect.stringMatching(/process \d+ on [^]*\[locked\]/) });
    await expectLake('old');
    let waits = (): void => {};
    const waiting = new Promise<void>((resolve) => (waits = resolve));
    const patient = run({ age: 'other', args: ['--wait', '60'] }, ({ stderr }) => {
      stderr!.on('data', (text: Buffer) => text.includes('waiting until it ends') && waits());
    });
    await Promise.race([waiting, patient]);
    expect((await owner.goOn()).code).toBe(0);
    expect(await patient).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('waiting until it ends'),
    });
    await expectLake('other');
  });

  it('refuses a time to wait that is none', async () => {
    prefix = 'none';
    expect(await run({ age: 'other', args: ['--wait', 'long'] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--wait must be a whole number of seconds, not long'),
    });
  });

  it('of which one works on another machine: the other leaves when it sees it live', async () => {
    await begin();
    const clock = {
      now: () => performance.now() * SPEED,
      sleep: (ms: number, signal?: AbortSignal) => sleep(ms / SPEED, undefined, signal && { signal }),
    };
    const lock = await takeLock(place.storage, { self: { ...thisProcess(), host: 'x' }, clock });
    expect(await run({ age: 'other', on: 'y' })).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/looking whether it still runs[^]*\[locked\]/),
    });
    await lock.release();
    expect(await run({ age: 'other', on: 'y' })).toMatchObject({ code: 0 });
    await expectLake('other');
  });

  it('of which one died on another machine: the other follows when the lease is over', async () => {
    await begin();
    expect((await run({ age: 'stalled', on: 'x', at: 'before commit:2', signal: 'SIGKILL' })).code).toBe(137);
    const other = await run({ age: 'other', on: 'y' });
    expect(other).toMatchObject({ code: 0, stderr: expect.stringContaining('a crash had interrupted') });
    await expectLake('other');
  });

  it.each(steps)('of which one stands still for longer than its lease: %s', async (at) => {
    await begin();
    const owner = await stalled({ age: 'stalled', on: 'x', at });
    const other = await run({ age: 'other', on: 'y' });
    expect(other.code, other.stderr).toBe(0);
    await expectLake('other');
    const woken = await owner.goOn();
    expect(woken).toMatchObject({ code: 4, stderr: expect.stringContaining('[lock-lost]') });
    await expectLake('other');
    // Nothing is left in the way of the next.
    const next = await run({ age: 'old', on: 'y' });
    expect(next, next.stderr).toMatchObject({ code: 0, stderr: expect.not.stringContaining('interrupted') });
    await expectLake('old');
    expect(await place.storage.list('_panorama/journal/')).toEqual([]);
  });
});

/** Whether a process is stopped by a signal (field 3 of /proc/PID/stat, proc(5)). */
function isStopped(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).startsWith('T');
  } catch {
    return false;
  }
}
