import type { PanoramaError } from '../../errors.ts';
import type { Field } from '../../rows/field.ts';
import { type CellPlan, cellPlan, CharsetError, COPY } from './cells.ts';
import type { ParsedColumn, ParsedTable } from './create-table.ts';
import type { RowPlan } from './insert-rows.ts';

/**
 * How the rows of an INSERT become the columns of a batch.
 * @param columns what the INSERT names; undefined for all columns in the table's order
 * @param charset what the dump's strings are in
 * @param fail makes the error of the place in the file
 */
export function rowPlan(
  table: ParsedTable,
  fields: readonly Field[],
  columns: readonly string[] | undefined,
  charset: string,
  fail: (message: string, hint?: string) => PanoramaError,
): RowPlan {
  const values = columns?.map((name) => findColumn(table, name, fail)) ?? table.columns;
  const target = new Int32Array(values.length).fill(-1);
  const missing: { column: number; cell: Buffer | null }[] = [];
  const cells: CellPlan[] = values.map(() => UNUSED);
  fields.forEach((field, column) => {
    const at = values.findIndex((value) => value.name === field.name);
    if (at === -1) missing.push({ column, cell: missingCell(table, field.name, fail) });
    else {
      target[at] = column;
      cells[at] = planOf(values[at]!, table, charset, fail);
    }
  });
  return { table: table.name, target, cells, defaults: values.map((value) => defaultCell(value)), missing };
}

const UNUSED: CellPlan = { text: COPY, bytes: COPY };

function findColumn(
  table: ParsedTable,
  name: string,
  fail: (message: string, hint?: string) => PanoramaError,
): ParsedColumn {
  const wanted = name.toLowerCase();
  const column = table.columns.find((candidate) => candidate.name.toLowerCase() === wanted);
  if (column !== undefined) return column;
  if (wanted === 'row_start' || wanted === 'row_end') {
    throw fail(
      `table ${table.name}: the dump holds the history of a system-versioned table, not only its rows.`,
      'Make the dump without --dump-history.',
    );
  }
  throw fail(`table ${table.name}: an INSERT names column ${name}, which its CREATE TABLE does not have.`);
}

function planOf(
  column: ParsedColumn,
  table: ParsedTable,
  charset: string,
  fail: (message: string, hint?: string) => PanoramaError,
): CellPlan {
  try {
    return cellPlan(column, charset);
  } catch (error) {
    if (!(error instanceof CharsetError)) throw error;
    throw fail(
      `table ${table.name}: the strings of column ${column.name} are in character set ${error.message}, which is not read.`,
      'Make the dump with --default-character-set=utf8mb4.',
    );
  }
}

const defaultCell = (column: ParsedColumn): Buffer | null | undefined => {
  if (column.generated) return null;
  return typeof column.default === 'string' ? Buffer.from(column.default) : column.default;
};

function missingCell(
  table: ParsedTable,
  name: string,
  fail: (message: string) => PanoramaError,
): Buffer | null {
  const column = table.columns.find((candidate) => candidate.name === name);
  const cell = column && defaultCell(column);
  if (cell === undefined) {
    throw fail(
      `table ${table.name}: an INSERT leaves out column ${name}, whose default only a server can work out.`,
    );
  }
  return cell;
}
