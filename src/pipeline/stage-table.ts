import { PanoramaError } from '../errors.ts';
import type { TableState } from '../lake/table-state.ts';
import { TableWriter } from '../lake/table-writer.ts';
import { type Batch, batchBytes } from '../rows/batch.ts';
import type { LostPart, SourceSession } from '../sources/source.ts';
import { guardForeign, type Load, type Reading } from './load.ts';
import { lostRows } from './lost-rows.ts';
import type { SourcePlan } from './plan.ts';
import type { ReadContext, StagedLoad } from './read-context.ts';
import { collectRejected, unlistedText } from './rejected-values.ts';
import { shaper } from './shape.ts';

/**
 * Bytes of rows that partitioned tables keep in memory before they use temporary files: all that are read at the
 * same time together.
 */
export const PARTITION_MEMORY = 96 << 20;

/** How a table's rows come. */
export interface Supply {
  readonly session: SourceSession;
  /** Bytes of rows that a partitioned table may keep in memory. */
  readonly memory: number;
  readonly estimatedRows: number | undefined;
  /** What the source could not read; filled while the rows come. */
  readonly lost: readonly LostPart[];
  /** Throws when the run is over. */
  go(): void;
}

/** Reads a table's rows into staged files. @throws PanoramaError what the source, the format or the lake says */
export async function stageTable(
  source: SourcePlan,
  load: Load,
  { stays, partial }: Omit<Reading, 'request'>,
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
  const rejected = partial ? undefined : collectRejected(plan);
  const writer = new TableWriter(target, {
    ...context.lake,
    memory,
    loadedAt: context.loadedAt,
    ...(rejected === undefined ? {} : { rejected }),
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
    const rejectedValues = rejected?.list();
    const unlisted = unlistedText(table, rejectedValues);
    if (unlisted !== undefined) context.emit({ type: 'notice', ...name, text: unlisted });
    context.emit({ type: 'table-staged', ...name, rows });
    const ms = performance.now() - started;
    const { opened: snapshot } = session;
    return {
      load,
      next: state,
      table,
      replaced,
      leftover,
      ms,
      ...(rejectedValues === undefined ? {} : { rejectedValues }),
      ...(snapshot === undefined ? {} : { snapshot }),
    };
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
