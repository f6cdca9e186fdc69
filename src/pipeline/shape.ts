import { allBytes, allocate, free, memory } from '../kernels/kernels.ts';
import type { Batch, Column } from '../rows/batch.ts';
import type { PlanColumn } from './table-plan.ts';

/** Makes the lake's batches from the source's: columns in the order of the plan, constants added. No cell is copied. */
export function shaper(columns: readonly PlanColumn[]): (batch: Batch) => Batch {
  return (batch) => {
    const own: number[] = [];
    return {
      rows: batch.rows,
      memory: batch.memory,
      columns: columns.map((column) =>
        'read' in column ? batch.columns[column.read]! : constantColumn(column.constant, batch.rows, own),
      ),
      release: () => {
        own.splice(0).forEach(free);
        batch.release();
      },
    };
  };
}

/** A column of one cell, to which all rows point. @param own gets the address of its memory */
function constantColumn(value: string | null, rows: number, own: number[]): Column {
  const cell = Buffer.from(value ?? '');
  const address = allocate(8 * rows + cell.length);
  own.push(address);
  const at = address + 8 * rows;
  allBytes().set(cell, at);
  return {
    starts: new Uint32Array(memory.buffer, address, rows).fill(at),
    lengths: new Int32Array(memory.buffer, address + 4 * rows, rows).fill(value === null ? -1 : cell.length),
    nulls: value === null ? rows : 0,
  };
}
