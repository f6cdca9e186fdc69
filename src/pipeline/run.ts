import { asPanoramaError, PanoramaError } from '../errors.ts';
import type { TableReport } from '../lake/run-ledger.ts';
import type { Settings } from '../settings/settings.ts';
import type { EventListener, Failure, RunReport } from './events.ts';
import { exitCode } from './exit-code.ts';
import { changingLake, type Lake, openLake, registerTable } from './lake.ts';
import { baseValuesOf, isOwn } from './installation.ts';
import { movesColumns } from './load.ts';
import { remakeModels } from './model-views.ts';
import { planSources, type Selection, type SourcePlan } from './plan.ts';
import { publishRejected } from './publish-rejected.ts';
import {
  checkSignal,
  discard,
  noteFailure,
  type ReadContext,
  type SourceOutcome,
  type StagedLoad,
} from './read-context.ts';
import { readPatiently } from './read-rounds.ts';
import { isRejectedTable } from './rejected-table.ts';
import { recordRun, selectionText } from './run-record.ts';

export interface RunOptions {
  readonly settings: Settings;
  readonly selection: Selection;
  /** Publish a table also when it lost more than a fifth of its rows. */
  readonly allowShrink?: boolean;
  /** Publish a table also when columns disappeared or changed their type. */
  readonly allowSchemaChange?: boolean;
  /** Read tables whole, also where their settings ask for changed partitions only. */
  readonly force?: boolean;
  /** Switch tables that lie in the lake in another format or layout to that of the settings. Implies `force`. */
  readonly convert?: boolean;
  /** How many tables of a server to read at the same time at most, in place of what the settings say; 1 to 8. */
  readonly jobs?: number;
  /** Milliseconds to wait for a lake that another run holds; 0. */
  readonly wait?: number;
  /** The command that asked for the run, for its record in the lake; default: by the other options. */
  readonly command?: string;
  /** Milliseconds that the run may take; then it ends with the error `timeout`. Default: any. */
  readonly timeout?: number;
  readonly onEvent?: EventListener;
  readonly signal?: AbortSignal;
}

/** A table may lose this part of its rows between two loads without a question. */
const MAX_SHRINK = 0.2;

/**
 * Loads the selected tables: plan → lock → read every source into staged files → publish table by table.
 * Tables that fail are in the report; the lake keeps what it had of them.
 * @throws PanoramaError where no table could be tried at all: wrong selection, lock held, lake not writable; and
 * `lock-lost` when another run took the lake over meanwhile
 */
export async function extractAndLoad(options: RunOptions): Promise<RunReport> {
  const startedAt = new Date().toISOString();
  const plans = planSources(options.settings, options.selection);
  const limit = timeLimit(options.timeout);
  const signals = [options.signal, limit?.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  try {
    const lake = await openLake(options.settings.datalake, signal);
    try {
      return await loadInto(lake, plans, { ...options, signal }, startedAt);
    } finally {
      await lake.close();
    }
  } finally {
    limit?.end();
  }
}

/** A signal that is aborted when the time is over, unless it is ended before. */
function timeLimit(ms: number | undefined): { signal: AbortSignal; end(): void } | undefined {
  if (ms === undefined) return undefined;
  const over = new AbortController();
  const error = new PanoramaError(
    'timeout',
    `The run was ended after ${ms / 1000} seconds; tables that it had not published yet stay as they were.`,
  );
  const timer = setTimeout(() => over.abort(error), ms);
  return { signal: over.signal, end: () => clearTimeout(timer) };
}

async function loadInto(
  lake: Lake,
  plans: readonly SourcePlan[],
  options: RunOptions,
  startedAt: string,
): Promise<RunReport> {
  const recorder = recordRun(commandText(options), startedAt, options.onEvent ?? (() => {}));
  const emit = recorder.listen;
  const whole: Omit<ReadContext, 'lake' | 'signal'> = {
    datalake: options.settings.datalake,
    loadedAt: startedAt,
    allowSchemaChange: options.allowSchemaChange === true,
    allowShrink: options.allowShrink === true,
    force: options.force === true || options.convert === true,
    convert: options.convert === true,
    begun: new Map(),
    emit,
  };
  const tables: TableReport[] = [];
  const failures: Failure[] = [];
  const views = new Set<string>();

  emit({ type: 'run-start', sources: plans.length });
  for (const text of lake.notices) emit({ type: 'notice', text });
  await changingLake(
    lake,
    {
      ...(options.wait === undefined ? {} : { wait: options.wait }),
      signal: options.signal,
      recovered: (table) => emit({ type: 'recovered', table }),
      notice: (text) => emit({ type: 'notice', text }),
    },
    (held, signal) =>
      recorder.during(lake.storage, async () => {
        const context: ReadContext = { ...whole, lake: held, signal };
        for (const plan of plans) {
          const outcome = await readPatiently(plan, context, options.jobs);
          failures.push(...outcome.failures);
          await publish(plan, outcome, context, tables, failures, views);
        }
        await followModels(context, views, failures);
        noteFoundNowhere(plans, context, failures);
        await tellGone(plans, context, failures);
        return exitCode(tables.length, failures);
      }),
  );
  const finishedAt = new Date().toISOString();
  const report: RunReport = {
    startedAt,
    finishedAt,
    tables,
    failures,
    exit: exitCode(tables.length, failures),
  };
  emit({ type: 'run-end', report });
  return report;
}

function commandText({ command, convert, force, selection }: RunOptions): string {
  const name = command ?? (convert === true ? 'convert-tables' : 'extract-and-load');
  return [name, selectionText(selection), force === true ? '--force' : '']
    .filter((part) => part !== '')
    .join(' ');
}

async function publish(
  plan: SourcePlan,
  outcome: SourceOutcome,
  context: ReadContext,
  tables: TableReport[],
  failures: Failure[],
  views: Set<string>,
): Promise<void> {
  const { lake, emit } = context;
  const source = plan.datasource.name;
  const published: StagedLoad[] = [];
  for (const [i, staged] of outcome.staged.entries()) {
    if (context.signal?.aborted === true) {
      // Between two tables, each of which is as it was or new; those that are left are not begun.
      await discard(lake, { staged: outcome.staged.slice(i) });
      checkSignal(context.signal);
    }
    const { table } = staged.load.plan;
    try {
      if (context.allowShrink !== true) guardShrink(staged);
      if (await publishTable(staged, context)) views.add(staged.next.viewName);
      published.push(staged);
      const { rows, bytes, files, rejected } = staged.table;
      const report: TableReport = {
        source,
        table,
        rows,
        bytes,
        files: files.length,
        ms: Math.round(staged.ms),
        rejected,
        ...(staged.snapshot === undefined ? {} : { snapshot: staged.snapshot }),
      };
      tables.push(report);
      emit({ type: 'table-done', ...report });
    } catch (error) {
      // Past its commit point a publication is finished by the next run, which needs the staged files.
      const known = asPanoramaError(error);
      if (known.code === 'lock-lost') throw known;
      if (known.code === 'guard-shrink' || known.code === 'lake-conflict')
        await discard(lake, { staged: [staged] });
      noteFailure(context, failures, { source, table, error: known });
    }
  }
  const listing = (staged: StagedLoad): Promise<boolean> => publishTable(staged, context);
  await publishRejected(source, published, context, listing, failures);
}

/**
 * Makes a table's new files its current ones and tells the catalog. One whose old files are not to be read as the new
 * ones leaves the catalog in between, so that a query fails rather than takes one thing for another; what it was
 * before goes last. Answers true where its view changed.
 */
async function publishTable(
  { load, next, table, leftover }: StagedLoad,
  context: ReadContext,
): Promise<boolean> {
  const { lake, convert } = context;
  if (lake.catalog !== undefined && (convert || movesColumns(load))) {
    await lake.stillHeld?.();
    await lake.catalog.drop(load.current.state ?? next);
  }
  await lake.layout.commit(load.current, next, table.staged);
  const changed = await registerTable(lake, next, load.plan.baseValues);
  await lake.layout.purge(leftover.map((path) => ({ path })));
  return changed;
}

/** Models in the catalog follow the views that changed. */
async function followModels(
  context: ReadContext,
  changed: ReadonlySet<string>,
  failures: Failure[],
): Promise<void> {
  const { lake, datalake } = context;
  if (lake.catalog === undefined) return;
  for (const { name, error } of await remakeModels(lake.catalog, lake, datalake.basePrefix ?? '', changed))
    noteFailure(context, failures, { source: 'models', table: name, error: error! });
}

/** Tables of the command line that each of several sources might have held, and none did. */
function noteFoundNowhere(plans: readonly SourcePlan[], context: ReadContext, failures: Failure[]): void {
  const source = plans.map((plan) => plan.datasource.name).join(', ');
  for (const table of new Set(plans.flatMap((plan) => [...plan.mayLack]))) {
    if (context.begun.has(table)) continue;
    const error = new PanoramaError('unknown-table', `None of the sources ${source} has a table ${table}.`);
    noteFailure(context, failures, { source, table, error });
  }
}

/**
 * After a run over all tables of open sources: tables of this installation in the lake that no source shows any
 * more (dropped, renamed, or a right was taken away) stay as they are, which must not happen silently.
 */
async function tellGone(
  plans: readonly SourcePlan[],
  context: ReadContext,
  failures: readonly Failure[],
): Promise<void> {
  if (failures.length > 0 || !plans.every((plan) => plan.tables === 'all')) return;
  const { layout } = context.lake;
  const basePrefix = context.datalake.basePrefix ?? '';
  const baseValues = baseValuesOf(context.datalake);
  for (const key of await layout.tables()) {
    if (key.basePrefix !== basePrefix || context.begun.has(key.table) || isRejectedTable(key.table)) continue;
    const { state } = await layout.load(key);
    if (state?.registered !== true || !state.files.some((file) => isOwn(file, baseValues))) continue;
    const text = 'no source shows this table any more; the lake keeps what it had of it';
    const source = plans.map((plan) => plan.datasource.name).join(', ');
    context.emit({ type: 'notice', source, table: key.table, text });
  }
}

/** @throws PanoramaError `guard-shrink` */
function guardShrink({ load, table, replaced }: StagedLoad): void {
  const before = replaced.reduce((sum, file) => sum + file.rows, 0);
  if (table.rows >= before * (1 - MAX_SHRINK)) return;
  throw new PanoramaError(
    'guard-shrink',
    `Table ${load.plan.table} had ${before} rows in the lake and has ${table.rows} in the source.`,
  );
}
