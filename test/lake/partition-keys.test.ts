import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { free, readUint32 } from '../../src/kernels/kernels.ts';
import { PartitionKeys } from '../../src/lake/partition-keys.ts';
import { batchOf } from '../../src/rows/batch.ts';
import { expectNoLeak } from '../kernels/heap.ts';
import { equalHashes } from '../kernels/equal-hashes.ts';

type Cell = string | Uint8Array | null;

const value = fc.oneof(fc.constant(null), fc.constantFrom('', 'a', 'b', 'ab'), fc.string({ maxLength: 300 }));

/** The number of each row, and the rows whose values are new. */
function number(keys: PartitionKeys, columns: number, rows: readonly (readonly Cell[])[]) {
  const batch = batchOf(columns, rows);
  const { numbers, firstRows } = keys.number(batch.columns, rows.length);
  const found = rows.map((_, row) => readUint32(numbers + 4 * row));
  free(numbers);
  batch.release();
  return { numbers: found, firstRows };
}

describe('partition keys', () => {
  it('numbers distinct values in the order they come, batch after batch', async () => {
    const batches = fc.array(fc.array(fc.tuple(value, value), { maxLength: 60 }), { maxLength: 4 });
    await expectNoLeak(() =>
      fc.assert(
        fc.property(batches, (all) => {
          const keys = new PartitionKeys();
          const seen: string[] = [];
          for (const rows of all) {
            const before = seen.length;
            const expected = rows.map((row) => {
              const text = JSON.stringify(row);
              if (!seen.includes(text)) seen.push(text);
              return seen.indexOf(text);
            });
            const { numbers, firstRows } = number(keys, 2, rows);
            expect(numbers).toEqual(expected);
            expect(firstRows).toEqual(seen.slice(before).map((_, i) => expected.indexOf(before + i)));
            expect(keys.count).toBe(seen.length);
          }
          keys.drop();
        }),
      ),
    );
  });

  it('finds each of many values again', async () => {
    await expectNoLeak(() => {
      const rows = Array.from({ length: 50_000 }, (_, i) => [`course-v1:Uni+C${i}+2025`]);
      const keys = new PartitionKeys();
      const first = number(keys, 1, rows);
      const second = number(keys, 1, rows.toReversed());
      keys.drop();
      expect(first.numbers.every((number, i) => number === i)).toBe(true);
      expect(first.firstRows.every((row, i) => row === i)).toBe(true);
      expect(first.firstRows.length).toBe(rows.length);
      expect(second.firstRows).toEqual([]);
      expect(second.numbers.every((number, i) => number === rows.length - 1 - i)).toBe(true);
    });
  });

  it('tells values apart whose bytes are the same when put together', () => {
    const keys = new PartitionKeys();
    const rows: Cell[][] = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['', 'abc'],
      [null, 'abc'],
      ['abc', ''],
      ['abc', null],
      [null, null],
      ['', ''],
      [null, ''],
      ['', null],
      ['\xff\xff\xff\xff', ''],
      ['\0\0\0\0', ''],
      [Buffer.from([255, 255, 255, 255]), ''],
    ];
    expect(number(keys, 2, rows).numbers).toEqual(rows.map((_, i) => i));
    keys.drop();
  });

  it('tells values apart that the hash does not', () => {
    const keys = new PartitionKeys();
    const rows = equalHashes(300).map((bytes) => [bytes]);
    expect(number(keys, 1, rows).numbers).toEqual(rows.map((_, i) => i));
    expect(number(keys, 1, rows).firstRows).toEqual([]);
    keys.drop();
  });

  it('takes rows without partition columns as one value', () => {
    const keys = new PartitionKeys();
    const rows = [[], [], []];
    expect(number(keys, 0, rows)).toEqual({ numbers: [0, 0, 0], firstRows: [0] });
    keys.drop();
    keys.drop();
  });
});
