import { allBytes, allocate, bytesAt, clear, free } from '../../kernels/kernels.ts';

/*
 * The smallest and largest value of a column chunk, in the order that the format defines for the type (parquet.thrift,
 * union ColumnOrder), kept by the kernels and given out in PLAIN encoding.
 */

export interface BoundBytes {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
}

/** Tracks bounds at an address that kernels take; 0 where they are not tracked. */
export interface Bounds {
  readonly address: number;
  /** The bounds since the last call, if there is a value. */
  take(): BoundBytes | undefined;
  drop(): void;
}

export const NO_BOUNDS: Bounds = { address: 0, take: () => undefined, drop: () => {} };

/** Sizes and places of the structures in assembly/fixed.ts and texts.ts. */
const FIXED = { size: 40, min: 8, max: 16, minHigh: 24, maxHigh: 32 };
const TEXT = { size: 16 + 64 + 64, minLength: 0, maxLength: 4, given: 8, min: 16, max: 80 };

/** Values of one size. @param width their bytes; above 8 they are big-endian @param float whether they are IEEE numbers */
export function fixedBounds(width: number, float: boolean): Bounds {
  const address = allocate(FIXED.size);
  clear(address, FIXED.size);
  const value = (low: number, high: number): Uint8Array => {
    const bytes = allBytes();
    if (width <= 8) return new Uint8Array(bytes.subarray(address + low, address + low + width));
    // The lower half is next to the upper one in big-endian order.
    const both = Buffer.alloc(16);
    both.writeBigUInt64BE(bytes.readBigUInt64LE(address + high), 0);
    both.writeBigUInt64BE(bytes.readBigUInt64LE(address + low), 8);
    return new Uint8Array(both.subarray(16 - width));
  };
  return {
    address,
    take() {
      if (allBytes().readUInt32LE(address) === 0) return undefined;
      const bounds = {
        min: value(FIXED.min, FIXED.minHigh),
        max: value(FIXED.max, FIXED.maxHigh),
      };
      clear(address, FIXED.size);
      return float ? { min: signedZero(bounds.min, true), max: signedZero(bounds.max, false) } : bounds;
    },
    drop: () => free(address),
  };
}

/** A bound that is zero is given the sign that includes both zeros (union ColumnOrder). */
function signedZero(bytes: Uint8Array, negative: boolean): Uint8Array {
  const last = bytes.length - 1;
  if (!bytes.every((byte, i) => byte === 0 || (i === last && byte === 128))) return bytes;
  const zero = new Uint8Array(bytes.length);
  if (negative) zero[last] = 128;
  return zero;
}

/** Texts in the order of their bytes. */
export function textBounds(): Bounds {
  const address = allocate(TEXT.size);
  const reset = (): void => {
    const bytes = allBytes();
    bytes.writeInt32LE(-1, address + TEXT.minLength);
    bytes.writeInt32LE(-1, address + TEXT.maxLength);
    bytes.writeUInt32LE(0, address + TEXT.given);
  };
  reset();
  return {
    address,
    take() {
      const bytes = allBytes();
      const minLength = bytes.readInt32LE(address + TEXT.minLength);
      const maxLength = bytes.readInt32LE(address + TEXT.maxLength);
      const none = minLength < 0 || bytes.readUInt32LE(address + TEXT.given) !== 0;
      reset();
      if (none) return undefined;
      return {
        min: new Uint8Array(bytesAt(address + TEXT.min, minLength)),
        max: new Uint8Array(bytesAt(address + TEXT.max, maxLength)),
      };
    },
    drop: () => free(address),
  };
}
