import { allocate, free, kernels, memory, readUint32 } from '../kernels/kernels.ts';
import { type Batch, type Column, releaser } from '../rows/batch.ts';

/** Memory is taken in slabs of this size; what is larger than a quarter of it gets its own. */
const SLAB = 1 << 20;

/** Where the cells of some rows lie, for kernels: for each column the addresses of its starts and its lengths. */
export interface CellTable {
  readonly address: number;
  readonly columns: number;
}

/** Notes where the cells of columns lie. To be given back with `free(table.address)`. */
export function cellTable(columns: readonly Column[]): CellTable {
  const address = allocate(8 * Math.max(1, columns.length));
  const table = new Uint32Array(memory.buffer, address, 2 * columns.length);
  columns.forEach(({ starts, lengths }, i) => table.set([starts.byteOffset, lengths.byteOffset], 2 * i));
  return { address, columns: columns.length };
}

/**
 * Pieces in memory. A piece is some rows as one run of bytes that can lie in a file and be used as it is read,
 * without decoding; its form stands in assembly/partitions.ts.
 */
export class Pieces {
  /** Bytes of memory taken. */
  bytes = 0;
  #slabs: number[] = [];
  #at = 0;
  #end = 0;

  /**
   * Makes a piece of the rows `[from, to)` and puts its address and length at the end of `places`. It stands until
   * {@link detach}ed memory is given back.
   */
  add({ address, columns }: CellTable, from: number, to: number, places: number[]): void {
    const size = kernels.pieceSize(address, columns, from, to) >>> 0;
    const piece = this.#take(size);
    kernels.writePiece(address, columns, from, to, piece);
    places.push(piece, size);
  }

  /** Hands over the memory of all pieces; the answer gives it back. */
  detach(): () => void {
    const slabs = this.#slabs;
    this.#slabs = [];
    this.#at = 0;
    this.#end = 0;
    this.bytes = 0;
    return () => slabs.splice(0).forEach(free);
  }

  #take(size: number): number {
    if (size > SLAB / 4) {
      this.bytes += size;
      const own = allocate(size);
      this.#slabs.push(own);
      return own;
    }
    if (this.#at + size > this.#end) {
      this.#at = allocate(SLAB);
      this.#end = this.#at + SLAB;
      this.#slabs.push(this.#at);
      this.bytes += SLAB;
    }
    this.#at += size;
    return this.#at - size;
  }
}

/** The batch in the piece at an address, which lies in the memory of the piece, and where the piece ends. */
export function readPiece(address: number, columns: number): { batch: Batch; end: number } {
  const rows = readUint32(address);
  const starts = allocate(4 * rows * columns);
  const end = kernels.pieceStarts(address, columns, starts) >>> 0;
  const read = Array.from({ length: columns }, (_, i): Column => {
    const lengths = new Int32Array(memory.buffer, address + 4 + 4 * rows * i, rows);
    const nulls = kernels.countNulls(lengths.byteOffset, 0, rows);
    return { starts: new Uint32Array(memory.buffer, starts + 4 * rows * i, rows), lengths, nulls };
  });
  return { batch: { rows, columns: read, memory: 4 * rows * columns, release: releaser([starts]) }, end };
}
