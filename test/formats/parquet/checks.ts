import type { FileField } from '../../../src/formats/format.ts';
import type { FieldType } from '../../../src/rows/field.ts';
import { type PyarrowFile, pyarrowText } from '../pyarrow.ts';
import { compare, type NullPattern, type Series } from './series.ts';

/** A column of a file: a series under a pattern of NULLs. */
export interface TriedColumn {
  readonly field: FileField;
  readonly series: Series;
  readonly isNull: NullPattern;
}

/** True where readers must find NULL. */
export const isNullAt = ({ series, isNull }: TriedColumn, row: number, rows: number): boolean =>
  isNull(row, rows) || series.expected[row] === null;

/** What is wrong with a column that a reader gave; undefined where nothing is. */
function firstDifference(
  column: TriedColumn,
  rows: number,
  cell: (row: number) => string | null,
): string | undefined {
  for (let row = 0; row < rows; row++) {
    const expected = column.isNull(row, rows) ? null : column.series.expected[row]!;
    const found = cell(row);
    if (found !== expected)
      return `${column.field.name}, row ${row}: ${JSON.stringify(found)} for ${JSON.stringify(expected)}`;
  }
  return undefined;
}

/** What is wrong with the cells that a reader gave, one line per column. */
export function differences(
  columns: readonly TriedColumn[],
  rows: number,
  cell: (column: number, row: number) => string | null,
): string[] {
  return columns.flatMap((column, i) => firstDifference(column, rows, (row) => cell(i, row)) ?? []);
}

/** Checks the counts and bounds of every column chunk against the cells of its row group. */
export function wrongStatistics(columns: readonly TriedColumn[], rows: number, file: PyarrowFile): string[] {
  const wrong: string[] = [];
  let from = 0;
  for (const [group, { rows: length, chunks }] of file.groups.entries()) {
    for (const [i, column] of columns.entries()) {
      const { values, nulls, min, max } = chunks[i]!;
      const say = (what: string): void => void wrong.push(`${column.field.name}, group ${group}: ${what}`);
      const present: number[] = [];
      for (let row = from; row < from + length; row++) if (!isNullAt(column, row, rows)) present.push(row);
      if (values !== length) say(`${values} values for ${length}`);
      if (nulls !== length - present.length) say(`${nulls} NULLs for ${length - present.length}`);
      if ((min === null) !== (max === null)) say('one bound only');
      if (min === null || max === null) {
        if (mustHaveBounds(column, present)) say('no bounds');
      } else if (column.field.private) say('bounds of a private column');
      else if (present.length === 0) say('bounds of nothing');
      else {
        const fault = wrongBounds(column, present, min, max);
        if (fault !== undefined) say(fault);
      }
    }
    from += length;
  }
  if (from !== rows) wrong.push(`${from} rows in the row groups for ${rows}`);
  return wrong;
}

/** Bounds may be left out where they help nobody: of bytes, and of texts longer than 64 bytes. */
function mustHaveBounds({ field, series }: TriedColumn, present: readonly number[]): boolean {
  if (field.private || present.length === 0 || field.type.kind === 'binary') return false;
  return field.type.kind !== 'text' || present.every((row) => Buffer.byteLength(series.expected[row]!) <= 64);
}

function wrongBounds(
  { field: { type }, series }: TriedColumn,
  present: readonly number[],
  storedMin: string,
  storedMax: string,
): string | undefined {
  const [min, max] = [pyarrowText(type, storedMin)!, pyarrowText(type, storedMax)!];
  let [low, high] = [present[0]!, present[0]!];
  for (const row of present) {
    if (series.ranks[row]! < series.ranks[low]!) low = row;
    if (series.ranks[row]! > series.ranks[high]!) high = row;
  }
  const [least, most] = [series.expected[low]!, series.expected[high]!];
  const order = [compare(type, min, least), compare(type, max, most)] as const;
  if (order[0] > 0 || order[1] < 0) return `${min} to ${max} do not bound ${least} to ${most}`;
  // A reader cannot know which zero was meant, so the bounds hold both.
  if (type.kind === 'float32' || type.kind === 'float64') {
    if (min === '0' || max === '-0') return `a zero of the wrong sign as bound: ${min} to ${max}`;
  }
  const exact = type.kind !== 'text' && type.kind !== 'binary';
  if (exact && (order[0] !== 0 || order[1] !== 0))
    return `${min} to ${max} are wider than ${least} to ${most}`;
  return undefined;
}

/** The Arrow type that pyarrow must find. */
export function arrowType(type: FieldType): string {
  switch (type.kind) {
    case 'boolean':
      return 'bool';
    case 'float32':
      return 'float';
    case 'float64':
      return 'double';
    case 'decimal':
      return `decimal128(${type.precision}, ${type.scale})`;
    case 'date':
      return 'date32[day]';
    case 'timestamp':
      return 'timestamp[us]';
    case 'text':
      return 'string';
    default:
      return type.kind;
  }
}
