import type { Column } from '../../rows/batch.ts';
import type { FieldType } from '../../rows/field.ts';
import { BadCell } from '../bad-value.ts';
import { INVALID, INVALID_DATE, REJECTED, REJECTED_DATE, parseDate, parseTimestamp } from '../calendar.ts';
import { int64, parseDecimal128, parseDecimal64, parseFloat64, parseInt32, parseInt64 } from '../values.ts';
import { FixedBounds, Int64Bounds, NumberBounds } from './bounds.ts';
import type { BoundBytes } from './bounds.ts';
import type { Page } from './page.ts';
import { HEADROOM } from './page.ts';

/**
 * Appends the values of a column's rows to a page in PLAIN encoding (Encodings.md, "Plain"). The page has room
 * and knows the NULLs; `firstRow` is the number in the page of row `from`. Numbers are stored by typed arrays:
 * the format is little-endian, and so is every machine this program has native parts for.
 */
export interface FixedEncoder {
  /** @throws BadCell */
  encode(column: Column, from: number, to: number, page: Page, firstRow: number): void;
  /** The bounds of the values since the last call; none where they are not tracked. */
  takeBounds(): BoundBytes | undefined;
}

/** The encoder of a field type that has values of one size. @param bounds whether to track them */
export function fixedEncoder(type: FieldType, width: number, bounds: boolean): FixedEncoder {
  switch (type.kind) {
    case 'boolean':
      return booleans(bounds);
    case 'int32':
      return int32s(bounds, (data, start, end) => parseInt32(data, start, end));
    case 'date':
      return dates(bounds);
    case 'int64':
      return int64s(bounds);
    case 'timestamp':
      return timestamps(bounds);
    case 'float32':
    case 'float64':
      return floats(bounds, width);
    case 'decimal':
      return decimals(bounds, type.precision, type.scale, width);
    case 'text':
    case 'binary':
      throw new TypeError(`${type.kind} has no size of its own`);
  }
}

const notNull = (validity: Uint8Array, row: number) => (validity[row >> 3]! & (1 << (row & 7))) !== 0;

/** "Plain": BOOLEAN is one bit, the lowest first. */
function booleans(track: boolean): FixedEncoder {
  const bounds = new NumberBounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page) {
      const { bytes } = page.block;
      let bit = page.stored;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        const value = data[offsets[row]!]! - 48;
        if (offsets[row + 1]! - offsets[row]! !== 1 || value >>> 0 > 1) throw new BadCell(row);
        const at = HEADROOM + (bit >> 3);
        bytes[at] = (bit & 7) === 0 ? value : bytes[at]! | (value << (bit & 7));
        bit++;
        if (track) bounds.add(value);
      }
      page.end = HEADROOM + ((bit + 7) >> 3);
    },
    takeBounds: () => bounds.take((value) => Uint8Array.of(value)),
  };
}

function int32s(
  track: boolean,
  parse: (data: Uint8Array, start: number, end: number) => number,
): FixedEncoder {
  const bounds = new NumberBounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page) {
      const { int32 } = page.block;
      let at = page.end >> 2;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        const value = parse(data, offsets[row]!, offsets[row + 1]!);
        if (value !== value) throw new BadCell(row);
        int32[at++] = value;
        if (track) bounds.add(value);
      }
      page.end = at << 2;
    },
    takeBounds: () => bounds.take(int32Bytes),
  };
}

function dates(track: boolean): FixedEncoder {
  const bounds = new NumberBounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page, firstRow) {
      const { int32 } = page.block;
      let at = page.end >> 2;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        const days = parseDate(data, offsets[row]!, offsets[row + 1]!);
        if (days === INVALID_DATE) throw new BadCell(row);
        if (days === REJECTED_DATE) {
          page.reject(firstRow + row - from);
          continue;
        }
        int32[at++] = days;
        if (track) bounds.add(days);
      }
      page.end = at << 2;
    },
    takeBounds: () => bounds.take(int32Bytes),
  };
}

function int64s(track: boolean): FixedEncoder {
  const bounds = new Int64Bounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page) {
      const { int32 } = page.block;
      let at = page.end >> 2;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        if (!parseInt64(data, offsets[row]!, offsets[row + 1]!)) throw new BadCell(row);
        int32[at++] = int64.low;
        int32[at++] = int64.high;
        if (track) bounds.add(int64.high, int64.low);
      }
      page.end = at << 2;
    },
    takeBounds: () => bounds.take(),
  };
}

function timestamps(track: boolean): FixedEncoder {
  const bounds = new Int64Bounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page, firstRow) {
      const { int32 } = page.block;
      let at = page.end >> 2;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        const outcome = parseTimestamp(data, offsets[row]!, offsets[row + 1]!);
        if (outcome === INVALID) throw new BadCell(row);
        if (outcome === REJECTED) {
          page.reject(firstRow + row - from);
          continue;
        }
        int32[at++] = int64.low;
        int32[at++] = int64.high;
        if (track) bounds.add(int64.high, int64.low);
      }
      page.end = at << 2;
    },
    takeBounds: () => bounds.take(),
  };
}

function floats(track: boolean, width: number): FixedEncoder {
  const bounds = new NumberBounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page) {
      const { block } = page;
      const values = width === 4 ? block.float32 : block.float64;
      let at = page.end / width;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        let value = parseFloat64(data, offsets[row]!, offsets[row + 1]!);
        if (width === 4) value = Math.fround(value);
        if (!Number.isFinite(value)) throw new BadCell(row);
        values[at++] = value;
        if (track) bounds.add(value);
      }
      page.end = at * width;
    },
    // A bound that is zero is given the sign that includes both zeros (union ColumnOrder).
    takeBounds() {
      const taken = bounds.take((value) => floatBytes(value, width));
      if (taken === undefined) return undefined;
      const zero = (bytes: Uint8Array) =>
        bytes.every((byte, i) => byte === 0 || (i === width - 1 && byte === 128));
      return {
        min: zero(taken.min) ? floatBytes(-0, width) : taken.min,
        max: zero(taken.max) ? floatBytes(0, width) : taken.max,
      };
    },
  };
}

function decimals(track: boolean, precision: number, scale: number, width: number): FixedEncoder {
  if (width === 4)
    return int32s(track, (data, start, end) =>
      parseDecimal64(data, start, end, precision, scale) ? int64.low : NaN,
    );
  return width === 8 ? decimal64s(track, precision, scale) : decimal128s(track, precision, scale, width);
}

function decimal64s(track: boolean, precision: number, scale: number): FixedEncoder {
  const bounds = new Int64Bounds();
  return {
    encode({ data, offsets, validity, nulls }, from, to, page) {
      const { int32 } = page.block;
      let at = page.end >> 2;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        if (!parseDecimal64(data, offsets[row]!, offsets[row + 1]!, precision, scale)) throw new BadCell(row);
        int32[at++] = int64.low;
        int32[at++] = int64.high;
        if (track) bounds.add(int64.high, int64.low);
      }
      page.end = at << 2;
    },
    takeBounds: () => bounds.take(),
  };
}

/** "DECIMAL": FIXED_LEN_BYTE_ARRAY, big-endian two's complement. */
function decimal128s(track: boolean, precision: number, scale: number, width: number): FixedEncoder {
  const bounds = new FixedBounds(width);
  return {
    encode({ data, offsets, validity, nulls }, from, to, page) {
      const { bytes } = page.block;
      let at = page.end;
      for (let row = from; row < to; row++) {
        if (nulls > 0 && !notNull(validity, row)) continue;
        if (!parseDecimal128(data, offsets[row]!, offsets[row + 1]!, precision, scale, bytes, at, width))
          throw new BadCell(row);
        if (track) bounds.add(bytes, at);
        at += width;
      }
      page.end = at;
    },
    takeBounds: () => bounds.take(),
  };
}

function int32Bytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function floatBytes(value: number, width: number): Uint8Array {
  const bytes = Buffer.alloc(width);
  if (width === 4) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}
