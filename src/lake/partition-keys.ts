import { allocate, free, kernels, memory } from '../kernels/kernels.ts';
import type { Column } from '../rows/batch.ts';
import { cellTable } from './piece.ts';

/**
 * Numbers the distinct values of the partition columns from 0 on, in the order they come. Values are compared as
 * bytes, NULL apart from the empty text.
 */
export class PartitionKeys {
  /** The number of distinct values so far. */
  count = 0;
  #keys = kernels.newPartitionKeys() >>> 0;

  /**
   * The numbers of the values in each row, 32 bits each at an address that is the caller's to free, and the first
   * rows of the values that are new, in the order of their numbers.
   */
  number(columns: readonly Column[], rows: number): { numbers: number; firstRows: readonly number[] } {
    const table = cellTable(columns);
    const numbers = allocate(4 * rows);
    const first = allocate(4 * rows);
    const count = kernels.numberRows(this.#keys, table.address, columns.length, rows, numbers, first);
    const firstRows = [...new Uint32Array(memory.buffer, first, count - this.count)];
    free(first);
    free(table.address);
    this.count = count;
    return { numbers, firstRows };
  }

  /** Gives the memory back. */
  drop(): void {
    if (this.#keys !== 0) kernels.freePartitionKeys(this.#keys);
    this.#keys = 0;
  }
}
