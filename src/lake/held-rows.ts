import { allocate, clear, free, kernels, memory, readUint32 } from '../kernels/kernels.ts';
import { type Batch, batchBytes, type Column, releaser } from '../rows/batch.ts';

/** Rows in the order of their partitions. */
export interface DividedRows {
  /** The rows of all partitions, one after another, those of a partition as they came. */
  readonly batch: Batch;
  /** Where the rows of a partition begin; they end where the next one's begin. */
  begin(partition: number): number;
}

/** Batches that wait in memory until their rows are divided by partition. */
export class HeldRows {
  rows = 0;
  /** About the bytes of memory held. */
  bytes = 0;
  #batches: { batch: Batch; numbers: number }[] = [];

  /** Keeps a batch until {@link clear}. @param numbers the address of its rows' partitions, which it frees */
  add(batch: Batch, numbers: number): void {
    this.#batches.push({ batch, numbers });
    this.rows += batch.rows;
    // A row costs a start and a length in every column, twice once it is divided, and its partition's number.
    this.bytes += batchBytes(batch) + batch.rows * (16 * batch.columns.length + 4);
  }

  /**
   * The rows in the order of their partitions; no cell is copied. May be called once before {@link clear}. The
   * answer's batch is to be released before.
   * @param columns positions of the columns that are wanted, in order
   */
  divide(partitions: number, columns: readonly number[]): DividedRows {
    const { rows } = this;
    const next = allocate(4 * partitions);
    clear(next, 4 * partitions);
    for (const { batch, numbers } of this.#batches) kernels.countRows(numbers, batch.rows, next);
    const begins = allocate(4 * (partitions + 1));
    kernels.sumCounts(next, partitions, begins);
    for (const { batch, numbers } of this.#batches) kernels.placeRows(numbers, batch.rows, next);
    free(next);
    const cells = allocate(Math.max(8, 8 * rows * columns.length));
    const divided = columns.map((position, i): Column => {
      const starts = cells + 8 * rows * i;
      const lengths = starts + 4 * rows;
      let nulls = 0;
      for (const { batch, numbers } of this.#batches) {
        const column = batch.columns[position]!;
        nulls += column.nulls;
        kernels.scatterCells(
          column.starts.byteOffset,
          column.lengths.byteOffset,
          batch.rows,
          numbers,
          starts,
          lengths,
        );
      }
      return {
        starts: new Uint32Array(memory.buffer, starts, rows),
        lengths: new Int32Array(memory.buffer, lengths, rows),
        nulls,
      };
    });
    return {
      batch: {
        rows,
        columns: divided,
        memory: 4 * (partitions + 1) + 8 * rows * columns.length,
        release: releaser([begins, cells]),
      },
      begin: (partition) => readUint32(begins + 4 * partition),
    };
  }

  /** Gives the batches back. */
  clear(): void {
    for (const { batch, numbers } of this.#batches) {
      free(numbers);
      batch.release();
    }
    this.#batches = [];
    this.rows = 0;
    this.bytes = 0;
  }
}
