import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { columnNames, columnPlaces, numberedColumn } from '../files/declared.ts';
import { DATA_FILES } from '../files/file-errors.ts';
import { PlacedRows } from '../files/placed-rows.ts';
import { type CellContext, CellFault, cellText } from './cell-text.ts';
import {
  columnLetters,
  type MergedRange,
  readSheetRows,
  type SheetRow,
  type StoredCell,
} from './sheet-rows.ts';
import type { Sheet } from './workbook.ts';
import type { Archive } from './archive.ts';

/** How sheets are read. */
export interface SheetOptions {
  /** True where a row holds the names of the columns. */
  readonly header: boolean;
  /** That row; absent: the first with a value. Without header the first row of values. */
  readonly headerRow?: number | undefined;
  readonly emptyRows: 'refuse' | 'skip';
  /** Names of the columns of a sheet without header, as far as they are known. */
  readonly names?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A sheet of an open workbook. */
export interface OpenSheet extends CellContext {
  readonly archive: Archive;
  readonly sheet: Sheet;
}

/** The names of a sheet's columns; undefined for a sheet without any value. @throws PanoramaError `file-…` */
export async function readColumns(
  open: OpenSheet,
  options: SheetOptions,
): Promise<readonly string[] | undefined> {
  for await (const row of rowsFrom(open, options, () => undefined)) return columnsOf(open, row, options);
  return undefined;
}

/**
 * The rows of a table from one of its sheets. The last batch stays with `rows`.
 * @throws PanoramaError `file-…` naming sheet and row, `bad-value`
 */
export async function* readRows(
  open: OpenSheet,
  rows: PlacedRows,
  schema: TableSchema,
  fields: readonly Field[],
  options: SheetOptions,
): AsyncGenerator<Batch, void, undefined> {
  const merged: MergedRange[] = [];
  let columns: readonly string[] | undefined;
  let places: readonly number[] = [];
  let first = 0;
  let before = 0;
  for await (const row of rowsFrom(open, options, (range) => merged.push(range))) {
    if (columns === undefined) {
      columns = columnsOf(open, row, options);
      places = columnPlaces(columns, schema, fields, (message) => fail(open, row.number, message));
      rows.begin((number, field) => place(open, `${columnLetters(places[fields.indexOf(field)]!)}${number}`));
      first = row.number;
      before = row.number;
      if (options.header) continue;
    }
    if (row.number > before + 1 && options.emptyRows === 'refuse')
      throw fail(
        open,
        before + 1,
        'the row is empty, and rows follow',
        'Delete it, or set empty_rows: skip to pass over such rows.',
      );
    before = row.number;
    appendRow(open, rows, row, columns, places, fields);
    if (rows.builder.full) yield rows.take();
  }
  refuseMerged(open, merged, first, columns?.length ?? 0);
}

async function* rowsFrom(
  { archive, sheet }: OpenSheet,
  { headerRow = 1, signal }: SheetOptions,
  onMerged: (range: MergedRange) => void,
): AsyncGenerator<SheetRow, void, undefined> {
  for await (const row of readSheetRows(archive, sheet.part, onMerged, signal))
    if (row.number >= headerRow) yield row;
}

function columnsOf(open: OpenSheet, row: SheetRow, options: SheetOptions): readonly string[] {
  const { header, headerRow, names } = options;
  if (header && headerRow !== undefined && row.number !== headerRow)
    throw fail(open, headerRow, 'the row of the headings is empty');
  const width = row.cells.at(-1)!.column + 1;
  if (!header) return names ?? Array.from({ length: width }, (_, i) => numberedColumn(i));
  const headings: string[] = Array.from({ length: width }, () => '');
  for (const cell of row.cells) headings[cell.column] = textOf(open, row, cell, 'text') ?? '';
  return columnNames(headings, (message) => fail(open, row.number, message));
}

function appendRow(
  open: OpenSheet,
  rows: PlacedRows,
  row: SheetRow,
  columns: readonly string[],
  places: readonly number[],
  fields: readonly Field[],
): void {
  const last = row.cells.at(-1)!;
  if (last.column >= columns.length)
    throw fail(open, `${columnLetters(last.column)}${row.number}`, 'the cell has a value and no column');
  const cells: (StoredCell | undefined)[] = [];
  for (const cell of row.cells) cells[cell.column] = cell;
  for (let i = 0; i < fields.length; i++) {
    const cell = cells[places[i]!];
    const text = cell === undefined ? null : textOf(open, row, cell, fields[i]!.type.kind);
    rows.builder.appendCell(i, text);
  }
  rows.endRow(row.number);
}

function textOf(
  open: OpenSheet,
  row: SheetRow,
  cell: StoredCell,
  kind: Field['type']['kind'],
): string | null {
  try {
    return cellText(cell, kind, open);
  } catch (error) {
    if (!(error instanceof CellFault)) throw error;
    const hint = 'Open the workbook in Excel or LibreOffice and save it; that stores the values of formulas.';
    throw fail(open, `${columnLetters(cell.column)}${row.number}`, `the cell ${error.message}`, hint);
  }
}

/** Of merged cells only the first has a value, so the others would come out as NULL although they show one. */
function refuseMerged(open: OpenSheet, merged: readonly MergedRange[], first: number, width: number): void {
  const found = merged.find(({ rows, columns }) => first > 0 && rows[1] >= first && columns[0] < width);
  if (found === undefined) return;
  throw fail(open, found.ref, 'the cells are merged', 'Unmerge them and give each its value.');
}

const place = ({ archive, sheet }: OpenSheet, where: string | number): string =>
  `${archive.path} ${sheet.name}!${where}`;

function fail(open: OpenSheet, where: string | number, message: string, hint?: string): PanoramaError {
  return new PanoramaError(
    DATA_FILES.syntax,
    `${place(open, where)}: ${message}.`,
    hint === undefined ? {} : { hint },
  );
}
