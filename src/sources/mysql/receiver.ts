import { allBytes, allocate, bytesAt, clear, free, kernels } from '../../kernels/kernels.ts';
import { BATCH_BYTES, type Batch, batchRows, cellsSize, columnsAt, releaser } from '../../rows/batch.ts';

/** Where the fields of a receiver stand in its memory, as 32-bit numbers (assembly/packets.ts). */
const FIELD = {
  input: 0,
  filled: 1,
  position: 2,
  columns: 3,
  cells: 4,
  capacity: 5,
  rows: 6,
  needed: 7,
  nulls: 8,
  sequence: 9,
} as const;
const FIELDS = 10;
/** The sequence number of which none is expected. */
const ANY = 256;

/** A receive buffer with less room than this is as good as full. */
const LEAST_SPACE = 16 << 10;
/** About the largest receive buffer there can be. */
const MOST_INPUT = 2 ** 30 - (64 << 10);

/** Why the kernel stopped; the numbers are its own. */
const FULL = 1;
const OTHER = 2;
const MALFORMED = 3;

/** What a chunk ended with: `rows` is all rows, `other` a packet that is none, `malformed` one that cannot be read. */
export type Received = 'rows' | 'other' | 'malformed';

/**
 * Turns the bytes of row packets into batches. Bytes are copied once, into a receive buffer; a batch is that buffer
 * with the places of its cells. Complete batches go to `onBatch`.
 */
export class Receiver {
  readonly #columns: number;
  readonly #capacity: number;
  readonly #onBatch: (batch: Batch) => void;
  /** The receiver of the kernel, and the counts of NULLs behind it. */
  readonly #state: number;
  readonly #nulls: number;
  #input = 0;
  #inputSize = 0;
  #cells = 0;
  /** What was given behind the packet that is no row. */
  #unread: Uint8Array = new Uint8Array(0);

  constructor(columns: number, onBatch: (batch: Batch) => void) {
    this.#columns = columns;
    this.#capacity = batchRows(columns);
    this.#onBatch = onBatch;
    this.#state = allocate((FIELDS + columns) * 4);
    this.#nulls = this.#state + FIELDS * 4;
    this.#begin(BATCH_BYTES, ANY);
  }

  /** Packets have to be numbered from here on, modulo 256; one that is not is `malformed`. */
  expect(sequence: number): void {
    this.#set(FIELD.sequence, sequence);
  }

  /** Takes the next bytes of the stream. After any other answer than `rows`, {@link rest} is what was not read. */
  push(chunk: Uint8Array): Received {
    for (let from = 0; from < chunk.length;) {
      const space = this.space();
      const size = Math.min(space.length, chunk.length - from);
      space.set(chunk.subarray(from, from + size));
      from += size;
      const outcome = this.received(size);
      if (outcome !== 'rows') {
        this.#unread = chunk.subarray(from);
        return outcome;
      }
    }
    return 'rows';
  }

  /** Where the next bytes of the stream may be put in place of a {@link push}. */
  space(): Buffer {
    let filled = this.#get(FIELD.filled);
    if (this.#inputSize - filled < LEAST_SPACE) {
      this.#renew();
      filled = this.#get(FIELD.filled);
    }
    return bytesAt(this.#input + filled, this.#inputSize - filled);
  }

  /** Takes so many bytes that were put into {@link space}; answers as {@link push}. */
  received(bytes: number): Received {
    this.#set(FIELD.filled, this.#get(FIELD.filled) + bytes);
    return this.#decode();
  }

  /** The bytes from the first packet on that is no row. */
  rest(): Buffer {
    const begin = this.#input + this.#get(FIELD.position);
    const end = this.#input + this.#get(FIELD.filled);
    return Buffer.concat([allBytes().subarray(begin, end), this.#unread]);
  }

  /** Gives out the rows that do not fill a batch. */
  flush(): void {
    if (this.#get(FIELD.rows) > 0) this.#giveBatch(BATCH_BYTES);
  }

  /** Gives all memory back. */
  close(): void {
    if (this.#input === 0) return;
    free(this.#input);
    free(this.#cells);
    free(this.#state);
    this.#input = 0;
    this.#cells = 0;
  }

  #decode(): Received {
    for (;;) {
      const status = kernels.decodeRows(this.#state);
      if (status === FULL) {
        this.#giveBatch(BATCH_BYTES);
        continue;
      }
      if (status === OTHER) return 'other';
      return status === MALFORMED ? 'malformed' : 'rows';
    }
  }

  /** The receive buffer is full: the rows in it become a batch, or a row that is larger gets a larger one. */
  #renew(): void {
    const needed = this.#get(FIELD.needed);
    const size = Math.max(BATCH_BYTES, needed + LEAST_SPACE);
    if (this.#get(FIELD.rows) > 0) this.#giveBatch(size);
    else {
      // By half, so that a row of many packets is not copied again with each of them.
      const larger = Math.max(size, Math.min(MOST_INPUT, this.#inputSize + (this.#inputSize >> 1)));
      const old = this.#input;
      const position = this.#get(FIELD.position);
      this.#fill(larger, old + position, old + this.#get(FIELD.filled));
      free(old);
    }
  }

  /** Gives the rows out with their buffer; the bytes behind them begin the next one, of at least `size` bytes. */
  #giveBatch(size: number): void {
    const input = this.#input;
    const cells = this.#cells;
    const rows = this.#get(FIELD.rows);
    const nulls = new Uint32Array(allBytes().buffer, this.#nulls, this.#columns).slice();
    const begin = input + this.#get(FIELD.position);
    const end = input + this.#get(FIELD.filled);
    this.#cells = 0;
    const memory = this.#inputSize + cellsSize(this.#columns, this.#capacity);
    this.#fill(Math.max(size, end - begin + LEAST_SPACE), begin, end);
    this.#onBatch({
      rows,
      columns: columnsAt(cells, this.#columns, this.#capacity, rows, (column) => nulls[column]!),
      memory,
      release: releaser([input, cells]),
    });
  }

  /** A new receive buffer that begins with the bytes `[begin, end)`. */
  #fill(size: number, begin: number, end: number): void {
    this.#begin(size, this.#get(FIELD.sequence));
    allBytes().copyWithin(this.#input, begin, end);
    this.#set(FIELD.filled, end - begin);
  }

  #begin(size: number, sequence: number): void {
    this.#input = allocate(size);
    this.#inputSize = size;
    if (this.#cells === 0) this.#cells = allocate(cellsSize(this.#columns, this.#capacity));
    clear(this.#state, (FIELDS + this.#columns) * 4);
    this.#set(FIELD.input, this.#input);
    this.#set(FIELD.columns, this.#columns);
    this.#set(FIELD.cells, this.#cells);
    this.#set(FIELD.capacity, this.#capacity);
    this.#set(FIELD.nulls, this.#nulls);
    this.#set(FIELD.sequence, sequence);
  }

  #get(field: number): number {
    return allBytes().readUInt32LE(this.#state + field * 4);
  }

  #set(field: number, value: number): void {
    allBytes().writeUInt32LE(value, this.#state + field * 4);
  }
}
