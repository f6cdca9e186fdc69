import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { allBytes, allocate, bytesAt, free, kernels } from '../../src/kernels/kernels.ts';
import { type Cell, withColumn, withOutput } from './cells.ts';
import { decodeHybrid } from './hybrid.ts';

/** As src/formats/parquet/dictionary.ts reckons. */
const bound = (count: number, width: number) => 15 + Math.ceil(count / 8) * (width + 4);

function roundTrip(values: readonly number[], width: number): { size: number; values: number[] } {
  const given = allocate(2 * values.length);
  bytesAt(given, 2 * values.length).set(Buffer.from(Uint16Array.from(values).buffer));
  try {
    return withOutput(bound(values.length, width), (out) => {
      const end = kernels.writeHybrid(given, values.length, width, out) >>> 0;
      const bytes = bytesAt(out, end - out);
      return { size: bytes.length, values: decodeHybrid(bytes, values.length, width) };
    });
  } finally {
    free(given);
  }
}

describe('the hybrid encoding', () => {
  it('gives back values of any width in runs of any length, within the bound', () => {
    const runs = fc
      .integer({ min: 1, max: 16 })
      .chain((width) =>
        fc.tuple(
          fc.constant(width),
          fc.array(fc.tuple(fc.nat(2 ** width - 1), fc.oneof(fc.constant(1), fc.nat(40))), { maxLength: 60 }),
        ),
      );
    fc.assert(
      fc.property(runs, ([width, pairs]) => {
        const values = pairs.flatMap(([value, times]) => Array<number>(times).fill(value));
        expect(roundTrip(values, width).values).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back groups that alternate, which take the most', () => {
    for (const width of [1, 7, 8, 9, 16]) {
      const top = 2 ** width - 1;
      const values = Array.from({ length: 800 }, (_, i) => (i % 16 < 8 ? (i % 2 === 0 ? top : 0) : top));
      expect(roundTrip(values, width).values).toEqual(values);
    }
  });

  it('makes one run of equal values, however many', () => {
    for (const count of [8, 64, 8191, 8192, 65_536, 2_100_000]) {
      const values = Array<number>(count).fill(5);
      const { size, values: read } = roundTrip(values, 3);
      expect(size).toBeLessThanOrEqual(5);
      expect(
        Buffer.from(Uint16Array.from(read).buffer).equals(Buffer.from(Uint16Array.from(values).buffer)),
      ).toBe(true);
    }
  });
});

describe('levels', () => {
  const cells = fc.array(fc.constantFrom<Cell>(null, '', 'x'), { maxLength: 80 });

  it('say which rows are not NULL, however they are divided over calls', () => {
    fc.assert(
      fc.property(cells, fc.infiniteStream(fc.nat(20)), fc.nat(30), (given, steps, before) => {
        withColumn(given, ({ lengths }) =>
          withOutput((before + given.length + 7) >> 3, (bitmap) => {
            // A page that other rows began, and what was in the memory.
            const bytes = bytesAt(bitmap, (before + given.length + 7) >> 3);
            for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 89 + 41) & 255;
            const first = Array.from({ length: before }, (_, i) => (bytes[i >> 3]! >> (i & 7)) & 1);
            let [bit, nulls] = [before, 0];
            for (let from = 1; from < given.length + 1;) {
              const to = Math.min(given.length + 1, from + steps.next().value!);
              nulls += kernels.addLevels(lengths.byteOffset, from, to, bitmap, bit);
              bit += to - from;
              from = to;
            }
            const all = Array.from(
              { length: bit },
              (_, i) => (allBytes()[bitmap + (i >> 3)]! >> (i & 7)) & 1,
            );
            expect(all).toEqual([...first, ...given.map((cell) => (cell === null ? 0 : 1))]);
            expect(nulls).toBe(given.filter((cell) => cell === null).length);
            expect(kernels.countNulls(lengths.byteOffset, 1, given.length + 1)).toBe(nulls);
          }),
        );
      }),
      { numRuns: 500 },
    );
  });
});
