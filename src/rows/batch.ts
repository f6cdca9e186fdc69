/**
 * A bounded number of rows as columns of bytes, laid out as Arrow lays out variable-size binary: the cells of
 * a column stand back to back in `data`, cell `i` from `offsets[i]` to `offsets[i + 1]`, and bit `i & 7` of
 * `validity[i >> 3]` is 1 where the cell is not NULL. There is no JS value per cell.
 *
 * Cells are in the *canonical text form* of their field's type, which is MySQL's own text:
 *
 * | kind | bytes of a cell |
 * | --- | --- |
 * | boolean | `0` or `1` |
 * | int32, int64 | ASCII digits, an optional leading `-` |
 * | decimal | ASCII digits with an optional `-` and `.` |
 * | float32, float64 | ASCII as MySQL prints it, e.g. `-1.5`, `1e300` |
 * | date | `YYYY-MM-DD`, also zero and partial dates such as `0000-00-00` |
 * | timestamp | `YYYY-MM-DD HH:MM:SS[.ffffff]`, UTC where the source has a zone |
 * | text | UTF-8 |
 * | binary | the bytes themselves |
 */
export interface Batch {
  readonly rows: number;
  /** One column per requested field, in the order of the request. */
  readonly columns: readonly Column[];
  /**
   * Gives the memory back to the maker of the batch, for its next ones; nothing of the batch may be looked at
   * afterwards. To be called once, by the last user; a batch that nobody releases is garbage like any other.
   */
  readonly release?: () => void;
}

/** One column of a batch. `offsets` has `rows + 1` entries (or more, unused); a NULL cell has length 0. */
export interface Column {
  readonly data: Uint8Array;
  readonly offsets: Uint32Array;
  readonly validity: Uint8Array;
  readonly nulls: number;
}

/** True where cell `row` is not NULL. */
export function isValid(column: Column, row: number): boolean {
  return (column.validity[row >> 3]! & (1 << (row & 7))) !== 0;
}

/** The bytes of a cell (a view, valid as long as the batch), or null. For tests and rare paths. */
export function cellBytes(column: Column, row: number): Uint8Array | null {
  if (!isValid(column, row)) return null;
  return column.data.subarray(column.offsets[row]!, column.offsets[row + 1]!);
}

/** The total number of cell bytes of a batch. */
export function batchBytes(batch: Batch): number {
  let bytes = 0;
  for (const column of batch.columns) bytes += column.offsets[batch.rows]! - column.offsets[0]!;
  return bytes;
}

/** A batch is closed when its cells reach this many bytes… */
export const BATCH_BYTES = 1 << 20;
/** …or when it has this many rows, whichever comes first. A single row may be larger than the bytes. */
export const BATCH_ROWS = 16_384;

/**
 * Collects cells into a batch, row by row, the cells of a row in any order. Give every cell of a row with
 * {@link append} or {@link appendNull}, then call {@link endRow}. A row given up half-way is dropped by
 * {@link dropRow}.
 */
export class BatchBuilder {
  rows = 0;
  readonly #columns: ColumnBuilder[];

  constructor(columns: number) {
    this.#columns = Array.from({ length: columns }, () => new ColumnBuilder());
  }

  /** Copies `source[start, end)` as the next cell of a column. */
  append(column: number, source: Uint8Array, start: number, end: number): void {
    this.#columns[column]!.append(this.rows, source, start, end);
  }

  appendNull(column: number): void {
    this.#columns[column]!.appendNull(this.rows);
  }

  endRow(): void {
    this.rows++;
  }

  /** Forgets the cells given since the last {@link endRow}. */
  dropRow(): void {
    for (const column of this.#columns) column.rewind(this.rows);
  }

  /** The number of cell bytes collected so far. */
  get bytes(): number {
    let bytes = 0;
    for (const column of this.#columns) bytes += column.length;
    return bytes;
  }

  /** True when the batch is large enough to be passed on. */
  get full(): boolean {
    return this.rows >= BATCH_ROWS || ((this.rows & 63) === 0 && this.bytes >= BATCH_BYTES) || this.#huge();
  }

  #huge(): boolean {
    for (const column of this.#columns) if (column.length >= BATCH_BYTES) return true;
    return false;
  }

  /** The collected rows; the builder is empty afterwards and the batch owns its memory until it is released. */
  take(): Batch {
    const rows = this.rows;
    const taken = this.#columns.map((column) => column.take(rows));
    this.rows = 0;
    const release = (): void => {
      for (let i = 0; i < taken.length; i++) this.#columns[i]!.recycle(taken[i]!);
    };
    return { rows, columns: taken.map(({ column }) => column), release };
  }
}

/** The memory of one column; the bitmap and the offsets grow together. */
interface ColumnMemory {
  readonly data: Buffer;
  readonly offsets: Uint32Array;
  readonly validity: Uint8Array;
}

/** Cells up to this size are copied byte by byte, which is quicker than a call. */
const SHORT = 32;

class ColumnBuilder {
  length = 0;
  #data: Buffer = Buffer.allocUnsafeSlow(4096);
  #offsets: Uint32Array = new Uint32Array(1024 + 1);
  #validity: Uint8Array = new Uint8Array(128);
  #nulls = 0;
  /** Memory of released batches. */
  readonly #spare: ColumnMemory[] = [];

  append(row: number, source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const at = this.length;
    if (at + size > this.#data.length) this.#growData(at + size);
    const data = this.#data;
    if (size <= SHORT) {
      for (let from = start, to = at; from < end;) data[to++] = source[from++]!;
    } else {
      data.set(source.subarray(start, end), at);
    }
    if (row + 1 >= this.#offsets.length) this.#growRows();
    this.length = at + size;
    this.#offsets[row + 1] = this.length;
    this.#validity[row >> 3]! |= 1 << (row & 7);
  }

  appendNull(row: number): void {
    if (row + 1 >= this.#offsets.length) this.#growRows();
    this.#offsets[row + 1] = this.length;
    this.#nulls++;
  }

  rewind(row: number): void {
    this.length = this.#offsets[row]!;
    const byte = row >> 3;
    if (byte < this.#validity.length) this.#validity[byte]! &= (1 << (row & 7)) - 1;
    this.#nulls = 0;
    for (let i = 0; i < row; i++) if ((this.#validity[i >> 3]! & (1 << (i & 7))) === 0) this.#nulls++;
  }

  take(rows: number): { column: Column; memory: ColumnMemory } {
    const memory = { data: this.#data, offsets: this.#offsets, validity: this.#validity };
    // A small batch keeps small memory: what is handed over is cut to size when most of it would be unused.
    const spare = this.#data.length - this.length > this.length + 4096;
    const used = this.#data.subarray(0, this.length);
    const column: Column = {
      data: spare ? Buffer.from(used) : used,
      offsets: this.#offsets.subarray(0, rows + 1),
      validity: this.#validity.subarray(0, (rows + 7) >> 3),
      nulls: this.#nulls,
    };
    const next = this.#spare.pop();
    this.#data =
      next?.data ?? Buffer.allocUnsafeSlow(spare ? Math.max(4096, this.length) : memory.data.length);
    this.#offsets = next?.offsets ?? new Uint32Array(memory.offsets.length);
    this.#validity = next?.validity ?? new Uint8Array(memory.validity.length);
    this.#nulls = 0;
    this.length = 0;
    return { column, memory };
  }

  /** Takes back the memory of a column that nobody looks at any more. */
  recycle({ memory }: { memory: ColumnMemory }): void {
    // What one huge cell needed is not kept for the others.
    if (memory.data.length > 2 * BATCH_BYTES) return;
    memory.validity.fill(0);
    this.#spare.push(memory);
  }

  #growData(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#data.length * 2));
    this.#data.copy(larger, 0, 0, this.length);
    this.#data = larger;
  }

  #growRows(): void {
    const offsets = new Uint32Array((this.#offsets.length - 1) * 2 + 1);
    offsets.set(this.#offsets);
    const validity = new Uint8Array(this.#validity.length * 2);
    validity.set(this.#validity);
    this.#offsets = offsets;
    this.#validity = validity;
  }
}

/** A batch from cells given as text, bytes or null, row by row. For tests and small built-in tables. */
export function batchOf(columns: number, rows: readonly (readonly (string | Uint8Array | null)[])[]): Batch {
  const builder = new BatchBuilder(columns);
  for (const row of rows) {
    for (let column = 0; column < columns; column++) {
      const cell = row[column] ?? null;
      if (cell === null) builder.appendNull(column);
      else {
        const bytes = typeof cell === 'string' ? Buffer.from(cell) : cell;
        builder.append(column, bytes, 0, bytes.length);
      }
    }
    builder.endRow();
  }
  return builder.take();
}
