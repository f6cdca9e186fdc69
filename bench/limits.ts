import type { Shape } from './shapes.ts';
import type { S3Way } from './s3.ts';
import { peaks, secondsPerRow, type Slope } from './slope.ts';
import type { Startup } from './startup.ts';
import { megabytes, type Result } from './summary.ts';

/** A bar of bench/thresholds.json; the value that is measured must be at most `most`. */
export type Limit = Bar & {
  readonly most: number;
  /** What it takes more of is another program, which cannot be had everywhere: without it there is no verdict. */
  readonly peer?: true;
  /** It is known that the bar is missed, by how much and why; worse than this by a quarter is a regression. */
  readonly known?: { readonly value: number; readonly reason: string };
};

type Bar =
  /** Ratio of the medians of the times; of several that it is held against, to the longest. */
  | (Where & {
      readonly kind: 'time';
      readonly subject: string;
      readonly against: string | readonly string[];
    })
  /** The highest peak of memory of all rounds, in bytes. */
  | (Where & { readonly kind: 'memory'; readonly subject: string })
  /** Peak of memory at four times of the rows by that at the rows. */
  | { readonly kind: 'memory-growth'; readonly subject: string }
  /** The longest time per row of the three sizes by the shortest, after that of an empty table. */
  | { readonly kind: 'time-per-row'; readonly subject: string }
  /** `panorama --help` by `node -e 0`. */
  | { readonly kind: 'startup'; readonly of: 'seconds' | 'cpuSeconds' };

/** Whose results: those of the main table, unless it says otherwise. */
interface Where {
  /** A table of another shape. */
  readonly table?: string;
  /** A way into S3. */
  readonly s3?: string;
}

/** What limits are judged by. */
export interface Evidence {
  readonly results: readonly Result[];
  readonly shapes: readonly Shape[];
  readonly s3: readonly S3Way[];
  readonly slope?: Slope;
  readonly startup?: Startup;
}

export type Outcome = 'kept' | 'missed' | 'known miss' | 'worse than known' | 'not measured' | 'no such peer';

export interface Verdict {
  readonly what: string;
  readonly most: string;
  /** Absent where it was not measured. */
  readonly value?: string;
  readonly outcome: Outcome;
  readonly reason?: string;
}

/** How much worse than the recorded value a known miss may become. */
const SLACK = 1.25;

/** A verdict for every limit. */
export function judge(limits: readonly Limit[], evidence: Evidence): readonly Verdict[] {
  return limits.map((limit) => {
    const value = measured(limit, evidence);
    const text = (number: number): string =>
      limit.kind === 'memory' ? `${megabytes(number)} MB` : number.toFixed(2);
    const outcome = outcomeOf(limit, value);
    return {
      what: what(limit),
      most: text(limit.most),
      ...(value !== undefined && { value: text(value) }),
      outcome,
      ...(limit.known !== undefined &&
        outcome !== 'kept' && { reason: `${limit.known.reason} (${text(limit.known.value)} when recorded)` }),
    };
  });
}

/** True where nothing stands against the check: known misses and absent peers do not. */
export function passes(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ outcome }) => ['kept', 'known miss', 'no such peer'].includes(outcome));
}

function outcomeOf({ most, known, peer }: Limit, value: number | undefined): Outcome {
  if (value === undefined) return peer === true ? 'no such peer' : 'not measured';
  if (value <= most) return 'kept';
  if (known === undefined) return 'missed';
  return value <= known.value * SLACK ? 'known miss' : 'worse than known';
}

function measured(limit: Limit, evidence: Evidence): number | undefined {
  const { slope, startup } = evidence;
  switch (limit.kind) {
    case 'time': {
      const seconds = (subject: string): number | undefined =>
        resultOf(limit, subject, evidence)?.seconds.median;
      const ours = seconds(limit.subject);
      const theirs = [limit.against].flat().map(seconds);
      return ours === undefined || theirs.includes(undefined)
        ? undefined
        : ours / Math.max(...(theirs as number[]));
    }
    case 'memory':
      return resultOf(limit, limit.subject, evidence)?.peakRss;
    case 'memory-growth': {
      const found = slope && peaks(slope, limit.subject);
      return found && found.at(-1)! / found.at(-2)!;
    }
    case 'time-per-row': {
      const found = slope && secondsPerRow(slope, limit.subject);
      // Too few rows to tell their time from that of the start.
      if (found?.some((seconds) => seconds <= 0)) return Infinity;
      return found && Math.max(...found) / Math.min(...found);
    }
    case 'startup':
      return startup && startup.help[limit.of].median / startup.node[limit.of].median;
  }
}

function resultOf({ table, s3 }: Where, subject: string, evidence: Evidence): Result | undefined {
  const results =
    s3 !== undefined
      ? evidence.s3.find((way) => way.name === s3)?.results
      : table !== undefined
        ? evidence.shapes.find((shape) => shape.table === table)?.results
        : evidence.results;
  return results?.find(({ name }) => name === subject);
}

function what(limit: Limit): string {
  switch (limit.kind) {
    case 'time':
      return `time of ${limit.subject} / ${longest(limit.against)}${of(limit)}`;
    case 'memory':
      return `peak RSS of ${limit.subject}${of(limit)}`;
    case 'memory-growth':
      return `peak RSS of ${limit.subject}, four times the rows / the rows`;
    case 'time-per-row':
      return `time per row of ${limit.subject}, longest / shortest of three sizes`;
    case 'startup':
      return `${limit.of === 'seconds' ? 'time' : 'CPU time'} of \`panorama --help\` / \`node -e 0\``;
  }
}

function longest(against: string | readonly string[]): string {
  return typeof against === 'string' ? against : `the longer of ${against.join(' and ')}`;
}

function of({ table, s3 }: Where): string {
  if (s3 !== undefined) return `, into S3: ${s3}`;
  return table === undefined ? '' : `, table ${table}`;
}
