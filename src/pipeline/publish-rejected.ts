import { asPanoramaError } from '../errors.ts';
import { evolveColumns } from '../lake/evolve.ts';
import { TableWriter } from '../lake/table-writer.ts';
import type { LakeFile } from '../lake/table-state.ts';
import type { Cell } from '../rows/batch.ts';
import { batchesOf } from '../rows/batches-of.ts';
import type { Failure } from './events.ts';
import { fileFormat } from './lake.ts';
import { baseValuesOf, divideFiles, tableKey } from './installation.ts';
import { discard, noteFailure, type ReadContext, type StagedLoad } from './read-context.ts';
import { REJECTED_TABLE } from './rejected-table.ts';
import type { RejectedList } from './rejected-values.ts';
import { plannedState, planTable } from './table-plan.ts';

/** Bytes of rows that are kept in memory, of a table that is small. */
const MEMORY = 8 << 20;

/**
 * Lists the rejected values of tables that were published: the partition of each in the table of rejected values is
 * replaced, and goes where there are none. What the lake lists of other tables stays. Nothing is written where there is
 * nothing to list and nothing to take away.
 * @param publish makes staged files the current ones of their table
 * @param failures gets what failed
 */
export async function publishRejected(
  source: string,
  published: readonly StagedLoad[],
  context: ReadContext,
  publish: (staged: StagedLoad) => Promise<unknown>,
  failures: Failure[],
): Promise<void> {
  const lists = new Map<string, RejectedList>();
  for (const { load, rejectedValues } of published)
    if (rejectedValues !== undefined) lists.set(load.plan.table, rejectedValues);
  if (lists.size === 0) return;
  let staged: StagedLoad | undefined;
  try {
    staged = await stageRejected(lists, context);
    if (staged !== undefined) await publish(staged);
  } catch (error) {
    const known = asPanoramaError(error);
    if (known.code === 'lock-lost') throw known;
    if (known.code === 'lake-conflict' && staged !== undefined)
      await discard(context.lake, { staged: [staged] });
    noteFailure(context, failures, { source, table: REJECTED_TABLE.table, error: known });
  }
}

async function stageRejected(
  lists: ReadonlyMap<string, RejectedList>,
  { lake, datalake, loadedAt }: ReadContext,
): Promise<StagedLoad | undefined> {
  const { table } = REJECTED_TABLE;
  const current = await lake.layout.load(tableKey(datalake, table));
  const { state } = current;
  const baseValues = baseValuesOf(datalake);
  const { own, others } = divideFiles(state?.files ?? [], baseValues);
  const isReplaced = (file: LakeFile): boolean => lists.has(file.partition.at(-1) ?? '');
  const replaced = own.filter(isReplaced);
  const listed = [...lists].filter(([, { count }]) => count > 0);
  if (listed.length === 0 && replaced.length === 0) return undefined;

  // A table has one format and layout: while files stay, theirs.
  const stays = own.filter((file) => !isReplaced(file));
  const { format, layout = 'hive' } =
    state !== undefined && stays.length + others.length > 0 ? state : datalake;
  const partitions = { partitionFields: ['table_name'] };
  const plan = planTable(REJECTED_TABLE, { name: table, partitions }, { ...datalake, format, layout });
  const columns = evolveColumns(plan, state, { othersStay: others.length > 0, allowChange: false });
  const next = { ...plannedState(plan, columns), loadedAt };
  const batchColumns = plan.columns.map((column) => column.name);
  const writer = new TableWriter(
    { ...next, baseValues, batchColumns },
    {
      ...lake,
      format: lake.format.name === format ? lake.format : fileFormat(format),
      memory: MEMORY,
      loadedAt,
    },
  );
  try {
    for await (const batch of batchesOf(batchColumns.length, rowsOf(listed, loadedAt)))
      await writer.write(batch);
    const written = await writer.finish();
    return {
      load: { plan, current, next, own, others },
      next: { ...next, files: [...others, ...stays, ...written.files], rejected: {} },
      table: written,
      replaced,
      leftover: [],
      ms: 0,
    };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Rows in the order of the columns of {@link REJECTED_TABLE}. */
function* rowsOf(
  listed: readonly (readonly [table: string, list: RejectedList])[],
  loadedAt: string,
): Generator<Cell[]> {
  const time = loadedAt.replace('T', ' ').replace('Z', '');
  for (const [table, list] of listed)
    for (const [column, rowKey, value] of list.values()) yield [column, rowKey, value, time, table];
}
