import { allBytes, allocate, bytesAt, free, kernels, memory } from '../kernels/kernels.ts';

/**
 * A bounded number of rows, column by column. A cell is some bytes in the memory of the kernels
 * (src/kernels/kernels.ts), wherever its maker had them: cell `i` of a column has `lengths[i]` bytes from the address
 * `starts[i]` on, and a negative length is NULL. There is no JS value per cell, and no cell is copied.
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
  /** Bytes of memory that are given back by {@link release}. */
  readonly memory: number;
  /**
   * Gives the memory back; nothing of the batch may be looked at afterwards. Whoever takes a batch calls it; to call it
   * again does nothing. The garbage collector does not know this memory: what is not released is lost to the process.
   */
  readonly release: () => void;
}

/**
 * One column of a batch: views of the kernels' memory with at least as many entries as the batch has rows. A writer
 * makes a cell NULL that its type cannot hold by setting its length to `~length`, which is less than -1: the bytes are
 * still where they were.
 */
export interface Column {
  readonly starts: Uint32Array;
  readonly lengths: Int32Array;
  readonly nulls: number;
}

/** True where cell `row` is not NULL. */
export function isValid(column: Column, row: number): boolean {
  return column.lengths[row]! >= 0;
}

/** The bytes of a cell (a view, valid as long as the batch), or null. For tests and rare paths. */
export function cellBytes(column: Column, row: number): Buffer | null {
  return isValid(column, row) ? bytesAt(column.starts[row]!, column.lengths[row]!) : null;
}

/** The bytes of a cell as they came (a view), also of one that a writer made NULL since; null where it came as NULL. */
export function originalBytes({ starts, lengths }: Column, row: number): Buffer | null {
  const length = lengths[row]!;
  return length === -1 ? null : bytesAt(starts[row]!, length < 0 ? ~length : length);
}

/** The total number of cell bytes of a batch. */
export function batchBytes(batch: Batch): number {
  let bytes = 0;
  for (const { lengths } of batch.columns)
    bytes += kernels.cellBytes(lengths.byteOffset, 0, batch.rows) >>> 0;
  return bytes;
}

/** A batch is closed when its cells reach this many bytes… */
export const BATCH_BYTES = 1 << 20;
/**
 * …or when it has this many rows, whichever comes first. A single row may be larger than the bytes. Sixteen less than
 * a power of two, so that the columns do not all fall on the same lines of the processor's cache.
 */
export const BATCH_ROWS = 16_384 - 16;

/** What the starts and lengths of a batch may take; a very wide table has fewer rows in a batch. */
const CELL_BYTES = 2 << 20;

/** The most rows of a batch with so many columns. */
export function batchRows(columns: number): number {
  return Math.max(64, Math.min(BATCH_ROWS, Math.floor(CELL_BYTES / (8 * Math.max(1, columns)))));
}

/** The memory that the starts and lengths of a batch take: for each column `capacity` starts, then as many lengths. */
export function cellsSize(columns: number, capacity: number): number {
  return Math.max(1, columns) * capacity * 8;
}

/** The columns whose cells are noted at `cells` (see {@link cellsSize}). @param nulls of each column; counted if not given */
export function columnsAt(
  cells: number,
  columns: number,
  capacity: number,
  rows: number,
  nulls?: (column: number) => number,
): Column[] {
  return Array.from({ length: columns }, (_, column) => {
    const at = cells + column * capacity * 8;
    const lengths = at + capacity * 4;
    return {
      starts: new Uint32Array(memory.buffer, at, rows),
      lengths: new Int32Array(memory.buffer, lengths, rows),
      nulls: nulls?.(column) ?? kernels.countNulls(lengths, 0, rows),
    };
  });
}

/** Cells up to this size are copied byte by byte, which is quicker than a call. */
const SHORT = 32;
/** Room for the row that makes a batch full. */
const SPARE = 64 << 10;

/**
 * Collects cells into a batch, row by row, the cells of a row in any order. Give every cell of a row with
 * {@link append} or {@link appendNull}, then call {@link endRow}; a row given up before that is overwritten by the next.
 * To be ended with {@link drop}, unless it is empty.
 */
export class BatchBuilder {
  rows = 0;
  readonly #columns: number;
  readonly #capacity: number;
  #cells = 0;
  #starts: Uint32Array = new Uint32Array(0);
  #lengths: Int32Array = new Int32Array(0);
  /** The memory of the cells, the last of them the one that is being filled, from `#at` to `#end`. */
  #regions: number[] = [];
  #at = 0;
  #end = 0;
  #bytes = 0;
  /** What was allocated. */
  #memory = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#capacity = batchRows(columns);
  }

  /** Copies `source[start, end)` as the next cell of a column. */
  append(column: number, source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#at + size > this.#end || this.#cells === 0) this.#grow(size);
    const data = allBytes();
    const at = this.#at;
    if (size <= SHORT) {
      for (let from = start, to = at; from < end;) data[to++] = source[from++]!;
    } else data.set(source.subarray(start, end), at);
    const slot = column * this.#capacity * 2 + this.rows;
    this.#starts[slot] = at;
    this.#lengths[slot + this.#capacity] = size;
    this.#at = at + size;
    this.#bytes += size;
  }

  /**
   * Copies bytes into the memory of the batch, for a kernel that finds the cells of further rows in them and notes them
   * at `cells` (see {@link cellsSize}). Sixteen bytes behind the copy may be read.
   */
  adopt(source: Uint8Array): { input: number; cells: number; capacity: number } {
    if (this.#cells === 0) this.#growCells();
    const input = allocate(source.length + 16);
    this.#memory += source.length + 16;
    allBytes().set(source, input);
    // What is being filled stays the last.
    this.#regions.unshift(input);
    return { input, cells: this.#cells, capacity: this.#capacity };
  }

  /** Counts rows that a kernel has noted, and the bytes of their cells. */
  addRows(rows: number, bytes: number): void {
    this.rows += rows;
    this.#bytes += bytes;
  }

  appendNull(column: number): void {
    if (this.#cells === 0) this.#growCells();
    this.#lengths[column * this.#capacity * 2 + this.rows + this.#capacity] = -1;
  }

  /** Makes a JavaScript value the next cell of a column; text becomes UTF-8. */
  appendCell(column: number, cell: Cell): void {
    if (cell === null) return this.appendNull(column);
    const bytes = typeof cell === 'string' ? Buffer.from(cell) : cell;
    this.append(column, bytes, 0, bytes.length);
  }

  endRow(): void {
    if (this.#cells === 0) this.#growCells();
    this.rows++;
  }

  /** The number of cell bytes collected so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when the batch is large enough to be passed on. */
  get full(): boolean {
    return this.rows >= this.#capacity || this.#bytes >= BATCH_BYTES;
  }

  /** The collected rows; the builder is empty afterwards. */
  take(): Batch {
    if (this.#cells === 0) this.#growCells();
    const { rows } = this;
    const cells = this.#cells;
    const regions = this.#regions;
    const memory = this.#memory;
    this.#forget();
    return {
      rows,
      columns: columnsAt(cells, this.#columns, this.#capacity, rows),
      memory,
      release: releaser([cells, ...regions]),
    };
  }

  /** Gives up what was collected. */
  drop(): void {
    releaser([this.#cells, ...this.#regions])();
    this.#forget();
  }

  #forget(): void {
    this.#cells = 0;
    this.#regions = [];
    this.#at = 0;
    this.#end = 0;
    this.#bytes = 0;
    this.#memory = 0;
    this.rows = 0;
  }

  #growCells(): void {
    const bytes = cellsSize(this.#columns, this.#capacity);
    this.#cells = allocate(bytes);
    this.#memory += bytes;
    this.#starts = new Uint32Array(memory.buffer, this.#cells, bytes / 4);
    this.#lengths = new Int32Array(memory.buffer, this.#cells, bytes / 4);
  }

  #grow(size: number): void {
    if (this.#cells === 0) this.#growCells();
    const capacity = Math.max(size, this.#regions.length === 0 ? BATCH_BYTES + SPARE : SPARE);
    const region = allocate(capacity);
    this.#memory += capacity;
    this.#regions.push(region);
    this.#at = region;
    this.#end = region + capacity;
  }
}

/** Gives back what lies at the addresses, once. */
export function releaser(addresses: number[]): () => void {
  return () => addresses.splice(0).forEach(free);
}

/** A cell as a JavaScript value: the canonical text form of its type (see {@link Batch}), the bytes of it, or NULL. */
export type Cell = string | Uint8Array | null;

/** A batch from the cells of its rows. For tests and small built-in tables. */
export function batchOf(columns: number, rows: readonly (readonly Cell[])[]): Batch {
  const capacity = Math.max(1, rows.length);
  const cells = allocate(cellsSize(columns, capacity));
  const given = rows.map((row) =>
    Array.from({ length: columns }, (_, column) => {
      const cell = row[column] ?? null;
      return typeof cell === 'string' ? Buffer.from(cell) : cell;
    }),
  );
  const size = given.flat().reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
  const region = allocate(size);
  const made = columnsAt(cells, columns, capacity, rows.length, (column) =>
    given.reduce((nulls, row) => nulls + (row[column] === null ? 1 : 0), 0),
  );
  let at = region;
  given.forEach((row, i) => {
    row.forEach((cell, column) => {
      made[column]!.lengths[i] = cell?.length ?? -1;
      if (cell === null || cell === undefined) return;
      made[column]!.starts[i] = at;
      allBytes().set(cell, at);
      at += cell.length;
    });
  });
  const memory = cellsSize(columns, capacity) + size;
  return { rows: rows.length, columns: made, memory, release: releaser([cells, region]) };
}
