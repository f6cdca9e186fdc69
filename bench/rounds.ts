import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { measure, type Measured, output } from './measure.ts';
import type { Subject } from './subjects.ts';
import { type Result, summarise } from './summary.ts';

/**
 * Measures the subjects in turn, round by round, so that a change in the machine's mood meets all of them. What the
 * last round wrote stays.
 * @param versus names of subjects that the others' times are divided by too, where both ran
 */
export async function runRounds(
  subjects: readonly Subject[],
  rounds: number,
  versus: readonly string[],
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const runs = new Map<string, Measured[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      if (round > (subject.rounds ?? rounds)) continue;
      const run = await runOnce(subject, signal);
      runs.get(subject.name)!.push(run);
      note(`round ${round}: ${subject.name.padEnd(14)} ${describe(run)}`);
    }
  }
  const results: Result[] = [];
  for (const subject of subjects) {
    const bytes = subject.output === undefined ? undefined : await fileBytes(subject.output);
    const others = subject.reference === 'mariadb' ? versus : [];
    const references = [subject.reference, ...(subject.against ?? []), ...others]
      .filter((name) => runs.has(name))
      .map((name) => [name, runs.get(name)!] as const);
    results.push(summarise(subject, runs.get(subject.name)!, references, bytes));
  }
  return results;
}

/** One run of a subject, with nothing there of what it writes, and nothing on its way to the disk of what others wrote. */
async function runOnce(subject: Subject, signal: AbortSignal): Promise<Measured> {
  if (subject.output !== undefined) await rm(subject.output, { recursive: true, force: true });
  await subject.before?.();
  await output({ file: 'sync', args: [] }, signal);
  return measure(subject.command, signal);
}

function describe(run: Measured): string {
  const rss = Math.round(run.peakRss / 1e6);
  return `${run.seconds.toFixed(2).padStart(6)} s  ${run.cpuSeconds.toFixed(2).padStart(6)} CPU s  ${rss} MB`;
}

/** Bytes of all files below a folder. */
async function fileBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true })) {
    const file = await lstat(join(folder, entry));
    if (file.isFile()) bytes += file.size;
  }
  return bytes;
}
