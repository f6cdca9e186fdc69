import { pause, pauseBefore } from '../back-off.ts';
import { JOBS } from '../settings/settings.ts';
import { outsideHours } from './allowed-hours.ts';
import type { SourcePlan } from './plan.ts';
import {
  type Attempts,
  checkSignal,
  discard,
  endsRun,
  fail,
  failRest,
  failureOf,
  mayPass,
  type ReadContext,
  type SourceOutcome,
} from './read-context.ts';
import { readSource } from './read-source.ts';
import { jobsOf, makeSource, patienceOf } from './sources.ts';

/**
 * Opens a source and reads the selected tables into staged files. Where the source cannot be reached, or is lost before
 * all tables are read, it is opened anew for those that are missing, after a pause. They are then of another view
 * than those before; each table is of one.
 * @param jobs how many tables to read at the same time at most, in place of what the settings say
 */
export async function readPatiently(
  plan: SourcePlan,
  context: ReadContext,
  jobs: number | undefined,
): Promise<SourceOutcome> {
  const patience = patienceOf(plan.datasource);
  const attempts: Attempts = { patience, restarts: new Map() };
  const all: SourceOutcome = { staged: [], failures: [] };
  const { name: source } = plan.datasource;
  try {
    let left = plan;
    for (let vain = 0; ;) {
      const { staged, failures, again } = await readOnce(left, context, jobs, attempts);
      all.staged.push(...staged);
      all.failures.push(...failures);
      if (again === undefined) return all;
      vain = staged.length > 0 ? 1 : vain + 1;
      if (vain > patience.retries) {
        giveUp(plan, context, all, again);
        return all;
      }
      const ms = pauseBefore(vain - 1, patience.firstMs);
      context.emit({ type: 'retry', source, error: again.error, ms, attempt: vain, of: patience.retries });
      await pause(ms, context.signal);
      checkSignal(context.signal);
      left = { ...left, tables: again.tables, named: again.tables === plan.tables && plan.named };
    }
  } catch (error) {
    await discard(context.lake, all);
    throw error;
  }
}

/** Opens the source once and reads what can be had of it. @throws PanoramaError where the run is over */
async function readOnce(
  plan: SourcePlan,
  context: ReadContext,
  jobs: number | undefined,
  attempts: Attempts,
): Promise<SourceOutcome> {
  const { datasource } = plan;
  const { name } = datasource;
  const outcome: SourceOutcome = { staged: [], failures: [] };
  const closed = outsideHours(datasource);
  if (closed !== undefined) {
    giveUp(plan, context, outcome, { tables: plan.tables, error: closed });
    return outcome;
  }
  try {
    const source = await makeSource(datasource);
    const session = await source.open({
      parallel: Math.min(jobs ?? jobsOf(datasource), JOBS.most),
      tell: (text) => context.emit({ type: 'notice', source: name, text }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    const { parallel = 1, parallelNote } = session;
    const note = parallelNote === undefined ? {} : { parallelNote };
    context.emit({ type: 'source-open', source: name, parallel, ...note });
    try {
      const read = await readSource(plan, session, context, attempts);
      for (const text of session.notices?.() ?? []) context.emit({ type: 'notice', source: name, text });
      return read;
    } finally {
      await session.close();
    }
  } catch (error) {
    const known = failureOf(error, context.signal);
    if (endsRun(known, context.signal) || known.code.startsWith('lake-')) throw known;
    if (attempts.patience.retries > 0 && mayPass(known))
      return { ...outcome, again: { tables: plan.tables, error: known } };
    fail(context, outcome, plan, undefined, known);
    return outcome;
  }
}

/** Tables that were left for another session fail: each, or the source as a whole where it was never opened. */
function giveUp(
  plan: SourcePlan,
  context: ReadContext,
  outcome: SourceOutcome,
  { tables, error }: NonNullable<SourceOutcome['again']>,
): void {
  if (tables === 'all' || tables === plan.tables) fail(context, outcome, plan, undefined, error);
  else failRest(context, outcome, plan, tables, error);
}
