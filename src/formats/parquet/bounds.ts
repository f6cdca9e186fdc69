/*
 * The smallest and largest value of a column chunk, in the order that the format defines for the type
 * (parquet.thrift, union ColumnOrder), given out in PLAIN encoding. Each tracker begins anew after `take`.
 */

export interface BoundBytes {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
}

export class NumberBounds {
  #min = Infinity;
  #max = -Infinity;

  add(value: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** @param encode the PLAIN form of a value */
  take(encode: (value: number) => Uint8Array): BoundBytes | undefined {
    const bounds = this.#min <= this.#max ? { min: encode(this.#min), max: encode(this.#max) } : undefined;
    this.#min = Infinity;
    this.#max = -Infinity;
    return bounds;
  }
}

/** Signed 64-bit values as two signed 32-bit halves. */
export class Int64Bounds {
  #any = false;
  #minHigh = 0;
  #minLow = 0;
  #maxHigh = 0;
  #maxLow = 0;

  add(high: number, low: number): void {
    if (!this.#any) {
      this.#any = true;
      this.#minHigh = this.#maxHigh = high;
      this.#minLow = this.#maxLow = low;
      return;
    }
    if (high < this.#minHigh || (high === this.#minHigh && low >>> 0 < this.#minLow >>> 0)) {
      this.#minHigh = high;
      this.#minLow = low;
    } else if (high > this.#maxHigh || (high === this.#maxHigh && low >>> 0 > this.#maxLow >>> 0)) {
      this.#maxHigh = high;
      this.#maxLow = low;
    }
  }

  take(): BoundBytes | undefined {
    if (!this.#any) return undefined;
    this.#any = false;
    return { min: int64Bytes(this.#minHigh, this.#minLow), max: int64Bytes(this.#maxHigh, this.#maxLow) };
  }
}

function int64Bytes(high: number, low: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(low, 0);
  bytes.writeInt32LE(high, 4);
  return bytes;
}

/** Big-endian two's complement numbers of one width. */
export class FixedBounds {
  readonly #width: number;
  readonly #min: Buffer;
  readonly #max: Buffer;
  #any = false;

  constructor(width: number) {
    this.#width = width;
    this.#min = Buffer.alloc(width);
    this.#max = Buffer.alloc(width);
  }

  add(data: Uint8Array, at: number): void {
    if (!this.#any) {
      this.#any = true;
      this.#copy(data, at, this.#min);
      this.#copy(data, at, this.#max);
    } else if (this.#compare(data, at, this.#min) < 0) this.#copy(data, at, this.#min);
    else if (this.#compare(data, at, this.#max) > 0) this.#copy(data, at, this.#max);
  }

  take(): BoundBytes | undefined {
    if (!this.#any) return undefined;
    this.#any = false;
    return { min: Buffer.from(this.#min), max: Buffer.from(this.#max) };
  }

  #copy(data: Uint8Array, at: number, to: Buffer): void {
    for (let i = 0; i < this.#width; i++) to[i] = data[at + i]!;
  }

  #compare(data: Uint8Array, at: number, bound: Buffer): number {
    // The first byte holds the sign.
    if (data[at] !== bound[0]) return (data[at]! ^ 128) - (bound[0]! ^ 128);
    for (let i = 1; i < this.#width; i++) {
      if (data[at + i] !== bound[i]) return data[at + i]! - bound[i]!;
    }
    return 0;
  }
}

/** Bounds longer than this are no help to a reader; a chunk that holds a longer value has none. */
const LONGEST_BOUND = 64;

/** Texts in the order of their bytes. */
export class TextBounds {
  readonly #min = Buffer.alloc(LONGEST_BOUND);
  readonly #max = Buffer.alloc(LONGEST_BOUND);
  #minLength = -1;
  #maxLength = 0;
  #tooLong = false;

  add(data: Uint8Array, start: number, end: number): void {
    if (this.#tooLong) return;
    const length = end - start;
    if (length > LONGEST_BOUND) {
      this.#tooLong = true;
      return;
    }
    if (this.#minLength < 0) {
      this.#minLength = copyText(data, start, end, this.#min);
      this.#maxLength = copyText(data, start, end, this.#max);
    } else if (compareText(data, start, end, this.#min, this.#minLength) < 0)
      this.#minLength = copyText(data, start, end, this.#min);
    else if (compareText(data, start, end, this.#max, this.#maxLength) > 0)
      this.#maxLength = copyText(data, start, end, this.#max);
  }

  take(): BoundBytes | undefined {
    const bounds =
      this.#tooLong || this.#minLength < 0
        ? undefined
        : {
            min: Buffer.from(this.#min.subarray(0, this.#minLength)),
            max: Buffer.from(this.#max.subarray(0, this.#maxLength)),
          };
    this.#minLength = -1;
    this.#tooLong = false;
    return bounds;
  }
}

function copyText(data: Uint8Array, start: number, end: number, to: Buffer): number {
  for (let from = start, at = 0; from < end; from++, at++) to[at] = data[from]!;
  return end - start;
}

function compareText(data: Uint8Array, start: number, end: number, bound: Buffer, length: number): number {
  const shorter = Math.min(end - start, length);
  for (let i = 0; i < shorter; i++) {
    const difference = data[start + i]! - bound[i]!;
    if (difference !== 0) return difference;
  }
  return end - start - length;
}
