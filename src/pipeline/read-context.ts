import type { Patience } from '../back-off.ts';
import { asPanoramaError, type ErrorCode, EXIT, PanoramaError } from '../errors.ts';
import { OutOfMemory } from '../kernels/kernels.ts';
import type { LakeFile, TableState } from '../lake/table-state.ts';
import type { StagedTable } from '../lake/table-writer.ts';
import type { DatalakeSettings, TableSettings } from '../settings/settings.ts';
import type { EventListener, Failure } from './events.ts';
import type { Lake } from './lake.ts';
import type { Load } from './load.ts';
import type { SourcePlan } from './plan.ts';
import type { RejectedList } from './rejected-values.ts';

export interface ReadContext {
  readonly lake: Lake;
  readonly datalake: DatalakeSettings;
  readonly loadedAt: string;
  readonly allowSchemaChange: boolean;
  /** Publish a table also when it lost more than a fifth of its rows. */
  readonly allowShrink?: boolean;
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
  /** What is NULL because the lake's types cannot hold it; absent where only a part of the table was read. */
  readonly rejectedValues?: RejectedList;
  /** When the view of the source was taken that all rows are of, as the session says. */
  readonly snapshot?: string;
}

/** What came of reading one source: what may be published, and what failed. */
export interface SourceOutcome {
  readonly staged: StagedLoad[];
  readonly failures: Failure[];
  /** Tables that only another session of the source can give, and why; they have not failed yet. */
  again?: { readonly tables: readonly TableSettings[] | 'all'; readonly error: PanoramaError };
}

/** How often each table of a source was begun anew, and how often that may be. */
export interface Attempts {
  readonly patience: Patience;
  readonly restarts: Map<string, number>;
}

/** After these the rest of the source cannot be read, where the session does not say whether it is alive. */
export const SOURCE_ENDS: ReadonlySet<ErrorCode> = new Set([
  'source-failed',
  'source-unreachable',
  'source-access-denied',
]);
/** After these nothing of a dump is trusted. */
export const DUMP_BROKEN: ReadonlySet<ErrorCode> = new Set([
  'dump-truncated',
  'dump-syntax',
  'dump-unreadable',
]);
/** After these the run is over, and nothing that it staged is published. */
const RUN_ENDS: ReadonlySet<ErrorCode> = new Set(['lake-full', 'lake-unwritable', 'interrupted', 'timeout']);
/** What may pass, or be otherwise in another snapshot. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['source-failed', 'source-unreachable', 'source-changed']);

/** True where the run is over, and nothing that it staged is to be published. */
export function endsRun(error: PanoramaError, signal: AbortSignal | undefined): boolean {
  // Where another run has the lake, this one may not change it any more.
  return signal?.aborted === true || RUN_ENDS.has(error.code) || error.exit === EXIT.locked;
}

/** True where reading the table, or the source, once more may help. */
export function mayPass(error: PanoramaError): boolean {
  return error.retryable && PASSING.has(error.code);
}

/** After an interruption every failure is its consequence. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): PanoramaError {
  if (signal?.aborted === true) return whyAborted(signal);
  if (!(error instanceof OutOfMemory)) return asPanoramaError(error);
  return new PanoramaError('row-too-large', `What is made of a row is too large: ${error.message}.`, {
    cause: error,
  });
}

/** @throws PanoramaError when the run is over: what the signal gives as its reason, or `interrupted` */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw whyAborted(signal);
}

function whyAborted({ reason }: AbortSignal): PanoramaError {
  if (reason instanceof PanoramaError) return reason;
  return new PanoramaError(
    'interrupted',
    'The run was interrupted; tables that it had not published yet stay as they were.',
  );
}

/** Removes the staged files of loads that will not be published. */
export async function discard(lake: Lake, outcome: Pick<SourceOutcome, 'staged'>): Promise<void> {
  for (const load of outcome.staged) for (const staged of load.table.staged) await lake.storage.abort(staged);
  outcome.staged.length = 0;
}

/** Notes and tells that a table, or the whole source where none is named, has failed. */
export function fail(
  context: ReadContext,
  outcome: SourceOutcome,
  plan: SourcePlan,
  table: string | undefined,
  error: PanoramaError,
): void {
  const { name: source } = plan.datasource;
  noteFailure(context, outcome.failures, { source, error, ...(table === undefined ? {} : { table }) });
}

/** Adds a failure to those of the run, and tells it. */
export function noteFailure(
  { emit }: Pick<ReadContext, 'emit'>,
  failures: Failure[],
  failure: Failure,
): void {
  failures.push(failure);
  emit({ type: 'table-failed', ...failure });
}

/** Notes and tells that tables have failed because reading their source was given up before their turn came. */
export function failRest(
  context: ReadContext,
  outcome: SourceOutcome,
  plan: SourcePlan,
  rest: readonly TableSettings[],
  cause: PanoramaError,
): void {
  for (const { name } of rest) {
    const why = cause.code === 'source-busy' ? 'stayed busy' : 'was lost before';
    const error = new PanoramaError(cause.code, `Table ${name} was not read, for the source ${why}.`, {
      cause,
    });
    fail(context, outcome, plan, name, error);
  }
}
