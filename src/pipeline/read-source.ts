import { asPanoramaError, PanoramaError } from '../errors.ts';
import type { CurrentTable } from '../lake/layout.ts';
import type { TableSchema } from '../rows/field.ts';
import type { TableSettings } from '../settings/settings.ts';
import type { SourceSession } from '../sources/source.ts';
import { guardSpace } from './disk-space.ts';
import { type Load, prepareLoad, type Reading } from './load.ts';
import type { SourcePlan } from './plan.ts';
import { readBeside } from './read-beside.ts';
import {
  type Attempts,
  checkSignal,
  discard,
  DUMP_BROKEN,
  endsRun,
  fail,
  failureOf,
  mayPass,
  type ReadContext,
  type SourceOutcome,
} from './read-context.ts';
import { PARTITION_MEMORY, stageTable } from './stage-table.ts';

/** Nothing of before stays. */
const WHOLE: Omit<Reading, 'request'> = { stays: () => [], partial: false };

/**
 * Reads the selected tables of an open source into staged files. A table that fails does not stop the others.
 * @param attempts how often a table may be begun anew; default: never
 */
export async function readSource(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
  attempts: Attempts = { patience: { retries: 0, firstMs: 0 }, restarts: new Map() },
): Promise<SourceOutcome> {
  const outcome: SourceOutcome = { staged: [], failures: [] };
  try {
    if (session.sweep !== undefined) await sweepTables(plan, session, context, outcome);
    else await readTables(plan, session, context, outcome, attempts);
  } catch (error) {
    // The failed tables are told one by one; what ends here concerns the source or the run.
    const known = failureOf(error, context.signal);
    const over = endsRun(known, context.signal);
    if (over || DUMP_BROKEN.has(known.code)) await discard(context.lake, outcome);
    if (over) throw known;
    if (attempts.patience.retries > 0 && mayPass(known))
      outcome.again = { tables: plan.tables, error: known };
    else if (!outcome.failures.some((failure) => failure.error === known))
      fail(context, outcome, plan, undefined, known);
  }
  return outcome;
}

async function readTables(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
  outcome: SourceOutcome,
  attempts: Attempts,
): Promise<void> {
  const present = await session.tables();
  const exists = async (name: string): Promise<boolean> => {
    try {
      await session.describe(name);
      return true;
    } catch (error) {
      fail(context, outcome, plan, name, failureOf(error, context.signal));
      return false;
    }
  };
  const wanted =
    plan.tables === 'all'
      ? present.map((name): TableSettings => ({ name }))
      : plan.tables.filter(({ name }) => present.includes(name) || !plan.mayLack.has(name));
  if (plan.named) {
    const missing = wanted.find((table) => !present.includes(table.name));
    // A view is not listed, but may be asked for by its name.
    if (missing !== undefined && !(await exists(missing.name))) return;
  }
  if (plan.tables === 'all' && wanted.length === 0) fail(context, outcome, plan, undefined, noTables(plan));
  await guardSpace(wanted, context);
  outcome.staged.push(...(await readBeside(plan, session, context, outcome, wanted, attempts)));
}

async function sweepTables(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
  outcome: SourceOutcome,
): Promise<void> {
  const begun = new Map<string, Load | PanoramaError>();
  const currents = await loadCurrents(context);
  const select = (schema: TableSchema) => {
    const settings = tableSettings(plan, schema.table);
    if (settings === undefined) return undefined;
    try {
      const load = prepareLoad(plan, schema, settings, context, currents(schema.table));
      begun.set(schema.table, load);
      return load.plan.read;
    } catch (error) {
      begun.set(schema.table, asPanoramaError(error));
      return undefined;
    }
  };
  for await (const stream of session.sweep!(select)) {
    checkSignal(context.signal);
    const load = begun.get(stream.schema.table);
    if (load === undefined || load instanceof PanoramaError) continue;
    try {
      const go = (): void => checkSignal(context.signal);
      const supply = { session, memory: PARTITION_MEMORY, estimatedRows: undefined, lost: [], go };
      outcome.staged.push(await stageTable(plan, load, WHOLE, stream.batches, context, supply));
    } catch (error) {
      const known = asPanoramaError(error);
      if (endsRun(known, context.signal) || DUMP_BROKEN.has(known.code)) throw known;
      fail(context, outcome, plan, stream.schema.table, known);
    }
  }
  if (plan.tables === 'all' && begun.size === 0) fail(context, outcome, plan, undefined, noTables(plan));
  for (const [table, load] of begun)
    if (load instanceof PanoramaError) fail(context, outcome, plan, table, load);
  for (const { name } of plan.tables === 'all' ? [] : plan.tables) {
    if (begun.has(name) || plan.mayLack.has(name)) continue;
    const error = new PanoramaError(
      'unknown-table',
      `Source ${plan.datasource.name}: the dump holds no table ${name}.`,
    );
    fail(context, outcome, plan, name, error);
  }
}

/**
 * The current versions of all tables, for a source whose tables are known only while it is read. One that cannot
 * be read fails where it is asked for, and only there.
 */
async function loadCurrents(context: ReadContext): Promise<(table: string) => CurrentTable> {
  const { layout } = context.lake;
  const basePrefix = context.datalake.basePrefix ?? '';
  const known = new Map<string, CurrentTable | PanoramaError>();
  for (const key of await layout.tables()) {
    if (key.basePrefix === basePrefix) known.set(key.table, await layout.load(key).catch(asPanoramaError));
  }
  return (table) => {
    const current = known.get(table) ?? { key: { basePrefix, table } };
    if (current instanceof PanoramaError) throw current;
    return current;
  };
}

function tableSettings(plan: SourcePlan, table: string): TableSettings | undefined {
  return plan.tables === 'all' ? { name: table } : plan.tables.find((settings) => settings.name === table);
}

/** The error of a source that should give all its tables and shows none. */
function noTables(plan: SourcePlan): PanoramaError {
  return new PanoramaError('source-permission', `Source ${plan.datasource.name} shows no table at all.`, {
    hint: 'Check the name of the database and that the user may see its tables (GRANT SELECT).',
  });
}
