import { PanoramaError } from '../errors.ts';
import { evolveColumns } from '../lake/evolve.ts';
import { foreignFiles, isInstallations } from '../lake/foreign-files.ts';
import type { CurrentTable } from '../lake/layout.ts';
import type { LakeFile, TableState } from '../lake/table-state.ts';
import type { TableSchema } from '../rows/field.ts';
import type { TableSettings } from '../settings/settings.ts';
import type { PartitionValues, ReadRequest, SourceSession } from '../sources/source.ts';
import { divideFiles } from './installation.ts';
import type { ReadContext } from './read-context.ts';
import { type SourcePlan, twoSources } from './plan.ts';
import { type PlanColumn, plannedState, planTable, type TablePlan } from './table-plan.ts';

/** A table on its way into the lake, before its rows are read. */
export interface Load {
  readonly plan: TablePlan;
  readonly current: CurrentTable;
  readonly next: Omit<TableState, 'files' | 'rejected'>;
  /** Files of this installation that the load replaces where it is of the whole table. */
  readonly own: readonly LakeFile[];
  /** Files of the table that other installations wrote. */
  readonly others: readonly LakeFile[];
}

/**
 * Prepares a table's load.
 * @throws PanoramaError `guard-schema`, `guard-format`, `unknown-column`, `settings-invalid`
 */
export function prepareLoad(
  source: SourcePlan,
  schema: TableSchema,
  settings: TableSettings,
  context: ReadContext,
  current: CurrentTable,
): Load {
  const other = context.begun.get(schema.table);
  if (other !== undefined) throw twoSources(schema.table, other, source.datasource.name);
  context.begun.set(schema.table, source.datasource.name);
  const plan = planTable(schema, settings, context.datalake);
  const { own, others } = divideFiles(current.state?.files ?? [], plan.baseValues);
  const options = { othersStay: others.length > 0, allowChange: context.allowSchemaChange };
  const columns = evolveColumns(plan, current.state, options);
  const next = { ...plannedState(plan, columns), loadedAt: context.loadedAt };
  guardFormat(next, current, others, context.convert);
  return { plan: { ...plan, columns: inTableOrder(plan, next) }, current, next, own, others };
}

/**
 * The columns of the batches in the order of the table. A CSV file has those too that only other installations fill:
 * its columns are found by their position.
 */
function inTableOrder(plan: TablePlan, { fields, format }: Load['next']): PlanColumn[] {
  const left = new Map(plan.columns.map((column) => [column.name, column]));
  const inFile = fields.flatMap(({ name }): PlanColumn[] => {
    const column = left.get(name);
    left.delete(name);
    if (column !== undefined) return [column];
    return format === 'csv' ? [{ name, constant: null }] : [];
  });
  return [...inFile, ...left.values()];
}

/**
 * True where columns of a CSV table are at other places in its new files than in its old ones. Where a catalog shows
 * the table, a reader who finds columns by their position would take one for another until both are changed.
 */
export function movesColumns({ current: { state }, next }: Load): boolean {
  if (state === undefined || state.format !== 'csv' || next.format !== 'csv') return false;
  return state.fields.some(({ name }, i) => next.fields[i]?.name.toLowerCase() !== name.toLowerCase());
}

/** A table keeps its format and layout until it is told to change them, so that no partition is there twice. */
function guardFormat(
  next: Load['next'],
  { state }: CurrentTable,
  others: readonly LakeFile[],
  convert: boolean,
): void {
  if (state === undefined || state.files.length === 0 || formatText(state) === formatText(next)) return;
  const text = `Table ${next.table} is ${formatText(state)} in the lake, and the settings say ${formatText(next)}.`;
  if (!convert) throw guard(next.table, text);
  if (others.length > 0) throw othersRemain(next.table, text);
}

function othersRemain(table: string, text: string): PanoramaError {
  const message = `Table ${table} has files of other installations, which cannot be read anew from here. ${text}`;
  return new PanoramaError('guard-format', message, {
    hint: 'Give the new format another base_prefix, into which every installation loads.',
  });
}

/**
 * Files of the table that the lake does not know and that have another format or layout, as panorama-elt in Python
 * left them.
 * @returns the names of what a switch leaves over
 * @throws PanoramaError `guard-format` unless the table is to be switched
 */
export async function guardForeign(load: Load, { lake, convert }: ReadContext): Promise<readonly string[]> {
  if (!convert && load.own.length + load.others.length > 0) return [];
  const known = new Set([...load.own, ...load.others].map((file) => file.path));
  const found = await foreignFiles(lake.storage, lake.layout, load.next);
  const foreign = found.filter((name) => !known.has(name));
  const { plan, next } = load;
  const strange = foreign.find((name) => !isInstallations(name, next, plan.baseValues));
  if (convert && strange !== undefined)
    throw othersRemain(plan.table, `The file ${strange} is of another one.`);
  if (foreign.length === 0 || convert) return foreign;
  throw guard(
    plan.table,
    `Table ${plan.table} has files that are not ${formatText(next)}, such as ${foreign[0]}.`,
  );
}

function guard(table: string, text: string): PanoramaError {
  return new PanoramaError('guard-format', text, {
    hint: `Switch it with panorama convert-tables --tables ${table}, or set format and layout to what it has.`,
  });
}

function formatText({ format, layout }: Pick<TableState, 'format' | 'layout'>): string {
  return `${format} in layout ${layout ?? 'hive'}`;
}

/** What is read of a table: all of it, or the partitions that changed. */
export interface Reading {
  readonly request: ReadRequest;
  /** Files that stay although they are of this installation. */
  readonly stays: (rewritten: readonly LakeFile[]) => readonly LakeFile[];
  /** True where only changed partitions are read. */
  readonly partial: boolean;
}

/**
 * Decides what to read. Only changed partitions are read where the settings ask for it, the source can tell them,
 * and the lake has the rest of the table with the same columns from a load of all of it.
 */
export async function chooseReading(
  session: SourceSession,
  load: Load,
  settings: TableSettings,
  force: boolean,
): Promise<Reading> {
  const whole = { table: settings.name, fields: load.plan.read };
  const changed = force ? undefined : await changedPartitions(session, load, settings);
  if (changed === undefined) return { request: whole, stays: () => [], partial: false };
  return {
    request: { ...whole, partitions: changed },
    partial: true,
    stays(rewritten) {
      const paths = new Set(rewritten.map((file) => file.path));
      return load.own.filter((file) => !paths.has(file.path));
    },
  };
}

async function changedPartitions(
  session: SourceSession,
  load: Load,
  settings: TableSettings,
): Promise<ReadRequest['partitions'] | undefined> {
  const { partitionFields, interval, timestampField } = settings.partitions ?? {};
  if (session.changedPartitions === undefined || partitionFields === undefined) return undefined;
  if (interval === undefined || timestampField === undefined || !sameColumns(load)) return undefined;
  const fields = partitionFields.map((name) =>
    load.plan.read.find((field) => field.name.toLowerCase() === name.toLowerCase())!,
  );
  const values: readonly PartitionValues[] = await session.changedPartitions({
    table: settings.name,
    partitionFields: fields,
    timestampField,
    interval,
  });
  return { fields, values };
}

/** True where the lake has the table of an earlier load with the same columns, so that its files go with new ones. */
function sameColumns({ current: { state }, next }: Load): boolean {
  if (state?.loadedAt === undefined) return false;
  const text = ({ fields, partitionFields, format, layout }: Load['next']): string =>
    JSON.stringify([
      fields.map(({ id, name }) => [id, name]),
      partitionFields.map(({ id, name }) => [id, name]),
      format,
      layout ?? 'hive',
    ]);
  return text(state) === text(next);
}
