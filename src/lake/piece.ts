import type { Batch, Column } from '../rows/batch.ts';

/**
 * A piece is a batch as one run of bytes that can lie in a file and be used as it is read, without decoding. All
 * numbers are 32 bits in the order of this machine, and every part begins at a multiple of four bytes:
 * the number of rows, then for each column the number of NULLs, `rows + 1` offsets, the validity bitmap, the cells.
 */

/** Rows of several batches, each by the position of its batch and its own in there. */
export interface RowPicks {
  readonly batches: readonly Batch[];
  readonly batchOf: Uint32Array;
  readonly rowOf: Uint32Array;
}

const align = (size: number): number => (size + 3) & ~3;

/** The size of the piece of the picks `[from, to)`, the given columns in order. */
export function pieceSize(picks: RowPicks, from: number, to: number, columns: readonly number[]): number {
  const { batches, batchOf, rowOf } = picks;
  const rows = to - from;
  let size = 4 + columns.length * (4 + 4 * (rows + 1) + align((rows + 7) >> 3));
  for (const position of columns) {
    let cells = 0;
    for (let i = from; i < to;) {
      const batch = batchOf[i]!;
      const { offsets } = batches[batch]!.columns[position]!;
      for (; i < to && batchOf[i] === batch; i++) cells += offsets[rowOf[i]! + 1]! - offsets[rowOf[i]!]!;
    }
    size += align(cells);
  }
  return size;
}

/** Writes the piece; `at` is a multiple of four bytes in the memory of `target`, which has room for it. */
export function writePiece(
  target: Uint8Array,
  at: number,
  picks: RowPicks,
  from: number,
  to: number,
  columns: readonly number[],
): void {
  new Uint32Array(target.buffer, target.byteOffset + at, 1)[0] = to - from;
  let next = at + 4;
  for (const position of columns) next = writeColumn(target, next, picks, from, to, position);
}

/** Cells up to this size are copied byte by byte, which is quicker than a call. */
const SHORT = 32;

function writeColumn(
  target: Uint8Array,
  start: number,
  picks: RowPicks,
  from: number,
  to: number,
  position: number,
): number {
  const { batches, batchOf, rowOf } = picks;
  const rows = to - from;
  const numbers = new Uint32Array(target.buffer, target.byteOffset + start, rows + 2);
  const bits = start + 4 * (rows + 2);
  const cells = bits + align((rows + 7) >> 3);
  target.fill(0, bits, cells);
  numbers[1] = 0;
  let nulls = 0;
  let at = cells;
  for (let i = from; i < to;) {
    const batch = batchOf[i]!;
    const { data, offsets, validity } = batches[batch]!.columns[position]!;
    // Without the class of Buffer, whose subarray takes longer.
    let bytes: Uint8Array | undefined;
    for (; i < to && batchOf[i] === batch; i++) {
      const row = rowOf[i]!;
      if ((validity[row >> 3]! & (1 << (row & 7))) === 0) nulls++;
      else {
        target[bits + ((i - from) >> 3)]! |= 1 << ((i - from) & 7);
        const end = offsets[row + 1]!;
        let p = offsets[row]!;
        if (end - p <= SHORT) while (p < end) target[at++] = data[p++]!;
        else {
          bytes ??= new Uint8Array(data.buffer, data.byteOffset, data.length);
          target.set(bytes.subarray(p, end), at);
          at += end - p;
        }
      }
      numbers[i - from + 2] = at - cells;
    }
  }
  numbers[0] = nulls;
  return align(at);
}

/**
 * The batch in the piece at `start`, and where the piece ends. The batch is a view of the bytes, which begin at a
 * multiple of four in their memory.
 */
export function readPiece(bytes: Buffer, start: number, columns: number): { batch: Batch; end: number } {
  const rows = new Uint32Array(bytes.buffer, bytes.byteOffset + start, 1)[0]!;
  let at = start + 4;
  const read: Column[] = [];
  for (let i = 0; i < columns; i++) {
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset + at, rows + 2);
    const offsets = numbers.subarray(1);
    const bits = at + 4 * (rows + 2);
    const cells = bits + align((rows + 7) >> 3);
    const end = cells + offsets[rows]!;
    const validity = bytes.subarray(bits, bits + ((rows + 7) >> 3));
    read.push({ data: bytes.subarray(cells, end), offsets, validity, nulls: numbers[0]! });
    at = align(end);
  }
  return { batch: { rows, columns: read }, end: at };
}
