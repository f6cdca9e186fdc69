import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parquetFormat, type ParquetOptions } from '../../../src/formats/parquet.ts';
import { arbitraryLimits, arbitraryTable, fieldsOf, writeRows } from '../../contracts/format.ts';
import { testPython } from '../../servers/python.ts';
import { tempDir } from '../../temp-dir.ts';
import { readFileWithDuckdb, readWithHyparquet } from '../parquet-readers.ts';
import { type PyarrowFile, pyarrowFile, pyarrowText } from '../pyarrow.ts';
import { arrowType, differences, isNullAt, type TriedColumn, wrongStatistics } from './checks.ts';
import { allSeries, NULL_PATTERNS, seriesOf } from './series.ts';

const PAGE = 16;
const GROUP = 48;
const MANY = 4 * GROUP + 13;
const SIZES = [0, 1, 7, 8, 9, PAGE - 1, PAGE, PAGE + 1, GROUP - 1, GROUP, GROUP + 1, MANY];
const SMALL = { pageRows: PAGE, rowGroupRows: GROUP };

const OPTIONS: Record<string, { options: ParquetOptions; sizes?: readonly number[] }> = {
  'as users get it': { options: {}, sizes: [0, 1, 8, MANY] },
  'small pages and row groups': { options: SMALL },
  'pages and row groups that end by their bytes': {
    options: { pageBytes: 150, rowGroupBytes: 300_000 },
    sizes: [1, 9, MANY],
  },
  'dictionaries that become too large': {
    options: { ...SMALL, rowGroupRows: 100, dictionaryEntries: 4, dictionaryBytes: 150 },
    sizes: [1, 9, 99, 100, 101, MANY],
  },
  'no dictionaries, stored as they are': {
    options: { ...SMALL, dictionaryEntries: 0, compression: 'none' },
    sizes: [0, 1, 8, GROUP + 1, MANY],
  },
  'dictionaries, stored as they are': {
    options: { ...SMALL, compression: 'none' },
    sizes: [1, PAGE + 1, MANY],
  },
};

/** Of series other than `any`, which try values more than NULLs. */
const FEW_PATTERNS = ['none', 'every other', 'long runs', 'random'];

const folder = tempDir();
const columns: readonly TriedColumn[] = allSeries(MANY)
  .flatMap((series) => {
    const patterns = series.name.endsWith(' any') ? Object.keys(NULL_PATTERNS) : FEW_PATTERNS;
    return patterns.map((pattern) => ({ series, pattern }));
  })
  .map(({ series, pattern }, i) => ({
    field: {
      id: 7 + i,
      name: `${series.name}, ${pattern} NULL`,
      type: series.type,
      nullable: true,
      private: i % 5 === 3,
    },
    series,
    isNull: NULL_PATTERNS[pattern]!,
  }));
const fields = columns.map(({ field }) => field);

/** Batches end with the file, within pages, and with every row. */
const BATCHES = [[1000], [7, 64, 21], [1]];

/** The rows that each row group must have; where groups end by their bytes, there are just several of them. */
function groupRows(
  rows: number,
  { rowGroupRows, rowGroupBytes }: ParquetOptions,
  found: PyarrowFile,
): number[] {
  if (rowGroupBytes !== undefined && rows === MANY) {
    expect(found.groups.length).toBeGreaterThan(2);
    return found.groups.map((group) => group.rows);
  }
  const size = rowGroupRows ?? rows;
  const groups = Array.from({ length: Math.ceil(rows / Math.max(1, size)) }, (_, i) => i);
  return groups.map((i) => Math.min(size, rows - i * size));
}

describe.each(Object.entries(OPTIONS))('%s', (name, { options, sizes = SIZES }) => {
  it.each(sizes)('%d rows of every type and every pattern of NULLs', async (rows) => {
    const cells = Array.from({ length: rows }, (_, row) =>
      columns.map(({ series, isNull }) => (isNull(row, rows) ? null : series.cells[row]!)),
    );
    const batchSizes = BATCHES[rows % BATCHES.length]!;
    const { bytes, summary } = await writeRows(parquetFormat(options), fields, cells, batchSizes);
    expect(summary).toEqual({
      rows,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      columns: columns.map((column) => {
        const all = Array.from({ length: rows }, (_, row) => row);
        const nulls = all.filter((row) => isNullAt(column, row, rows)).length;
        return { nulls, rejected: nulls - all.filter((row) => column.isNull(row, rows)).length };
      }),
    });
    const file = join(folder, `${name} ${rows}.parquet`);
    writeFileSync(file, bytes);
    const [duckdb, hyparquet, pyarrow] = await Promise.all([
      readFileWithDuckdb(file, fields),
      readWithHyparquet(bytes, fields),
      testPython() === undefined ? undefined : pyarrowFile(file),
    ]);
    for (const [reader, found] of Object.entries({ duckdb, hyparquet })) {
      expect(found.length, reader).toBe(rows);
      expect(
        differences(columns, rows, (column, row) => found[row]![column]!),
        reader,
      ).toEqual([]);
    }
    if (pyarrow === undefined) return;
    expect(pyarrow.rows, 'pyarrow').toBe(rows);
    expect(
      differences(columns, rows, (i, row) => pyarrowText(fields[i]!.type, pyarrow.columns[i]![row]!)),
      'pyarrow',
    ).toEqual([]);
    expect(pyarrow.types).toEqual(fields.map(({ type }) => arrowType(type)));
    expect(pyarrow.ids).toEqual(fields.map(({ id }) => id));
    expect(wrongStatistics(columns, rows, pyarrow)).toEqual([]);
    expect(pyarrow.groups.map((group) => group.rows)).toEqual(groupRows(rows, options, pyarrow));
    const codecs = new Set(pyarrow.groups.flatMap(({ chunks }) => chunks.map((chunk) => chunk.compression)));
    if (options.compression === 'none') expect([...codecs]).toEqual(rows === 0 ? [] : ['UNCOMPRESSED']);
    else if (rows === MANY) expect(codecs).toContain('ZSTD');
  });
});

it.skipIf(testPython() === undefined)(
  'statistics bound any cells of any types under any limits',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTable,
        arbitraryLimits,
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        async ({ types, rows, batchSizes }, limits, privacy) => {
          const tried = fieldsOf(types).map((field, i) => ({
            field: { ...field, private: privacy[i]! },
            series: seriesOf(
              field.name,
              field.type,
              rows.map((row) => row[i]!),
            ),
            isNull: (row: number) => rows[row]![i] === null,
          }));
          const format = parquetFormat(limits);
          const { bytes } = await writeRows(
            format,
            tried.map(({ field }) => field),
            rows,
            batchSizes,
          );
          const file = join(folder, 'any.parquet');
          writeFileSync(file, bytes);
          expect(wrongStatistics(tried, rows.length, await pyarrowFile(file))).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  },
);
