import { pause, pauseBefore } from '../back-off.ts';
import type { PanoramaError } from '../errors.ts';
import type { TableSettings } from '../settings/settings.ts';
import type { LostPart, SourceSession } from '../sources/source.ts';
import { outsideHours } from './allowed-hours.ts';
import { tableKey } from './installation.ts';
import { chooseReading, prepareLoad } from './load.ts';
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
  SOURCE_ENDS,
  type SourceOutcome,
  type StagedLoad,
} from './read-context.ts';
import { PARTITION_MEMORY, stageTable } from './stage-table.ts';

/**
 * Reads tables, as many at a time as the session allows, and answers those that are complete in the order of
 * `wanted`. A table whose read breaks is begun anew, in the same view of the source where that is still to be had,
 * else it is left for another session (`outcome.again`); its rows are always of one view. When the source is lost,
 * tables under way come to their own end and no other is begun; when the run is over, all end as soon as their next
 * rows come.
 */
export async function readBeside(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
  outcome: SourceOutcome,
  wanted: readonly TableSettings[],
  attempts: Attempts,
): Promise<StagedLoad[]> {
  const workers = Math.min(session.parallel ?? 1, wanted.length);
  const memory = Math.floor(PARTITION_MEMORY / Math.max(1, workers));
  const staged: (StagedLoad | undefined)[] = [];
  const waiting = [...wanted.entries()];
  const again: TableSettings[] = [];
  let over: PanoramaError | undefined;
  let why: PanoramaError | undefined;
  const go = (): void => {
    checkSignal(context.signal);
    if (over !== undefined) throw over;
  };

  async function readOne(settings: TableSettings): Promise<StagedLoad> {
    go();
    const schema = await session.describe(settings.name);
    const current = await context.lake.layout.load(tableKey(context.datalake, schema.table));
    const load = prepareLoad(plan, schema, settings, context, current);
    const reading = await chooseReading(session, load, settings, context.force);
    const estimatedRows = reading.partial ? undefined : await session.estimateRows?.(settings.name);
    const lost: LostPart[] = [];
    const batches = session.read({ ...reading.request, lost: (part) => void lost.push(part) });
    const staged = await stageTable(plan, load, reading, batches, context, {
      session,
      memory,
      estimatedRows,
      lost,
      go,
    });
    for (const { error } of lost) fail(context, outcome, plan, settings.name, error);
    return staged;
  }

  /** Has a failed table begun anew, here or in another session; false where it has failed for good. */
  async function retry(place: number, settings: TableSettings, error: PanoramaError): Promise<boolean> {
    const { patience, restarts } = attempts;
    const before = restarts.get(settings.name) ?? 0;
    if (!mayPass(error) || before >= patience.retries) return false;
    restarts.set(settings.name, before + 1);
    context.begun.delete(settings.name);
    if (isOver(session, error) || error.code === 'source-changed') {
      why ??= error;
      again.push(settings);
      return true;
    }
    const ms = pauseBefore(before, patience.firstMs);
    const { name: source } = plan.datasource;
    const table = settings.name;
    context.emit({ type: 'retry', source, table, error, ms, attempt: before + 1, of: patience.retries });
    await pause(ms, context.signal);
    waiting.unshift([place, settings]);
    return true;
  }

  function giveUpRest(error: PanoramaError): void {
    const rest = waiting.splice(0).map(([, table]) => table);
    if (!mayPass(error) || attempts.patience.retries === 0)
      return failRest(context, outcome, plan, rest, error);
    why ??= error;
    again.push(...rest);
  }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, settings] = next;
      const closed = outsideHours(plan.datasource);
      if (closed !== undefined) {
        fail(context, outcome, plan, settings.name, closed);
        continue;
      }
      try {
        staged[place] = await readOne(settings);
      } catch (error) {
        const known = failureOf(error, context.signal);
        if (endsRun(known, context.signal)) {
          over ??= known;
          return;
        }
        if (!(await retry(place, settings, known))) fail(context, outcome, plan, settings.name, known);
        if (isOver(session, known)) giveUpRest(known);
      }
    }
  }

  await Promise.all(Array.from({ length: workers }, work));
  const complete = staged.filter((load) => load !== undefined);
  if (over !== undefined) {
    await discard(context.lake, { staged: complete });
    throw over;
  }
  if (why !== undefined) outcome.again = { tables: again, error: why };
  return complete;
}

/** True where nothing more can be read of a session after this error. */
function isOver(session: SourceSession, error: PanoramaError): boolean {
  // Each further table would wait as long.
  if (error.code === 'source-busy') return true;
  if (!SOURCE_ENDS.has(error.code)) return false;
  return session.alive === undefined || !session.alive() || error.code === 'source-access-denied';
}
