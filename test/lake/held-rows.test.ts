import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { allocate, bytesAt } from '../../src/kernels/kernels.ts';
import { HeldRows } from '../../src/lake/held-rows.ts';
import { type Batch, batchOf, cellBytes } from '../../src/rows/batch.ts';
import { expectNoLeak } from '../kernels/heap.ts';

type Row = (string | null)[];

/** The numbers of partitions at an address of their own. */
function numbersAt(numbers: readonly number[]): number {
  const address = allocate(4 * numbers.length);
  bytesAt(address, 4 * numbers.length).set(Buffer.from(Uint32Array.from(numbers).buffer));
  return address;
}

function rowsOf(batch: Batch, from: number, to: number): Row[] {
  return Array.from({ length: to - from }, (_, i) =>
    batch.columns.map((column) => cellBytes(column, from + i)?.toString() ?? null),
  );
}

const cell = fc.option(fc.string({ maxLength: 20 }));
const part = fc.array(fc.tuple(fc.nat(6), cell, cell, cell), { maxLength: 30 });

describe('held rows', () => {
  it('are divided in the order they came, with the columns asked for', async () => {
    await expectNoLeak(() =>
      fc.assert(
        fc.property(fc.array(part, { maxLength: 5 }), fc.subarray([2, 0, 1]), (parts, columns) => {
          const held = new HeldRows();
          for (const rows of parts)
            held.add(
              batchOf(
                3,
                rows.map(([, ...cells]) => cells),
              ),
              numbersAt(rows.map(([number]) => number)),
            );
          const all = parts.flat();
          expect(held.rows).toBe(all.length);
          expect(held.bytes).toBeGreaterThanOrEqual(8 * 3 * all.length);
          const { batch, begin } = held.divide(7, columns);
          expect(batch.rows).toBe(all.length);
          expect(batch.columns.length).toBe(columns.length);
          for (let number = 0; number < 7; number++) {
            const expected = all
              .filter((row) => row[0] === number)
              .map((row) => columns.map((column) => row[column + 1] as string | null));
            expect(rowsOf(batch, begin(number), begin(number + 1))).toEqual(expected);
          }
          batch.columns.forEach(({ nulls }, i) =>
            expect(nulls).toBe(all.filter((row) => row[columns[i]! + 1] === null).length),
          );
          batch.release();
          held.clear();
          expect([held.rows, held.bytes]).toEqual([0, 0]);
          held.clear();
        }),
      ),
    );
  });

  it('take other rows after they were given back', () => {
    const held = new HeldRows();
    for (const text of ['a', 'b']) {
      held.add(batchOf(1, [[text]]), numbersAt([1]));
      const { batch, begin } = held.divide(2, [0]);
      expect([begin(0), begin(1), begin(2)]).toEqual([0, 0, 1]);
      expect(rowsOf(batch, 0, 1)).toEqual([[text]]);
      batch.release();
      held.clear();
    }
  });
});
