import { allocate, bytesAt, free, kernels } from '../../src/kernels/kernels.ts';
import type { EncodeCells } from '../../src/kernels/kernels.ts';
import { type Bounds, NO_BOUNDS } from '../../src/formats/parquet/bounds.ts';
import { batchOf, type Column } from '../../src/rows/batch.ts';

export type Cell = string | Uint8Array | null;

/** What stands around the memory that a kernel writes to. */
const MARGIN = 32;
const UNTOUCHED = 0xee;

/** Gives cells as the rows `[1, count + 1)` of a column. Each lies between two others that fit no type. */
export function withColumn<T>(cells: readonly Cell[], act: (column: Column) => T): T {
  const batch = batchOf(
    1,
    ['\xff.5-', ...cells, '5.-\xff'].map((cell) => [cell]),
  );
  try {
    return act(batch.columns[0]!);
  } finally {
    batch.release();
  }
}

/** Memory for a kernel's output of at most so many bytes; fails where more was written. */
export function withOutput<T>(size: number, act: (address: number) => T): T {
  const address = allocate(size + 2 * MARGIN);
  const whole = bytesAt(address, size + 2 * MARGIN).fill(UNTOUCHED);
  try {
    const result = act(address + MARGIN);
    const around = [...whole.subarray(0, MARGIN), ...whole.subarray(MARGIN + size)];
    if (around.some((byte) => byte !== UNTOUCHED)) throw new Error('bytes around the output were written');
    return result;
  } finally {
    free(address);
  }
}

/** What became of cells. */
export interface Encoded {
  /** The number of values, -1 after a bad cell. */
  readonly count: number;
  readonly bytes: Buffer;
  /** The index of the bad cell. */
  readonly bad: number;
  readonly rejected: number;
  /** Which cells are not NULL afterwards. */
  readonly valid: readonly boolean[];
  readonly bounds: { readonly min: Uint8Array; readonly max: Uint8Array } | undefined;
}

export interface EncodeOptions {
  readonly precision?: number;
  readonly scale?: number;
  readonly bounds?: Bounds;
}

/** Encodes cells with a kernel for values of one size. @param width bytes per value */
export function encode(
  kernel: EncodeCells,
  cells: readonly Cell[],
  width: number,
  { precision = 0, scale = 0, bounds = NO_BOUNDS }: EncodeOptions = {},
): Encoded {
  const size = width * cells.filter((cell) => cell !== null).length;
  return withColumn(cells, ({ starts, lengths }) =>
    withOutput(size, (out) => {
      const count = kernel(
        starts.byteOffset,
        lengths.byteOffset,
        1,
        cells.length + 1,
        out,
        bounds.address,
        precision,
        scale,
        width,
      );
      return {
        count,
        bytes: Buffer.from(bytesAt(out, Math.max(0, count * width))),
        bad: kernels.getBadRow() - 1,
        rejected: kernels.getRejected(),
        valid: cells.map((_, row) => lengths[row + 1]! >= 0),
        bounds: bounds.take(),
      };
    }),
  );
}

/** The numbers in bytes, big-endian where they are wider than 8. */
export function integers(bytes: Uint8Array, width: number): bigint[] {
  return Array.from({ length: bytes.length / width }, (_, i) => {
    const value = Buffer.from(bytes.subarray(i * width, (i + 1) * width));
    if (width <= 8) value.reverse();
    return BigInt.asIntN(8 * width, BigInt(`0x${value.toString('hex')}`));
  });
}
