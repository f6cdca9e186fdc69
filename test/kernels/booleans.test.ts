import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedBounds } from '../../src/formats/parquet/bounds.ts';
import { allBytes, bytesAt, kernels } from '../../src/kernels/kernels.ts';
import { withColumn, withOutput } from './cells.ts';

const cells = fc.array(fc.constantFrom('0', '1', null), { maxLength: 60 });

/** Encodes in calls of so many rows; answers the bits. */
function encode(given: readonly (string | null)[], steps: Iterator<number>, bounds = 0): number[] {
  const values = given.filter((text) => text !== null).length;
  return withColumn(given, ({ starts, lengths }) =>
    withOutput((values + 7) >> 3, (out) => {
      let bit = 0;
      for (let from = 1; from < given.length + 1;) {
        const to = Math.min(given.length + 1, from + steps.next().value!);
        bit = kernels.booleans(starts.byteOffset, lengths.byteOffset, from, to, out, bit, bounds);
        from = to;
      }
      expect(bit).toBe(values);
      return Array.from({ length: bit }, (_, i) => (allBytes()[out + (i >> 3)]! >> (i & 7)) & 1);
    }),
  );
}

describe('booleans', () => {
  it('are bits, the lowest first, however they are divided over calls', () => {
    fc.assert(
      fc.property(cells, fc.infiniteStream(fc.integer({ min: 1, max: 20 })), (given, steps) => {
        const bounds = fixedBounds(1, false);
        const expected = given.filter((text) => text !== null).map(Number);
        expect(encode(given, steps, bounds.address)).toEqual(expected);
        const found = bounds.take();
        bounds.drop();
        expect(found && [found.min[0], found.max[0]]).toEqual(
          expected.length > 0 ? [Math.min(...expected), Math.max(...expected)] : undefined,
        );
      }),
    );
  });

  it.each([...Array(17).keys()])('of a second call begin at bit %i', (first) => {
    const given = Array.from({ length: first + 11 }, (_, i) => String((i * 7) % 3 === 0 ? 1 : 0));
    const steps = [first, 100].filter((step) => step > 0);
    expect(encode(given, steps.values())).toEqual(given.map(Number));
  });

  it('leave no bit of before in their last byte', () => {
    withColumn(['0'], ({ starts, lengths }) =>
      withOutput(1, (out) => {
        bytesAt(out, 1).fill(255);
        expect(kernels.booleans(starts.byteOffset, lengths.byteOffset, 1, 2, out, 0, 0)).toBe(1);
        expect(allBytes()[out]).toBe(0);
      }),
    );
  });

  it.each(['', '2', '00', '01', '10', '-1', '/', 'true', ' ', '\0', '\x01'])('%j is none', (text) => {
    withColumn(['1', null, text], ({ starts, lengths }) =>
      withOutput(1, (out) => {
        expect(kernels.booleans(starts.byteOffset, lengths.byteOffset, 1, 4, out, 0, 0)).toBe(-1);
        expect([kernels.getBadRow(), kernels.getBadColumn()]).toEqual([3, -1]);
      }),
    );
  });
});
