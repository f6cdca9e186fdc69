import type { Batch, Column } from '../rows/batch.ts';
import type { PlanColumn } from './table-plan.ts';

/**
 * Makes the lake's batches from the source's: columns in the order of the plan, constants added. No cell is
 * copied; constant columns are made once per batch size.
 */
export function shaper(columns: readonly PlanColumn[]): (batch: Batch) => Batch {
  const constants = new Map<string, Column>();
  const constant = (value: string | null, rows: number): Column => {
    const key = `${rows}:${value === null ? 'null' : `=${value}`}`;
    let column = constants.get(key);
    if (column === undefined) {
      if (constants.size > 16) constants.clear();
      column = constantColumn(value, rows);
      constants.set(key, column);
    }
    return column;
  };
  return (batch) => ({
    rows: batch.rows,
    columns: columns.map((column) =>
      'read' in column ? batch.columns[column.read]! : constant(column.constant, batch.rows),
    ),
    ...(batch.release && { release: batch.release }),
  });
}

function constantColumn(value: string | null, rows: number): Column {
  const validity = new Uint8Array((rows + 7) >> 3);
  const offsets = new Uint32Array(rows + 1);
  if (value === null) return { data: Buffer.alloc(0), offsets, validity, nulls: rows };
  const cell = Buffer.from(value);
  const data = Buffer.alloc(cell.length * rows, cell.length === 0 ? undefined : cell);
  for (let row = 0; row <= rows; row++) offsets[row] = row * cell.length;
  for (let row = 0; row < rows; row++) validity[row >> 3]! |= 1 << (row & 7);
  return { data, offsets, validity, nulls: 0 };
}
