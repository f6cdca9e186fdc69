import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { measure, type Measured } from './measure.ts';
import type { Subject } from './subjects.ts';
import { type Result, summarise } from './summary.ts';

/**
 * Measures the subjects in turn, round by round, so that a change in the machine's mood meets all of them. The
 * lakes of the last round stay.
 */
export async function runRounds(
  subjects: readonly Subject[],
  rounds: number,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const runs = new Map<string, Measured[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      const run = await runOnce(subject, signal);
      runs.get(subject.name)!.push(run);
      note(`round ${round}: ${subject.name.padEnd(11)} ${describe(run)}`);
    }
  }
  const results: Result[] = [];
  for (const subject of subjects) {
    const bytes = subject.lake === undefined ? undefined : await fileBytes(subject.lake);
    results.push(summarise(subject, runs.get(subject.name)!, runs.get(subject.reference)!, bytes));
  }
  return results;
}

/** One run of a subject into a fresh lake. */
export async function runOnce(subject: Subject, signal: AbortSignal): Promise<Measured> {
  if (subject.lake !== undefined) await rm(subject.lake, { recursive: true, force: true });
  return measure(subject.command, signal);
}

function describe(run: Measured): string {
  const rss = Math.round(run.peakRss / 1e6);
  return `${run.seconds.toFixed(2).padStart(6)} s  ${run.cpuSeconds.toFixed(2).padStart(6)} CPU s  ${rss} MB`;
}

/** Bytes of all Parquet files below a folder. */
async function fileBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true }))
    if (entry.endsWith('.parquet')) bytes += (await stat(join(folder, entry))).size;
  return bytes;
}
