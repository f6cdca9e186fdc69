import { asPanoramaError, type ErrorCode, PanoramaError } from '../errors.ts';
import type { CurrentTable } from '../lake/layout.ts';
import { type StagedTable, TableWriter } from '../lake/table-writer.ts';
import type { LakeFile, TableState } from '../lake/table-state.ts';
import { OutOfMemory } from '../kernels/kernels.ts';
import { type Batch, batchBytes } from '../rows/batch.ts';
import type { TableSchema } from '../rows/field.ts';
import type { DatalakeSettings, TableSettings } from '../settings/settings.ts';
import type { LostPart, SourceSession } from '../sources/source.ts';
import type { EventListener, Failure } from './events.ts';
import type { Lake } from './lake.ts';
import { chooseReading, guardForeign, type Load, prepareLoad, type Reading } from './load.ts';
import { lostRows } from './lost-rows.ts';
import type { SourcePlan } from './plan.ts';
import { shaper } from './shape.ts';

/**
 * Bytes of rows that partitioned tables keep in memory before they use temporary files: all that are read at the
 * same time together.
 */
const PARTITION_MEMORY = 96 << 20;

export interface ReadContext {
  readonly lake: Lake;
  readonly datalake: DatalakeSettings;
  readonly loadedAt: string;
  readonly allowSchemaChange: boolean;
  /** Read tables whole, also where their settings ask for changed partitions only. */
  readonly force: boolean;
  /** Switch tables to the format and layout of the settings. */
  readonly convert: boolean;
  /** The source of every table that this run has begun. */
  readonly begun: Map<string, string>;
  readonly signal: AbortSignal | undefined;
  readonly emit: EventListener;
}

/** A table whose new files are complete and wait for publication. */
export interface StagedLoad {
  readonly load: Load;
  readonly next: TableState;
  readonly table: StagedTable;
  /** Files of before that the new ones stand for. */
  readonly replaced: readonly LakeFile[];
  /** Names of files of another format or layout, which go when the table was published. */
  readonly leftover: readonly string[];
  readonly ms: number;
}

/** Nothing of before stays. */
const WHOLE: Pick<Reading, 'stays'> = { stays: () => [] };

/** What came of reading one source: what may be published, and what failed. */
export interface SourceOutcome {
  readonly staged: StagedLoad[];
  readonly failures: Failure[];
}

/** After these the rest of the source cannot be read. */
const SOURCE_ENDS: ReadonlySet<ErrorCode> = new Set([
  'source-failed',
  'source-unreachable',
  'source-access-denied',
]);
/** After these nothing of a dump is trusted. */
const DUMP_BROKEN: ReadonlySet<ErrorCode> = new Set(['dump-truncated', 'dump-syntax', 'dump-unreadable']);
/** After these the run is over, and nothing that it staged is published. */
const RUN_ENDS: ReadonlySet<ErrorCode> = new Set(['lake-full', 'lake-unwritable', 'interrupted']);

/** Reads the selected tables of an open source into staged files. A table that fails does not stop the others. */
export async function readSource(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
): Promise<SourceOutcome> {
  const outcome: SourceOutcome = { staged: [], failures: [] };
  try {
    if (session.sweep !== undefined) await sweepTables(plan, session, context, outcome);
    else await readTables(plan, session, context, outcome);
  } catch (error) {
    // The failed tables are told one by one; what ends here concerns the source or the run.
    const known = failureOf(error, context.signal);
    if (RUN_ENDS.has(known.code) || DUMP_BROKEN.has(known.code)) await discard(context.lake, outcome);
    if (RUN_ENDS.has(known.code)) throw known;
    if (!outcome.failures.some((failure) => failure.error === known))
      fail(context, outcome, plan, undefined, known);
  }
  return outcome;
}

/** Removes the staged files of loads that will not be published. */
export async function discard(lake: Lake, outcome: Pick<SourceOutcome, 'staged'>): Promise<void> {
  for (const load of outcome.staged) for (const staged of load.table.staged) await lake.storage.abort(staged);
  outcome.staged.length = 0;
}

async function readTables(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
  outcome: SourceOutcome,
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
  outcome.staged.push(...(await readBeside(plan, session, context, outcome, wanted)));
}

/**
 * Reads tables, as many at a time as the session allows, and answers those that are complete in the order of
 * `wanted`. When the source is lost, tables under way come to their own end and no other is begun; when the run
 * is over, all end as soon as their next rows come.
 */
async function readBeside(
  plan: SourcePlan,
  session: SourceSession,
  context: ReadContext,
  outcome: SourceOutcome,
  wanted: readonly TableSettings[],
): Promise<StagedLoad[]> {
  const workers = Math.min(session.parallel ?? 1, wanted.length);
  const memory = Math.floor(PARTITION_MEMORY / Math.max(1, workers));
  const staged: (StagedLoad | undefined)[] = [];
  const waiting = [...wanted.entries()];
  let over: PanoramaError | undefined;
  const go = (): void => {
    checkSignal(context.signal);
    if (over !== undefined) throw over;
  };

  async function readOne(settings: TableSettings): Promise<StagedLoad> {
    go();
    const schema = await session.describe(settings.name);
    const key = { basePrefix: context.datalake.basePrefix ?? '', table: schema.table };
    const load = prepareLoad(plan, schema, settings, context, await context.lake.layout.load(key));
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

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, settings] = next;
      try {
        staged[place] = await readOne(settings);
      } catch (error) {
        const known = failureOf(error, context.signal);
        if (RUN_ENDS.has(known.code)) {
          over ??= known;
          return;
        }
        fail(context, outcome, plan, settings.name, known);
        if (SOURCE_ENDS.has(known.code)) {
          const rest = waiting.splice(0).map(([, table]) => table);
          failRest(context, outcome, plan, rest, known);
        }
      }
    }
  }

  await Promise.all(Array.from({ length: workers }, work));
  const complete = staged.filter((load) => load !== undefined);
  if (over === undefined) return complete;
  await discard(context.lake, { staged: complete });
  throw over;
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
      if (RUN_ENDS.has(known.code) || DUMP_BROKEN.has(known.code)) throw known;
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

/** How a table's rows come. */
interface Supply {
  readonly session: SourceSession;
  /** Bytes of rows that a partitioned table may keep in memory. */
  readonly memory: number;
  readonly estimatedRows: number | undefined;
  /** What the source could not read; filled while the rows come. */
  readonly lost: readonly LostPart[];
  /** Throws when the run is over. */
  go(): void;
}

async function stageTable(
  source: SourcePlan,
  load: Load,
  { stays }: Pick<Reading, 'stays'>,
  batches: AsyncIterable<Batch>,
  context: ReadContext,
  { session, memory, estimatedRows, lost, go }: Supply,
): Promise<StagedLoad> {
  const { plan, next } = load;
  const leftover = await guardForeign(load, context);
  const name = { source: source.datasource.name, table: plan.table };
  context.emit({ type: 'table-start', ...name, ...(estimatedRows === undefined ? {} : { estimatedRows }) });
  if (plan.withheld.length > 0) {
    const text = `${plan.withheld.join(', ')}: never extracted, NULL in the lake`;
    context.emit({ type: 'notice', ...name, text });
  }
  const started = performance.now();
  const target = {
    ...next,
    baseValues: plan.baseValues,
    batchColumns: plan.columns.map((column) => column.name),
  };
  const writer = new TableWriter(target, {
    ...context.lake,
    memory,
    loadedAt: context.loadedAt,
  });
  const shape = shaper(plan.columns);
  let rows = 0;
  let bytes = 0;
  try {
    for await (const batch of batches) {
      rows += batch.rows;
      bytes += batchBytes(batch);
      await writer.write(shape(batch));
      go();
      const fraction = fractionDone(session, rows, estimatedRows);
      context.emit({
        type: 'table-progress',
        ...name,
        rows,
        bytes,
        ...(fraction === undefined ? {} : { fraction }),
      });
    }
    for await (const batch of lostRows(lost, load, context.lake, context.datalake.type === 'local')) {
      rows += batch.rows;
      await writer.write(shape(batch));
      go();
    }
    const table = await writer.finish();
    if (table.rows !== rows)
      throw new PanoramaError(
        'internal',
        `Table ${plan.table}: ${rows} rows were read and ${table.rows} written.`,
      );
    const kept = stays(table.files);
    const files = [...load.others, ...kept, ...table.files];
    const state: TableState = { ...next, files, rejected: table.rejected };
    const replaced = load.own.filter((file) => !kept.includes(file));
    context.emit({ type: 'table-staged', ...name, rows });
    return { load, next: state, table, replaced, leftover, ms: performance.now() - started };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function fractionDone(
  session: SourceSession,
  rows: number,
  estimatedRows: number | undefined,
): number | undefined {
  const progress = session.progress?.();
  if (progress !== undefined)
    return progress.total === 0 ? undefined : Math.min(1, progress.done / progress.total);
  return estimatedRows === undefined || estimatedRows === 0 ? undefined : Math.min(1, rows / estimatedRows);
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

/** After an interruption every failure is its consequence. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): PanoramaError {
  if (signal?.aborted === true) return interrupted();
  if (!(error instanceof OutOfMemory)) return asPanoramaError(error);
  return new PanoramaError('row-too-large', `What is made of a row is too large: ${error.message}.`, {
    cause: error,
  });
}

function interrupted(): PanoramaError {
  return new PanoramaError(
    'interrupted',
    'The run was interrupted; tables that it had not published yet stay as they were.',
  );
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interrupted();
}

function fail(
  context: ReadContext,
  outcome: SourceOutcome,
  plan: SourcePlan,
  table: string | undefined,
  error: PanoramaError,
): void {
  const failure: Failure = { source: plan.datasource.name, error, ...(table === undefined ? {} : { table }) };
  outcome.failures.push(failure);
  context.emit({ type: 'table-failed', ...failure });
}

function failRest(
  context: ReadContext,
  outcome: SourceOutcome,
  plan: SourcePlan,
  rest: readonly TableSettings[],
  cause: PanoramaError,
): void {
  for (const { name } of rest) {
    const error = new PanoramaError(
      cause.code,
      `Table ${name} was not read, for the source was lost before.`,
      { cause },
    );
    fail(context, outcome, plan, name, error);
  }
}
