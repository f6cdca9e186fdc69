import { createHash, randomBytes } from 'node:crypto';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { FileField } from '../../src/formats/format.ts';
import { parquetFormat } from '../../src/formats/parquet.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { fieldsOf, formatContract, writeRows } from '../contracts/format.ts';
import type { Cell } from './expected.ts';
import { duckdbQuery, parquetReaders, readWithHyparquet } from './parquet-readers.ts';
import { EXTREMES } from './values-of-types.ts';

const readers = parquetReaders();

formatContract('parquet with zstd', { make: (limits) => parquetFormat(limits), readers });
formatContract('parquet without compression', {
  make: (limits) => parquetFormat({ ...limits, compression: 'none' }),
  readers,
});

async function metadataOf(
  fields: readonly FileField[],
  rows: readonly (readonly Cell[])[],
  options: Parameters<typeof parquetFormat>[0] = {},
) {
  const { bytes } = await writeRows(parquetFormat(options), fields, rows);
  return parquetMetadata(Uint8Array.from(bytes).buffer);
}

describe('the schema', () => {
  it('has the types that readers expect, the field ids, and only optional columns', async () => {
    const types = EXTREMES.map(({ type }) => type);
    const { bytes } = await writeRows(parquetFormat(), fieldsOf(types), []);
    const described = await duckdbQuery(
      bytes,
      'SELECT column_type FROM (DESCRIBE SELECT * FROM read_parquet($file))',
    );
    expect(described.flat()).toEqual([
      'BOOLEAN',
      'INTEGER',
      'BIGINT',
      'FLOAT',
      'DOUBLE',
      ...types.flatMap((type) => (type.kind === 'decimal' ? `DECIMAL(${type.precision},${type.scale})` : [])),
      'DATE',
      'TIMESTAMP',
      'VARCHAR',
      'BLOB',
    ]);
    const columns = await duckdbQuery(
      bytes,
      'SELECT field_id, repetition_type FROM parquet_schema($file) WHERE type IS NOT NULL',
    );
    expect(columns).toEqual(types.map((_, i) => [101n + BigInt(i), 'OPTIONAL']));
  });

  it('says who wrote the file', async () => {
    const metadata = await metadataOf(fieldsOf([{ kind: 'int32' }]), [], { version: '1.2.3' });
    expect(metadata.created_by).toBe('panorama-elt version 1.2.3');
    expect(metadata.version).toBe(1);
  });
});

describe('statistics', () => {
  const text: FieldType = { kind: 'text' };
  const cases: { type: FieldType; cells: Cell[]; min?: unknown; max?: unknown }[] = [
    { type: { kind: 'boolean' }, cells: ['1', '0'], min: 'false', max: 'true' },
    { type: { kind: 'int32' }, cells: ['5', '-7', '3'], min: '-7', max: '5' },
    {
      type: { kind: 'int64' },
      cells: ['5', '9223372036854775807', '-4294967297', '-1', '4294967296'],
      min: '-4294967297',
      max: '9223372036854775807',
    },
    { type: { kind: 'float64' }, cells: ['1.5', '-2.5'], min: '-2.5', max: '1.5' },
    { type: { kind: 'float64' }, cells: ['0', '-0'], min: '-0.0', max: '0.0' },
    { type: { kind: 'float32' }, cells: ['-0'], min: '-0.0', max: '0.0' },
    { type: { kind: 'decimal', precision: 9, scale: 2 }, cells: ['1', '-0.5'], min: '-0.50', max: '1.00' },
    { type: { kind: 'decimal', precision: 18, scale: 2 }, cells: ['1', '-0.5'], min: '-0.50', max: '1.00' },
    {
      type: { kind: 'decimal', precision: 20, scale: 0 },
      cells: ['255', '-256', '18446744073709551615', '256', '-1'],
      min: '-256',
      max: '18446744073709551615',
    },
    {
      type: { kind: 'date' },
      cells: ['2024-01-01', '0000-00-00', '1969-12-31'],
      min: '1969-12-31',
      max: '2024-01-01',
    },
    {
      type: { kind: 'timestamp' },
      cells: ['2024-01-01 00:00:00', '1969-12-31 23:59:59.999999'],
      min: '1969-12-31 23:59:59.999999',
      max: '2024-01-01 00:00:00',
    },
    { type: text, cells: ['b', 'ab', 'é', 'a', 'b'], min: 'a', max: 'é' },
    { type: text, cells: ['b'.repeat(64), 'a'], min: 'a', max: 'b'.repeat(64) },
    { type: text, cells: ['b'.repeat(65), 'a'] },
    { type: { kind: 'binary' }, cells: ['a', 'b'] },
    { type: { kind: 'int32' }, cells: [null, null] },
  ];

  it.each(cases)('bound $type.kind $cells', async ({ type, cells, min = null, max = null }) => {
    for (const isPrivate of [false, true]) {
      const fields = fieldsOf([type], { private: isPrivate });
      const { bytes } = await writeRows(
        parquetFormat(),
        fields,
        [...cells, null].map((cell) => [cell]),
      );
      const sql = 'SELECT stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata($file)';
      const nulls = 1n + BigInt(cells.filter((cell) => cell === null || cell === '0000-00-00').length);
      expect(await duckdbQuery(bytes, sql)).toEqual([isPrivate ? [null, null, nulls] : [min, max, nulls]]);
    }
  });

  it('of a private column are not in the file at all', async () => {
    const secret = 'someone@example.com';
    const fields = fieldsOf([text], { private: true });
    const rows = Array.from({ length: 1000 }, () => [secret]);
    const { bytes } = await writeRows(parquetFormat(), fields, rows);
    const footer = bytes.readUInt32LE(bytes.length - 8) + 8;
    expect(bytes.subarray(-footer).includes(secret)).toBe(false);
    expect(bytes.subarray(-footer).includes('c0')).toBe(true);
  });

  it('are those of each row group', async () => {
    const rows = Array.from({ length: 25 }, (_, i) => [String(i), `t${i % 3 === 0 ? i : 1}`]);
    const fields = fieldsOf([{ kind: 'int32' }, text]);
    const metadata = await metadataOf(fields, rows, { rowGroupRows: 10 });
    const bounds = metadata.row_groups.map(({ columns }) =>
      columns.map(({ meta_data: column }) => [column?.statistics?.min_value, column?.statistics?.max_value]),
    );
    expect(bounds).toEqual([
      [
        [0, 9],
        ['t0', 't9'],
      ],
      [
        [10, 19],
        ['t1', 't18'],
      ],
      [
        [20, 24],
        ['t1', 't24'],
      ],
    ]);
  });

  it('let a reader skip row groups and still find every row', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [String(i * 3 - 1500), `v${i}`, `${i}.25`]);
    const fields = fieldsOf([{ kind: 'int64' }, text, { kind: 'decimal', precision: 30, scale: 2 }]);
    const { bytes } = await writeRows(parquetFormat({ rowGroupRows: 64 }), fields, rows);
    const sql = `SELECT c0 FROM read_parquet($file) WHERE c0 = -300 OR c1 = 'v999' OR c2 = 500.25 ORDER BY c0`;
    expect(await duckdbQuery(bytes, sql)).toEqual([[-300n], [0n], [1497n]]);
  });
});

describe('encodings', () => {
  const encodings = async (cells: Cell[], options: Parameters<typeof parquetFormat>[0] = {}) => {
    const rows = cells.map((cell) => [cell]);
    const metadata = await metadataOf(fieldsOf([{ kind: 'text' }]), rows, options);
    return metadata.row_groups.map(({ columns: [column] }) => column!.meta_data!.encodings.join());
  };
  const repeated = Array.from({ length: 1000 }, (_, i) => `value ${i % 9}`);
  const distinct = Array.from({ length: 1000 }, (_, i) => `value ${i}`);

  it('use a dictionary where texts repeat', async () => {
    expect(await encodings(repeated)).toEqual(['PLAIN,RLE,RLE_DICTIONARY']);
  });

  it('use none where they do not', async () => {
    expect(await encodings(distinct)).toEqual(['PLAIN,RLE']);
  });

  it('try again some row groups later', async () => {
    const groups = await encodings([...distinct.slice(0, 100), ...repeated], { rowGroupRows: 100 });
    expect(groups).toEqual([
      ...Array<string>(8).fill('PLAIN,RLE'),
      ...Array<string>(3).fill('PLAIN,RLE,RLE_DICTIONARY'),
    ]);
  });

  it('learn nothing from row groups without values', async () => {
    const groups = await encodings([...Array<null>(100).fill(null), ...repeated.slice(0, 100)], {
      rowGroupRows: 100,
    });
    expect(groups).toEqual(['PLAIN,RLE', 'PLAIN,RLE,RLE_DICTIONARY']);
  });

  it('keep the dictionary of the pages before it became too large', async () => {
    const cells = [...repeated, ...distinct];
    const rows = cells.map((cell) => [cell]);
    const fields = fieldsOf([{ kind: 'text' }]);
    const { bytes } = await writeRows(parquetFormat({ pageRows: 300, dictionaryEntries: 50 }), fields, rows);
    for (const read of Object.values(readers)) expect(await read(bytes, fields)).toEqual(rows);
    const { row_groups: groups } = parquetMetadata(Uint8Array.from(bytes).buffer);
    expect(groups[0]!.columns[0]!.meta_data!.encoding_stats).toEqual([
      { page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 },
      { page_type: 'DATA_PAGE', encoding: 'RLE_DICTIONARY', count: 4 },
      { page_type: 'DATA_PAGE', encoding: 'PLAIN', count: 4 },
    ]);
  });
});

it('writes a cell of 64 MB as a page of its own', async () => {
  const huge = Buffer.alloc(64 << 20, randomBytes(1000));
  const fields = fieldsOf([{ kind: 'binary' }, { kind: 'int32' }]);
  const { bytes } = await writeRows(
    parquetFormat(),
    fields,
    [
      ['a', '1'],
      [huge, '2'],
      ['b', '3'],
    ],
    [1],
  );
  const sizes = await duckdbQuery(bytes, 'SELECT octet_length(c0), md5(c0) FROM read_parquet($file)');
  const md5 = (cell: Buffer | string) => createHash('md5').update(cell).digest('hex');
  expect(sizes).toEqual([
    [1n, md5('a')],
    [BigInt(huge.length), md5(huge)],
    [1n, md5('b')],
  ]);
  const rows = await readWithHyparquet(bytes, fields);
  expect(rows[1]![0] === huge.toString('hex')).toBe(true);
});
