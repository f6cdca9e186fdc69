import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { output } from './measure.ts';
import type { Subject } from './subjects.ts';

const TOP = 15;
/** Microseconds between samples. */
const INTERVAL = 500;

/** A function and its share of the time in which the program's threads did something, without what it called. */
export interface Share {
  readonly name: string;
  /** Of 1. */
  readonly share: number;
}

export interface Profile {
  readonly subject: string;
  readonly title: string;
  /** Time in which a thread did something, all threads added. */
  readonly busySeconds: number;
  /** The largest first. */
  readonly top: readonly Share[];
}

/** What is used of a file of `node --cpu-prof`. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds; the time before the sample of the same place. */
  readonly timeDeltas: readonly number[];
}

/** Waiting is no work. What the profiler calls `(program)` is: native code that is no function of JavaScript. */
const WAITING = '(idle)';

/** Self time by function over the profiles of all threads of JavaScript. */
export function shares(profiles: readonly CpuProfile[]): { busySeconds: number; all: readonly Share[] } {
  const times = new Map<string, number>();
  let busy = 0;
  for (const { nodes, samples, timeDeltas } of profiles) {
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
    for (const [i, sample] of samples.entries()) {
      const name = names.get(sample)!;
      if (name === WAITING) continue;
      // A sample stands for the time until the next one.
      const time = timeDeltas[i + 1] ?? 0;
      times.set(name, (times.get(name) ?? 0) + time);
      busy += time;
    }
  }
  const all = [...times].map(([name, time]) => ({ name, share: busy === 0 ? 0 : time / busy }));
  return { busySeconds: busy / 1e6, all: all.sort((a, b) => b.share - a.share) };
}

function nameOf(frame: CpuProfile['nodes'][number]['callFrame']): string {
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
  if (frame.url === '') return name;
  const file = frame.url.replace(/^.*\/(dist|node_modules)\//, (_, folder: string) =>
    folder === 'dist' ? '' : 'node_modules/',
  );
  return `${name} ${file}:${frame.lineNumber + 1}`;
}

/** Runs a subject that is a program of Node once with its profiler on. */
export async function profile(subject: Subject, folder: string, signal: AbortSignal): Promise<Profile> {
  const files = await mkdtemp(join(folder, 'profile-'));
  if (subject.output !== undefined) await rm(subject.output, { recursive: true, force: true });
  const { command } = subject;
  const flags = ['--cpu-prof', `--cpu-prof-dir=${files}`, `--cpu-prof-interval=${INTERVAL}`];
  await output({ ...command, args: [...flags, ...command.args] }, signal);
  const profiles: CpuProfile[] = [];
  for (const name of await readdir(files))
    profiles.push(JSON.parse(await readFile(join(files, name), 'utf8')) as CpuProfile);
  await rm(files, { recursive: true });
  const { busySeconds, all } = shares(profiles);
  return { subject: subject.name, title: subject.title, busySeconds, top: all.slice(0, TOP) };
}
