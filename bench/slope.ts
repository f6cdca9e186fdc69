import type { MariadbServer } from '../test/servers/mariadb.ts';
import { choose } from './options.ts';
import { runRounds } from './rounds.ts';
import { load, LOADS, readers, type Subject } from './subjects.ts';
import type { Result, Spread } from './summary.ts';
import { studentModule } from './tables/student-module.ts';
import { type BenchTable, drop } from './tables/table.ts';
import { type Check, mustAgree, serverFacts, verify } from './verify.ts';

const ROUNDS = 3;
const EMPTY_ROUNDS = 5;

/** A size of the table. */
export interface SlopePoint {
  readonly rows: number;
  readonly results: readonly Result[];
}

/** Time and memory against the number of rows. */
export interface Slope {
  readonly rounds: number;
  /** From the smallest on: a quarter, all, four times of the rows. */
  readonly points: readonly SlopePoint[];
  /** What each subject takes for a table without rows: its start, its connection, its end. */
  readonly empty: Readonly<Record<string, Spread>>;
}

/**
 * Seconds a row by subject and size, after what the subject takes for an empty table.
 * @returns undefined where the subject was not measured
 */
export function secondsPerRow(slope: Slope, name: string): readonly number[] | undefined {
  const empty = slope.empty[name];
  if (empty === undefined) return undefined;
  return slope.points.map(({ rows, results }) => {
    const { seconds } = results.find((result) => result.name === name)!;
    return (seconds.median - empty.median) / rows;
  });
}

/** The peaks of a subject's memory from the smallest size on, in bytes; undefined where it was not measured. */
export function peaks(slope: Slope, name: string): readonly number[] | undefined {
  const found = slope.points.map(({ results }) => results.find((result) => result.name === name)?.peakRss);
  return found.includes(undefined) ? undefined : (found as number[]);
}

/** @param table the table of the benchmark, filled, which is the middle size */
export async function measureSlope(
  server: MariadbServer,
  table: BenchTable,
  folder: string,
  only: readonly string[] | undefined,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<{ slope: Slope; checks: readonly Check[] }> {
  const measured = async (of: BenchTable, rounds: number) => {
    const subjects = await subjectsOf(server, of, folder, only);
    return { subjects, results: await runRounds(subjects, rounds, ['raw-drain'], note, signal) };
  };
  note('an empty table');
  const nothing = studentModule(0, 'studentmodule_empty');
  await nothing.fill(server);
  const { results: empty } = await measured(nothing, EMPTY_ROUNDS);

  const points: SlopePoint[] = [];
  const checks: Check[] = [];
  for (const rows of [Math.round(table.rows / 4), table.rows, table.rows * 4]) {
    const ofSize = rows === table.rows ? table : studentModule(rows, `studentmodule_${rows}`);
    note(`${rows} rows`);
    if (ofSize !== table) await ofSize.fill(server);
    const facts = await serverFacts(server, ofSize, signal);
    const { subjects, results } = await measured(ofSize, ROUNDS);
    points.push({ rows, results });
    for (const subject of subjects.filter(({ holds }) => holds !== undefined)) {
      const check = await verify(subject, ofSize, facts, signal);
      mustAgree(check);
      checks.push(check);
    }
    if (ofSize !== table) await drop(server, ofSize);
  }
  const seconds = Object.fromEntries(empty.map((result) => [result.name, result.seconds]));
  return { slope: { rounds: ROUNDS, points, empty: seconds }, checks };
}

async function subjectsOf(
  server: MariadbServer,
  table: BenchTable,
  folder: string,
  only: readonly string[] | undefined,
): Promise<readonly Subject[]> {
  const subjects: Subject[] = [...readers(server, table)];
  for (const name of Object.keys(LOADS) as (keyof typeof LOADS)[])
    subjects.push(await load(name, server, table, folder));
  const wanted = only?.filter((name) => subjects.some((subject) => subject.name === name));
  return choose(subjects, wanted);
}
