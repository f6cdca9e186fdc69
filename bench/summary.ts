import type { Measured } from './measure.ts';

/** The middle of several runs, with the least and the most. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What is kept of a subject after all rounds. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly reference: string;
  readonly seconds: Spread;
  readonly cpuSeconds: Spread;
  /** Wall time divided by that of the reference in the same round. */
  readonly ratio: Spread;
  /** The largest of all rounds, in bytes. */
  readonly peakRss: number;
  /** Bytes of the files in the lake, where there is one. */
  readonly lakeBytes?: number;
}

/** Limits of {@link misses}: the median of the ratios, and the memory in bytes. */
export type Thresholds = Readonly<Record<string, { readonly ratio: number; readonly peakRss: number }>>;

/** @param values at least one */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** @param references the runs of the reference, one per round as the runs */
export function summarise(
  subject: Pick<Result, 'name' | 'title' | 'reference'>,
  runs: readonly Measured[],
  references: readonly Measured[],
  lakeBytes: number | undefined,
): Result {
  return {
    name: subject.name,
    title: subject.title,
    reference: subject.reference,
    seconds: spread(runs.map((run) => run.seconds)),
    cpuSeconds: spread(runs.map((run) => run.cpuSeconds)),
    ratio: spread(runs.map((run, round) => run.seconds / references[round]!.seconds)),
    peakRss: Math.max(...runs.map((run) => run.peakRss)),
    ...(lakeBytes === undefined ? {} : { lakeBytes }),
  };
}

/** One plain line for every limit that was not kept, also for a limit of something that was not measured. */
export function misses(results: readonly Result[], thresholds: Thresholds): string[] {
  const lines: string[] = [];
  for (const [name, limit] of Object.entries(thresholds)) {
    const result = results.find((candidate) => candidate.name === name);
    if (result === undefined) {
      lines.push(`${name} was not measured`);
      continue;
    }
    const { median } = result.ratio;
    if (!(median <= limit.ratio))
      lines.push(
        `${name} took ${median.toFixed(2)} times as long as ${result.reference}, more than ${limit.ratio}`,
      );
    if (!(result.peakRss <= limit.peakRss))
      lines.push(`${name} held ${megabytes(result.peakRss)} MB, more than ${megabytes(limit.peakRss)} MB`);
  }
  return lines;
}

/** Whole millions of bytes. */
export function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toString();
}
