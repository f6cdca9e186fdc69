import { createHash } from 'node:crypto';

import type { FieldType } from '../../../src/rows/field.ts';
import { typeText } from '../../../src/rows/field.ts';
import { type Cell, dateText, expectedCell, timestampText, unscaledText } from '../expected.ts';
import { EXTREMES } from '../values-of-types.ts';

/** Cells of one type in an order that tries something of an encoder. */
export interface Series {
  readonly name: string;
  readonly type: FieldType;
  readonly cells: readonly Cell[];
  /** What readers must give for each cell. */
  readonly expected: readonly (string | null)[];
  /** The place of each cell's value in the order of the type; equal values have equal ranks, NULL has -1. */
  readonly ranks: readonly number[];
}

/** Which of `rows` rows are NULL. */
export type NullPattern = (row: number, rows: number) => boolean;

export const NULL_PATTERNS: Record<string, NullPattern> = {
  none: () => false,
  all: () => true,
  'every other': (row) => row % 2 === 1,
  'every other from the first': (row) => row % 2 === 0,
  'long runs': (row) => row % 74 >= 37,
  'the first': (row) => row === 0,
  'the last': (row, rows) => row === rows - 1,
  'all but the first': (row) => row > 0,
  'all but the last': (row, rows) => row < rows - 1,
  random: (row) => noise('null', row)[0]! % 3 === 0,
};

/** 32 bytes that look random and are the same in every run. */
function noise(name: string, i: number): Buffer {
  return createHash('sha256').update(`${name} ${i}`).digest();
}

/** A decimal of each width that decimals are stored in: 4 and 8 bytes, then 9 to 16. */
const DECIMALS: readonly (readonly [precision: number, scale: number])[] = [
  [1, 0],
  [4, 4],
  [9, 2],
  [10, 0],
  [18, 4],
  [19, 19],
  [20, 0],
  [23, 5],
  [26, 6],
  [28, 3],
  [31, 31],
  [33, 0],
  [35, 1],
  [38, 10],
];

const TYPES: readonly FieldType[] = [
  ...(['boolean', 'int32', 'int64', 'float32', 'float64'] as const).map((kind) => ({ kind })),
  ...DECIMALS.map(([precision, scale]) => ({ kind: 'decimal', precision, scale }) as const),
  ...(['date', 'timestamp', 'text', 'binary'] as const).map((kind) => ({ kind })),
];

const UNITS = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\u0000', 'é', '日', '😀', '\u{10ffff}', '\ufeff'];

/** A value of the whole range of a type, small and large ones equally often. */
function anyCell(type: FieldType, i: number): Cell {
  const bytes = noise(typeText(type), i);
  const extremes = EXTREMES.find((found) => typeText(found.type) === typeText(type))?.cells;
  if (i % 4 === 0 && extremes !== undefined) return extremes[(i / 4) % extremes.length]!;
  const size = bytes[31]!;
  switch (type.kind) {
    case 'boolean':
      return String(bytes[0]! & 1);
    case 'int32':
      return String(bytes.readInt32LE() >> (size % 32));
    case 'int64':
      return String(bytes.readBigInt64LE() >> BigInt(size % 64));
    case 'float32':
      return finite(bytes.readFloatLE());
    case 'float64':
      return finite(bytes.readDoubleLE());
    case 'decimal': {
      // The largest values are there too, for they need every bit of the width.
      const limit = 10n ** BigInt(1 + (size % type.precision));
      const value = i % 7 === 1 ? limit - 1n : BigInt(`0x${bytes.toString('hex', 0, 20)}`) % limit;
      return unscaledText(size & 128 ? -value : value, type.scale);
    }
    case 'date':
      return dateText((bytes.readInt32LE() % 700_000) + 200_000);
    case 'timestamp': {
      const micros = bytes.readBigInt64LE() % 60_000_000_000_000_000n;
      const text = timestampText(micros + 20_000_000_000_000_000n);
      return size % 3 === 0 ? text.slice(0, 19) : text.slice(0, 20 + (size % 3) * 3);
    }
    case 'text':
      return Array.from(bytes.subarray(0, size % 31), (byte) => UNITS[byte % UNITS.length]).join('');
    case 'binary':
      return bytes.subarray(0, size % 31);
  }
}

const finite = (value: number): string => (Number.isFinite(value) ? String(value) : '0');

/** A value that grows with the row, as ids and times do; only of types that have such. */
function growingCell(type: FieldType, i: number): Cell | undefined {
  switch (type.kind) {
    case 'int32':
    case 'int64':
      return String(i * 3 - 100);
    case 'decimal':
      return type.precision === 18 || type.precision === 38
        ? unscaledText(BigInt(i * 77), type.scale)
        : undefined;
    case 'date':
      return dateText(19_000 + (i >> 2));
    case 'timestamp':
      return timestampText(1_700_000_000_000_000n + BigInt(i) * 1_234_567n);
    case 'text':
      return `block-v1:Org+Course+type@problem+block@${String(i).padStart(6, '0')}`;
    default:
      return undefined;
  }
}

/** Texts or bytes that repeat at first and then do no more, so that a dictionary is given up on the way. */
const turning = (rows: number) => (i: number) => (i < rows / 3 ? `value ${i % 3}` : `another value ${i}`);
const long = (i: number): string => `${'long '.repeat(20 + (i % 50))}${i % 5}`;

export function seriesOf(name: string, type: FieldType, cells: readonly Cell[]): Series {
  const expected = cells.map((cell) => expectedCell(type, cell));
  return { name, type, cells, expected, ranks: ranksOf(type, expected) };
}

/** All series, each with so many cells. */
export function allSeries(rows: number): Series[] {
  const made: Series[] = [];
  const add = (name: string, type: FieldType, cell: (i: number) => Cell): void => {
    const cells = Array.from({ length: rows }, (_, i) => cell(i));
    made.push(seriesOf(`${typeText(type)} ${name}`, type, cells));
  };
  for (const type of TYPES) {
    add('any', type, (i) => anyCell(type, i));
    add('repeated', type, (i) => anyCell(type, noise('of five', i)[0]! % 5));
    if (growingCell(type, 0) !== undefined) add('growing', type, (i) => growingCell(type, i)!);
  }
  for (const kind of ['text', 'binary'] as const) {
    add('turning', { kind }, turning(rows));
    add('long', { kind }, long);
    add('empty', { kind }, (i) => (i % 20 === 7 ? 'x' : ''));
  }
  return made;
}

/** @returns negative, zero or positive as `a` is before, at or after `b` in the order of the type */
export function compare(type: FieldType, a: string, b: string): number {
  switch (type.kind) {
    case 'int32':
    case 'int64':
    case 'decimal': {
      const [left, right] = [BigInt(a.replace('.', '')), BigInt(b.replace('.', ''))];
      return left < right ? -1 : left > right ? 1 : 0;
    }
    case 'float32':
    case 'float64':
      return Number(a) - Number(b);
    case 'boolean':
    case 'date':
    case 'timestamp':
      return a < b ? -1 : a > b ? 1 : 0;
    case 'text':
      return Buffer.compare(Buffer.from(a), Buffer.from(b));
    case 'binary':
      return Buffer.compare(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));
  }
}

function ranksOf(type: FieldType, expected: readonly (string | null)[]): number[] {
  const distinct = [...new Set(expected)].filter((value) => value !== null);
  const sorted = distinct.toSorted((a, b) => compare(type, a, b));
  const ranks = new Map<string | null, number>([[null, -1]]);
  for (const [i, value] of sorted.entries()) {
    const before = sorted[i - 1];
    ranks.set(value, before !== undefined && compare(type, before, value) === 0 ? ranks.get(before)! : i);
  }
  return expected.map((value) => ranks.get(value)!);
}
