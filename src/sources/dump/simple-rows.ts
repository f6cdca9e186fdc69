import { allocate, free, kernels, memory } from '../../kernels/kernels.ts';
import { BATCH_BYTES, type BatchBuilder } from '../../rows/batch.ts';
import { COPY } from './cells.ts';
import type { RowPlan } from './insert-rows.ts';

/** Where the numbers of 32 bits stand in the state of the kernel (assembly/inserts.ts). */
const FIELD = {
  input: 0,
  length: 1,
  targets: 2,
  width: 3,
  cells: 4,
  capacity: 5,
  rows: 6,
  escape: 7,
  most: 8,
  behindRow: 9,
  consumed: 10,
  taken: 11,
} as const;
const FIELDS = 12;

/** Literals that a column takes as they are. */
const STRINGS = 1;
const BYTES = 2;

/** So many bytes are handed over at a time: twice what was used of the last piece, between these. */
const LEAST_PIECE = 4 << 10;
const MOST_PIECE = 1 << 20;
/** After a piece of which nothing was used, so many rows are read one by one, then twice as many, and so on. */
const FIRST_PAUSE = 8;
const LONGEST_PAUSE = 4096;

/**
 * Reads rows that are written as dump tools write them, many at a time. A piece of the text is copied into the memory
 * of a batch, where the cells are left as they lie.
 */
export class SimpleRows {
  readonly #width: number;
  readonly #escape: number;
  readonly #targets: Uint32Array;
  #piece = MOST_PIECE / 8;
  #pause = FIRST_PAUSE;
  #waits = 0;

  /** Undefined where rows have cells that stand nowhere in the text. @param escape the byte that escapes, or -1 */
  static of(plan: RowPlan, escape: number): SimpleRows | undefined {
    return plan.missing.length === 0 ? new SimpleRows(plan, escape) : undefined;
  }

  private constructor({ target, cells }: RowPlan, escape: number) {
    this.#width = target.length;
    this.#escape = escape;
    this.#targets = new Uint32Array(2 * target.length);
    target.forEach((column, value) => {
      const { text, bytes } = cells[value]!;
      const takes = (text === COPY ? STRINGS : 0) | (bytes === COPY ? BYTES : 0);
      this.#targets.set([column, takes], 2 * value);
    });
  }

  /**
   * Takes rows from `bytes[from, …)` until the batch is full or a row is not simple or not whole.
   * @param behindRow whether a row ended before
   * @returns how many bytes were read, up to the end of a row
   */
  read(builder: BatchBuilder, bytes: Buffer, from: number, behindRow: boolean): number {
    if (this.#waits > 0) {
      this.#waits--;
      return 0;
    }
    const length = Math.min(bytes.length - from, this.#piece);
    const { input, cells, capacity } = builder.adopt(bytes.subarray(from, from + length));
    const size = 4 * FIELDS + this.#targets.byteLength;
    const address = allocate(size);
    const targets = address + 4 * FIELDS;
    const state = new Uint32Array(memory.buffer, address, size / 4);
    state.set(this.#targets, FIELDS);
    state[FIELD.input] = input;
    state[FIELD.length] = length;
    state[FIELD.targets] = targets;
    state[FIELD.width] = this.#width;
    state[FIELD.cells] = cells;
    state[FIELD.capacity] = capacity;
    state[FIELD.rows] = builder.rows;
    state[FIELD.escape] = this.#escape;
    state[FIELD.most] = Math.max(1, BATCH_BYTES - builder.bytes);
    state[FIELD.behindRow] = behindRow ? 1 : 0;
    kernels.simpleRows(address);
    const consumed = state[FIELD.consumed]!;
    builder.addRows(state[FIELD.rows]! - builder.rows, state[FIELD.taken]!);
    free(address);
    this.#judge(consumed);
    return consumed;
  }

  #judge(consumed: number): void {
    if (consumed > 0) {
      this.#piece = Math.max(LEAST_PIECE, Math.min(MOST_PIECE, 2 * consumed));
      this.#pause = FIRST_PAUSE;
    } else {
      // The row is not simple, or longer than the piece.
      this.#piece = Math.min(MOST_PIECE, 2 * this.#piece);
      this.#waits = this.#pause;
      this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
    }
  }
}
