import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PartitionKeys } from '../../src/lake/partition-keys.ts';
import { batchOf } from '../../src/rows/batch.ts';

const value = fc.oneof(fc.constant(null), fc.constantFrom('', 'a', 'b', 'ab'), fc.string({ maxLength: 300 }));

describe('partition keys', () => {
  it('numbers distinct values in the order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 100 }), (rows) => {
        const keys = new PartitionKeys();
        const { columns } = batchOf(2, rows);
        const numbers = rows.map((_, row) => keys.find(columns, row));
        const seen: string[] = [];
        const expected = rows.map((row) => {
          const text = JSON.stringify(row);
          if (!seen.includes(text)) seen.push(text);
          return seen.indexOf(text);
        });
        expect(numbers).toEqual(expected);
        expect(keys.count).toBe(seen.length);
      }),
    );
  });

  it('finds each of many values again', () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => [`course-v1:Uni+C${i}+2025`]);
    const { columns } = batchOf(1, rows);
    const keys = new PartitionKeys();
    const first = rows.map((_, row) => keys.find(columns, row));
    expect(first.every((number, i) => number === i)).toBe(true);
    expect(rows.every((_, row) => keys.find(columns, row) === row)).toBe(true);
  });
});
