import type { Measured } from './measure.ts';

/** The middle of several runs, with the least and the most. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How two subjects compare: the ratio of the medians of their times, and the least and most of single rounds. */
export interface Ratio {
  readonly ofMedians: number;
  readonly min: number;
  readonly max: number;
}

/** What is kept of a subject after all rounds. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly reference: string;
  readonly rounds: number;
  readonly seconds: Spread;
  readonly cpuSeconds: Spread;
  /** Wall time against the reference, and against further subjects, by their names. */
  readonly ratios: Readonly<Record<string, Ratio>>;
  /** The largest of all rounds, in bytes. */
  readonly peakRss: number;
  /** Bytes handed to the disk, temporary files included; the largest of all rounds. */
  readonly written: number;
  /** Bytes of the files that were left at the end, where there are any. */
  readonly fileBytes?: number;
}

/** @param values at least one */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * Compares times of the same rounds; where one of the two stopped earlier, the rounds that both ran.
 * @param runs seconds per round
 * @param references seconds per round
 */
export function compare(runs: readonly number[], references: readonly number[]): Ratio {
  const both = Math.min(runs.length, references.length);
  const [ours, theirs] = [runs.slice(0, both), references.slice(0, both)];
  const { min, max } = spread(ours.map((seconds, round) => seconds / theirs[round]!));
  return { ofMedians: spread(ours).median / spread(theirs).median, min, max };
}

/** @param references runs by name, one per round as the runs */
export function summarise(
  subject: Pick<Result, 'name' | 'title' | 'reference'>,
  runs: readonly Measured[],
  references: readonly (readonly [name: string, runs: readonly Measured[]])[],
  fileBytes: number | undefined,
): Result {
  const seconds = runs.map((run) => run.seconds);
  return {
    name: subject.name,
    title: subject.title,
    reference: subject.reference,
    rounds: runs.length,
    seconds: spread(seconds),
    cpuSeconds: spread(runs.map((run) => run.cpuSeconds)),
    ratios: Object.fromEntries(
      references.map(([name, others]) => [
        name,
        compare(
          seconds,
          others.map((run) => run.seconds),
        ),
      ]),
    ),
    peakRss: Math.max(...runs.map((run) => run.peakRss)),
    written: Math.max(...runs.map((run) => run.written)),
    ...(fileBytes === undefined ? {} : { fileBytes }),
  };
}

/** Whole millions of bytes. */
export function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toString();
}
