import { PanoramaError } from '../../errors.ts';
import { kernels } from '../../kernels/kernels.ts';
import { type Batch, BatchBuilder } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import type { TableStream } from '../source.ts';
import type { Catalog, CatalogTable } from './catalog.ts';
import { schemaOf } from './catalog.ts';
import type { DumpPass, Insert } from './dump-pass.ts';
import { InsertRows } from './insert-rows.ts';
import { rowPlan } from './row-plan.ts';

type Select = (schema: TableSchema) => readonly Field[] | undefined;

/**
 * The wanted tables of a dump in one pass: each at its first INSERT, those without rows at the end.
 * @throws PanoramaError `dump-syntax` also where the rows of a table are not together
 */
export async function* sweepTables(
  pass: DumpPass,
  catalog: Catalog,
  select: Select,
): AsyncGenerator<TableStream> {
  const done = new Map<CatalogTable, 'read' | 'passed'>();
  try {
    await pass.next();
    for (let insert = pass.current; insert !== undefined; insert = pass.current) {
      const { table } = insert;
      const before = done.get(table);
      if (before === 'read') {
        throw insert.fail(
          `table ${table.parsed.name}: rows follow after rows of another table; a table's rows must stand together.`,
        );
      }
      const schema = schemaOf(table);
      const fields = before === undefined ? select(schema) : undefined;
      done.set(table, fields === undefined ? 'passed' : 'read');
      if (fields !== undefined) {
        const batches = tableBatches(pass, table, fields);
        yield { schema, batches };
        await batches.return(undefined);
        if (pass.failure !== undefined) throw pass.failure;
      }
      // Still at this table: it is not wanted, or its reader stopped early.
      if (pass.current?.table === table) {
        done.set(table, 'passed');
        await pass.skip();
      }
    }
    for (const table of catalog.tables.values()) {
      if (done.has(table)) continue;
      const schema = schemaOf(table);
      if (select(schema) !== undefined) yield { schema, batches: noBatches() };
    }
  } finally {
    await pass.close();
  }
}

async function* noBatches(): AsyncGenerator<Batch> {}

/** The rows of the INSERTs from the current one on, as long as they are of the same table. */
async function* tableBatches(
  pass: DumpPass,
  table: CatalogTable,
  fields: readonly Field[],
): AsyncGenerator<Batch, void, undefined> {
  const builder = new BatchBuilder(fields.length);
  try {
    yield* buildBatches(builder, pass, table, fields);
  } finally {
    builder.drop();
  }
}

async function* buildBatches(
  builder: BatchBuilder,
  pass: DumpPass,
  table: CatalogTable,
  fields: readonly Field[],
): AsyncGenerator<Batch, void, undefined> {
  let rows: InsertRows | undefined;
  let last: Insert | undefined;
  let checked: readonly number[] = [];
  for (let insert = pass.current; insert?.table === table; insert = pass.current) {
    if (rows === undefined || insert !== last) rows = rowsOf(insert, fields);
    last = insert;
    if (!insert.statesCharset) checked = textColumns(fields);
    for (let status = rows.read(builder); status !== 'end'; status = rows.read(builder)) {
      if (status === 'full') yield takeChecked(builder, checked, fields, insert);
      else await insert.more();
    }
    await nextOrFailure(pass, insert);
  }
  if (builder.rows > 0 && last !== undefined) yield takeChecked(builder, checked, fields, last);
}

/**
 * Goes on to the next INSERT. What is wrong behind the end of this table is not this table's: it is kept for the
 * sweep, so that a dump that was cut off gives the tables before the cut.
 */
async function nextOrFailure(pass: DumpPass, insert: Insert): Promise<void> {
  try {
    await pass.next();
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code === 'interrupted' || !insert.closed()) throw error;
    pass.failure = error;
  }
}

function rowsOf(insert: Insert, fields: readonly Field[]): InsertRows {
  const { reader, head, table } = insert;
  const plan = rowPlan(table.parsed, fields, head.columns, reader.state.charset, (message, hint) =>
    reader.fail(message, hint),
  );
  return new InsertRows(reader.sql, plan);
}

const textColumns = (fields: readonly Field[]): number[] =>
  fields.flatMap((field, column) => (field.type.kind === 'text' ? [column] : []));

/** Where a dump does not say what its strings are in, text that is not UTF-8 must not pass as if it were. */
function takeChecked(
  builder: BatchBuilder,
  columns: readonly number[],
  fields: readonly Field[],
  insert: Insert,
): Batch {
  const batch = builder.take();
  for (const column of columns) {
    const { starts, lengths } = batch.columns[column]!;
    if (kernels.findBadText(starts.byteOffset, lengths.byteOffset, 0, batch.rows) < 0) continue;
    batch.release();
    throw insert.fail(
      `table ${insert.table.parsed.name}: column ${fields[column]!.name} holds text that is not UTF-8, and the dump does not name its character set.`,
      'Make the dump with --set-charset and --default-character-set=utf8mb4.',
    );
  }
  return batch;
}
