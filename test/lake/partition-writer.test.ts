import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PartitionWriter } from '../../src/lake/partition-writer.ts';
import { type Batch, batchOf, cellBytes } from '../../src/rows/batch.ts';
import { tempDir } from '../temp-dir.ts';

const spillFolder = join(tempDir(), 'spill');

type Row = (string | null)[];

function rowsOf(batch: Batch): Row[] {
  return Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((column) => {
      const bytes = cellBytes(column, row);
      return bytes === null ? null : Buffer.from(bytes).toString('latin1');
    }),
  );
}

/** Divides rows by the columns `by`; answers what each file got, by its values as JSON. */
async function divide(rows: Row[], by: number[], keep: number[], memory: number, batchRows: number) {
  const files = new Map<string, Row[]>();
  let open = 0;
  const writer = new PartitionWriter({
    table: 't',
    partitionColumns: by,
    fileColumns: keep,
    memory,
    spillFolder,
    open: async (values) => {
      const key = JSON.stringify(values);
      expect(files.has(key), 'one file per partition').toBe(false);
      const written: Row[] = [];
      files.set(key, written);
      open++;
      expect(open).toBeLessThanOrEqual(4);
      return {
        write: async (batch) => void written.push(...rowsOf(batch)),
        finish: async () => void open--,
      };
    },
  });
  for (let i = 0; i < rows.length; i += batchRows) {
    await writer.write(
      batchOf(
        rows[0]!.length,
        rows
          .slice(i, i + batchRows)
          .map((row) => row.map((cell) => (cell === null ? null : Buffer.from(cell, 'latin1')))),
      ),
    );
  }
  await writer.finish();
  return files;
}

function expected(rows: Row[], by: number[], keep: number[]): Map<string, Row[]> {
  const files = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(by.map((i) => row[i]!));
    files.set(key, [...(files.get(key) ?? []), keep.map((i) => row[i]!)]);
  }
  return files;
}

const cell = fc.oneof(
  fc.constant(null),
  fc.constantFrom('', '-;', '+', 'a', 'A', 'a '),
  fc.string({ maxLength: 90 }).map((s) => Buffer.from(s).toString('latin1')),
);
const key = fc.oneof(fc.constant(null), fc.constantFrom('', 'NULL', 'a', 'A', 'a ', '1;', '-', ';'));

describe('partition writer', () => {
  it('gives every partition its rows in order, whatever the memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(key, cell, key, cell), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0, 1, 1 << 30),
        fc.integer({ min: 1, max: 64 }),
        async (rows, memory, batchRows) => {
          const files = await divide(rows as Row[], [0, 2], [1, 3], memory, batchRows);
          expect(files).toEqual(expected(rows as Row[], [0, 2], [1, 3]));
        },
      ),
      { numRuns: 150 },
    );
    expect(await readdir(spillFolder), 'no temporary file stays').toEqual([]);
  });

  it('takes rows larger than its pieces', async () => {
    const rows: Row[] = [
      ['a', 'x'.repeat(3 << 20)],
      ['b', 'y'],
      ['a', 'z'.repeat(300_000)],
    ];
    for (const memory of [0, 1 << 30])
      expect(await divide(rows, [0], [1], memory, 1)).toEqual(expected(rows, [0], [1]));
  });

  it('takes thousands of partitions', async () => {
    const rows: Row[] = Array.from({ length: 15_000 }, (_, i) => [`k${i % 5_000}`, String(i)]);
    const files = await divide(rows, [0], [1], 1 << 20, 2500);
    expect(files.size).toBe(5_000);
    expect(files.get('["k7"]')).toEqual([['7'], ['5007'], ['10007']]);
  });

  it('refuses a value that is no text', async () => {
    await expect(divide([['\xff', 'x']], [0], [1], 1 << 20, 1)).rejects.toMatchObject({ code: 'bad-value' });
  });
});
