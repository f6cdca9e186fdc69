import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parquetMetadata } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';

import type { FileField } from '../../../src/formats/format.ts';
import { parquetFormat } from '../../../src/formats/parquet.ts';
import type { FieldType } from '../../../src/rows/field.ts';
import { fieldsOf, writeRows } from '../../contracts/format.ts';
import { testPython } from '../../servers/python.ts';
import { tempDir } from '../../temp-dir.ts';
import { duckdbQueryFile } from '../parquet-readers.ts';
import { pyarrowFilter } from '../pyarrow.ts';

/*
 * A table sorted by its id, 100 rows in each of 10 row groups. Statistics must lead a reader to the row group that
 * has the rows asked for; that it looks into no other is proven with a file in which all other row groups are
 * destroyed.
 */
const ROWS = 1000;
const GROUP = 100;
const WANTED = { group: 6, low: 640, high: 659 };

/** The value of a row, growing with it in the order of the type. */
const COLUMNS: { type: FieldType; value: (row: number) => string }[] = [
  { type: { kind: 'int64' }, value: (row) => String(row * 10_000_000_000 - 5_000_000_000_000) },
  { type: { kind: 'int32' }, value: (row) => String(row - 700) },
  { type: { kind: 'decimal', precision: 9, scale: 2 }, value: (row) => `${row - 645}.00` },
  { type: { kind: 'decimal', precision: 18, scale: 2 }, value: (row) => `${row - 500}.00` },
  { type: { kind: 'decimal', precision: 38, scale: 2 }, value: (row) => `${row - 655}.00` },
  { type: { kind: 'float64' }, value: (row) => String(row - 650.5) },
  { type: { kind: 'date' }, value: (row) => new Date((row - 650) * 86_400_000).toISOString().slice(0, 10) },
  {
    type: { kind: 'timestamp' },
    value: (row) => new Date((row - 650) * 3_600_000).toISOString().slice(0, 19).replace('T', ' '),
  },
  { type: { kind: 'text' }, value: (row) => `block ${String(row).padStart(5, '0')} é` },
];

const folder = tempDir();
const whole = join(folder, 'whole.parquet');
const damaged = join(folder, 'damaged.parquet');
const secret = join(folder, 'private.parquet');
const fields = fieldsOf(COLUMNS.map(({ type }) => type));

async function writeTable(file: string, of: readonly FileField[]): Promise<Buffer> {
  const rows = Array.from({ length: ROWS }, (_, row) => COLUMNS.map(({ value }) => value(row)));
  const { bytes } = await writeRows(parquetFormat({ rowGroupRows: GROUP }), of, rows);
  writeFileSync(file, bytes);
  return bytes;
}

beforeAll(async () => {
  const bytes = await writeTable(whole, fields);
  await writeTable(
    secret,
    fields.map((field) => ({ ...field, private: true })),
  );
  const { row_groups: groups } = parquetMetadata(Uint8Array.from(bytes).buffer);
  for (const [number, { columns }] of groups.entries()) {
    if (number === WANTED.group) continue;
    for (const { meta_data: column } of columns) {
      const start = Number(column!.dictionary_page_offset ?? column!.data_page_offset);
      bytes.fill(0xff, start, start + Number(column!.total_compressed_size));
    }
  }
  writeFileSync(damaged, bytes);
});

const CASES = COLUMNS.map(({ value, type }, i) => ({
  column: `c${i}`,
  kind: `${type.kind} ${i}`,
  low: value(WANTED.low),
  high: value(WANTED.high),
}));
const COUNT = WANTED.high - WANTED.low + 1;

describe('DuckDB', () => {
  it.each(CASES)('reads only the row group of a range of $kind', async ({ column, low, high }) => {
    // DuckDB would answer a minimum, a maximum or a count from the statistics alone.
    const select = `SELECT CAST(sum(c1) AS BIGINT), count(c2) FROM read_parquet($file)`;
    const sql = `${select} WHERE ${column} BETWEEN '${low}' AND '${high}'`;
    const found = [[BigInt((COUNT * (WANTED.low + WANTED.high - 1400)) / 2), BigInt(COUNT)]];
    expect(await duckdbQueryFile(whole, sql)).toEqual(found);
    expect(await duckdbQueryFile(damaged, sql)).toEqual(found);
    await expect(duckdbQueryFile(damaged, select)).rejects.toThrow();
    expect(await duckdbQueryFile(secret, sql)).toEqual(found);
  });
});

describe.skipIf(testPython() === undefined)('pyarrow', () => {
  it.each(CASES)('reads only the row group of a range of $kind', async ({ column, low, high }) => {
    for (const file of [whole, damaged]) {
      const { found, left, groups } = await pyarrowFilter(file, column, low, high);
      expect([left, groups, found.length]).toEqual([[WANTED.group], ROWS / GROUP, COUNT]);
    }
    await expect(pyarrowFilter(damaged, 'c0', '-99999999999999', '99999999999999')).rejects.toThrow();
  });

  it.each(CASES)('has nothing to go by where $kind is private, and finds the rows', async (wanted) => {
    const { found, left, groups } = await pyarrowFilter(secret, wanted.column, wanted.low, wanted.high);
    expect([left.length, groups, found.length]).toEqual([ROWS / GROUP, ROWS / GROUP, COUNT]);
  });
});
