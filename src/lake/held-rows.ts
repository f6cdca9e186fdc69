import { type Batch, batchBytes } from '../rows/batch.ts';
import type { RowPicks } from './piece.ts';

/** Batches that wait in memory until their rows are handed on, partition by partition. */
export class HeldRows {
  rows = 0;
  /** About the bytes of memory held. */
  bytes = 0;
  #batches: Batch[] = [];
  /** The partition of every row, by batch. */
  #numbers: Uint32Array[] = [];

  /** Keeps a batch until {@link clear}. @param numbers the partition of each of its rows */
  add(batch: Batch, numbers: Uint32Array): void {
    this.#batches.push(batch);
    this.#numbers.push(numbers);
    this.rows += batch.rows;
    // A row costs an offset in every column, its partition's number and its two places in the picks.
    this.bytes += batchBytes(batch) + batch.rows * (4 * batch.columns.length + 12);
  }

  /**
   * The rows in the order of their partitions (those of one partition as they came): the picks, and where the
   * rows of each partition begin; those of partition p end where those of p + 1 begin.
   */
  picks(partitions: number): { picks: RowPicks; starts: Uint32Array } {
    const starts = new Uint32Array(partitions + 1);
    for (const numbers of this.#numbers) for (let i = 0; i < numbers.length; i++) starts[numbers[i]! + 1]!++;
    for (let i = 0; i < partitions; i++) starts[i + 1]! += starts[i]!;
    const next = starts.slice();
    const batchOf = new Uint32Array(this.rows);
    const rowOf = new Uint32Array(this.rows);
    this.#numbers.forEach((numbers, batch) => {
      for (let row = 0; row < numbers.length; row++) {
        const place = next[numbers[row]!]!++;
        batchOf[place] = batch;
        rowOf[place] = row;
      }
    });
    return { picks: { batches: this.#batches, batchOf, rowOf }, starts };
  }

  /** Gives the batches back. */
  clear(): void {
    for (const batch of this.#batches) batch.release?.();
    this.#batches = [];
    this.#numbers = [];
    this.rows = 0;
    this.bytes = 0;
  }
}
