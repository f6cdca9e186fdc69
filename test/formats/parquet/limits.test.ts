import { randomBytes } from 'node:crypto';

import { parquetMetadata } from 'hyparquet';
import { expect, it } from 'vitest';

import { parquetFormat, type ParquetOptions } from '../../../src/formats/parquet.ts';
import type { FieldType } from '../../../src/rows/field.ts';
import { fieldsOf, writeRows } from '../../contracts/format.ts';
import { type Cell, expectedCell } from '../expected.ts';
import { parquetReaders } from '../parquet-readers.ts';

/** Writes rows, checks what every reader makes of them, and answers what stands in the footer. */
async function roundTrip(
  types: readonly FieldType[],
  rows: readonly (readonly Cell[])[],
  options: ParquetOptions,
  batchSizes?: readonly number[],
) {
  const fields = fieldsOf(types);
  const { bytes } = await writeRows(parquetFormat(options), fields, rows, batchSizes);
  const expected = rows.map((row) => types.map((type, i) => expectedCell(type, row[i]!)));
  for (const [reader, read] of Object.entries(parquetReaders())) {
    const found = await read(bytes, fields);
    expect(found.length, reader).toBe(rows.length);
    // Quicker than toEqual, and no flood of huge cells where they differ.
    const wrong = found.findIndex((row, i) => row.some((cell, column) => cell !== expected[i]![column]));
    expect(wrong, `${reader}: the first row that differs`).toBe(-1);
  }
  const { row_groups: groups } = parquetMetadata(Uint8Array.from(bytes).buffer);
  return {
    groupRows: groups.map((group) => Number(group.num_rows)),
    dataPages: groups.map(({ columns }) =>
      columns.map(({ meta_data: column }) =>
        column!
          .encoding_stats!.filter(({ page_type: type }) => type === 'DATA_PAGE')
          .map(({ encoding, count }) => `${count} ${encoding}`),
      ),
    ),
  };
}

it.each(['zstd', 'none'] as const)('values larger than a page and a row group, %s', async (compression) => {
  const huge = ['wörd "so\\" 日本 '.repeat(1000), randomBytes(15_000).toString('base64')];
  const rows: Cell[][] = Array.from({ length: 40 }, (_, i) => {
    const text = i % 9 === 4 ? huge[i % 2]! : `small ${i % 3}`;
    const bytes = i % 7 === 2 ? Buffer.from(huge[i % 2]!) : i % 5 === 0 ? null : Uint8Array.of(i);
    return [text, i % 11 === 3 ? null : bytes, String(i)];
  });
  const types: FieldType[] = [{ kind: 'text' }, { kind: 'binary' }, { kind: 'int32' }];
  const sizes = { pageBytes: 1000, rowGroupBytes: 8000 };
  for (const batchSizes of [[40], [1], [3, 8]]) {
    const { groupRows } = await roundTrip(types, rows, { ...sizes, compression }, batchSizes);
    // A row group ends with a batch, so those of one row end where they should.
    if (batchSizes[0] === 1) expect(groupRows.length).toBeGreaterThan(5);
    await roundTrip(types, rows, { ...sizes, compression, dictionaryBytes: 20_000 }, batchSizes);
    await roundTrip(types, rows, { pageBytes: 1000, compression }, batchSizes);
  }
});

it('a row group for every row, and more of them than a byte counts', async () => {
  const types: FieldType[] = [
    { kind: 'int64' },
    { kind: 'boolean' },
    { kind: 'text' },
    { kind: 'decimal', precision: 28, scale: 2 },
    { kind: 'timestamp' },
  ];
  const rows = Array.from({ length: 300 }, (_, i) => [
    String(i - 150),
    i % 3 === 0 ? null : String(i % 2),
    i % 7 === 0 ? null : `text ${i}`,
    `-${i}.25`,
    `2024-01-01 00:00:00.${String(i).padStart(6, '0')}`,
  ]);
  const { groupRows } = await roundTrip(types, rows, { rowGroupRows: 1 });
  expect(groupRows).toEqual(Array.from({ length: 300 }, () => 1));
});

it('the row after the last of a page and of a row group in files as users get them', async () => {
  const group = 122_880;
  const rows = Array.from({ length: group + 1 }, (_, i) => [
    String(i),
    `course-v1:Org+Course${i % 300}+Run`,
    i % 10 === 0 ? null : String(i & 1),
  ]);
  const types: FieldType[] = [{ kind: 'int64' }, { kind: 'text' }, { kind: 'boolean' }];
  const { groupRows, dataPages } = await roundTrip(types, rows, {}, [16_384]);
  expect(groupRows).toEqual([group, 1]);
  // Each column of the first row group has more than one page, and few courses are in a dictionary.
  for (const pages of dataPages[0]!)
    expect(pages.reduce((sum, page) => sum + Number.parseInt(page, 10), 0)).toBeGreaterThan(1);
  expect(dataPages[0]![1]!.join()).toMatch(/^\d+ RLE_DICTIONARY$/);
});

it('a dictionary that becomes too large in the middle of a chunk', async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => [i < 700 ? `value ${i % 9}` : `value ${i}`, String(i)]);
  const types: FieldType[] = [{ kind: 'text' }, { kind: 'int32' }];
  for (const limits of [{ dictionaryEntries: 50 }, { dictionaryBytes: 400 }]) {
    for (const batchSizes of [[2000], [333], [1, 700, 50]]) {
      const { dataPages } = await roundTrip(types, rows, { ...limits, pageRows: 300 }, batchSizes);
      expect(dataPages[0]![0]!.join()).toMatch(/^[2-3] RLE_DICTIONARY,[4-5] PLAIN$/);
    }
  }
});
