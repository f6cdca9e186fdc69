import { deflateSync, inflateSync } from 'node:zlib';

import type { RejectedValues, RowCells, StagedTable } from '../lake/table-writer.ts';
import { includesColumn, knownTable } from '../openedx/tables.ts';
import type { FieldType } from '../rows/field.ts';
import { REJECTED_TABLE } from './rejected-table.ts';
import type { TablePlan } from './table-plan.ts';

/** So many values of a table are listed at most; the state of the table has the whole count. */
const MOST_LISTED = 10_000;

/** Column, primary key of the row as JSON, and text of a value that became NULL. */
type RejectedValue = readonly [column: string, rowKey: string | null, value: string | null];

/** The values of a loaded table that became NULL, kept small until the table is published. */
export interface RejectedList {
  readonly count: number;
  values(): readonly RejectedValue[];
}

/**
 * Collects the values of a table that become NULL while it is written, with the keys of their rows. Values of private
 * columns are left out, and private columns of the key.
 */
export function collectRejected(plan: TablePlan): RejectedValues & { list(): RejectedList } {
  const found: RejectedValue[] = [];
  const { private: hidden } = knownTable(plan.table);
  const keyOf = rowKey(plan);
  return {
    get wanted() {
      return found.length < MOST_LISTED;
    },
    add(column, cell) {
      const value = includesColumn(hidden, column) ? undefined : cell(column);
      found.push([column, keyOf(cell), value?.toString() ?? null]);
    },
    list: () => packed(found),
  };
}

/** What to say where values that became NULL are not listed, or not all of them. @param list absent where none are */
export function unlistedText(
  { rejected }: Pick<StagedTable, 'rejected'>,
  list: RejectedList | undefined,
): string | undefined {
  const all = Object.values(rejected).reduce((sum, count) => sum + count, 0);
  if (all === (list?.count ?? 0)) return undefined;
  const { table } = REJECTED_TABLE;
  return list === undefined
    ? `${all} rejected values are not listed in ${table}, for only changed partitions were read`
    : `of ${all} rejected values ${list.count} are listed in ${table}`;
}

/** A source may have many such tables, which wait for the end of all; their values are much alike. */
function packed(values: readonly RejectedValue[]): RejectedList {
  const count = values.length;
  if (count === 0) return { count, values: () => [] };
  const bytes = deflateSync(JSON.stringify(values), { level: 1 });
  return { count, values: () => JSON.parse(inflateSync(bytes).toString()) as RejectedValue[] };
}

/** Makes the key of a row: an object of the columns of the primary key, null where it would not tell rows apart. */
function rowKey(plan: TablePlan): (cell: RowCells) => string | null {
  const none = (): null => null;
  const { private: hidden } = knownTable(plan.table);
  const names: string[] = [];
  for (const key of plan.primaryKey) {
    const column = plan.columns.find(
      (candidate) =>
        'read' in candidate && plan.read[candidate.read]!.name.toLowerCase() === key.toLowerCase(),
    );
    if (column === undefined) return none;
    if (!includesColumn(hidden, column.name)) names.push(column.name);
  }
  if (names.length === 0) return none;
  const types = new Map([...plan.fields, ...plan.partitionFields].map(({ name, type }) => [name, type]));
  return (cell) => {
    const members = names.map((name) => `${JSON.stringify(name)}:${jsonText(types.get(name)!, cell(name))}`);
    return `{${members.join(',')}}`;
  };
}

/** A cell as JSON: whole numbers as such, bytes as hexadecimal, everything else as the text that the source gave. */
function jsonText(type: FieldType, cell: Buffer | null): string {
  if (cell === null) return 'null';
  if (type.kind === 'binary') return `"${cell.toString('hex')}"`;
  const text = cell.toString();
  const whole =
    type.kind === 'int32' || type.kind === 'int64' || (type.kind === 'decimal' && type.scale === 0);
  // With ZEROFILL numbers begin with zeros, which those of JSON do not.
  return whole && /^-?\d+$/.test(text) ? BigInt(text).toString() : JSON.stringify(text);
}
