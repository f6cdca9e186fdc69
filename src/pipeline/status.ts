import type { RunRecord } from '../lake/run-ledger.ts';
import { stateBytes, stateRows, type TableState } from '../lake/table-state.ts';
import type { LakeReader } from './read-lake.ts';
import { isRejectedTable } from './rejected-table.ts';

/** How a table of the lake stands. */
export interface TableStatus {
  readonly table: string;
  readonly viewName: string;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  /** ISO 8601 in UTC; absent for a table that was registered and never loaded. */
  readonly loadedAt?: string;
  /** Milliseconds since then. */
  readonly age?: number;
  /** Why the last run that tried the table did not publish it; absent where it did. */
  readonly failure?: { readonly run: number; readonly code: string; readonly message: string };
}

/** How a lake stands. */
export interface LakeStatus {
  /** Those in the catalog, by name; without the list of rejected values, which changes only where there are some. */
  readonly tables: readonly TableStatus[];
  /** The newest run; absent where the lake has no record of one. */
  readonly lastRun?: RunRecord;
  /** Tables whose publication was interrupted, which the next run finishes. */
  readonly unfinished: readonly string[];
}

/** So many runs are asked for the last failure of a table. */
const RUNS = 20;

/** @param now milliseconds since 1970 */
export async function lakeStatus(lake: LakeReader, now: number): Promise<LakeStatus> {
  const [states, runs, unfinished] = await Promise.all([lake.tables(), lake.runs(RUNS), lake.unfinished()]);
  const failures = lastFailures(runs);
  const [lastRun] = runs;
  return {
    tables: states
      .filter(({ registered, table }) => registered && !isRejectedTable(table))
      .map((state) => tableStatus(state, failures.get(state.table), now)),
    ...(lastRun === undefined ? {} : { lastRun }),
    unfinished,
  };
}

function tableStatus(state: TableState, failure: TableStatus['failure'], now: number): TableStatus {
  const { table, viewName, files, loadedAt } = state;
  return {
    table,
    viewName,
    rows: stateRows(state),
    bytes: stateBytes(state),
    files: files.length,
    ...(loadedAt === undefined ? {} : { loadedAt, age: now - Date.parse(loadedAt) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Of each table that the newest run that tried it did not publish: why. */
function lastFailures(runs: readonly RunRecord[]): Map<string, NonNullable<TableStatus['failure']>> {
  const decided = new Set<string>();
  const failures = new Map<string, NonNullable<TableStatus['failure']>>();
  for (const run of runs) {
    for (const { table, code, message } of run.failures)
      if (table !== undefined && !decided.has(table)) failures.set(table, { run: run.number, code, message });
    for (const { table } of [...run.failures, ...run.tables]) if (table !== undefined) decided.add(table);
  }
  return failures;
}

/** Something that a person should look at. */
export interface Problem {
  readonly table?: string;
  readonly text: string;
}

/**
 * What is wrong with a lake: tables that are too old, were never loaded or failed, an interrupted publication, a last
 * run that failed or ended without a word, no table at all.
 * @param maxAge milliseconds; undefined: tables may have any age
 */
export function lakeProblems({ tables, lastRun, unfinished }: LakeStatus, maxAge?: number): Problem[] {
  const problems: Problem[] = [];
  if (tables.length === 0) problems.push({ text: 'the lake holds no table' });
  if (lastRun?.state === 'abandoned')
    problems.push({
      text: `run ${lastRun.number} ended without a word (${lastRun.host}, process ${lastRun.pid})`,
    });
  for (const { table, code, message } of lastRun?.failures ?? [])
    if (table === undefined || isRejectedTable(table))
      problems.push({ text: `run ${lastRun!.number} failed: ${message} [${code}]` });
  for (const table of unfinished)
    problems.push({ table, text: 'its publication was interrupted; the next run finishes it' });
  for (const { table, age, failure } of tables) {
    if (failure !== undefined)
      problems.push({ table, text: `run ${failure.run} failed: ${failure.message} [${failure.code}]` });
    if (maxAge === undefined) continue;
    if (age === undefined) problems.push({ table, text: 'it was never loaded' });
    else if (age > maxAge) problems.push({ table, text: 'it is too old' });
  }
  return problems;
}
