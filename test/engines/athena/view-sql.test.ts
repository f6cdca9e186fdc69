import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { viewSelect } from '../../../src/engines/athena/view-sql.ts';
import { quoteName } from '../../../src/engines/quote-name.ts';
import type { FieldType } from '../../../src/rows/field.ts';
import { field, partitionField } from '../lake.ts';
import { basePartition, stateOf } from './states.ts';

const decimal = (precision: number, scale: number): FieldType => ({ kind: 'decimal', precision, scale });

/** One column of each lake type, and of what MySQL types become by them. */
const ALL_TYPES = [
  field(1, 'bit1', 'boolean'),
  field(2, 'year', 'int32'),
  field(3, 'bigint', 'int64'),
  field(4, 'unsigned_bigint', decimal(20, 0)),
  field(5, 'price', decimal(38, 10)),
  field(6, 'float', 'float32'),
  field(7, 'double', 'float64'),
  field(8, 'day', 'date'),
  field(9, 'created', 'timestamp'),
  field(10, 'name', 'text'),
  field(11, 'blob', 'binary'),
];
const PARTITIONS = [
  basePartition(20, 'lms'),
  partitionField(21, 'course_id'),
  partitionField(22, 'year_of', 'int32'),
  partitionField(23, 'day_of', 'date'),
  partitionField(24, 'price_of', decimal(5, 2)),
];

test('CSV: every type is cast, an empty number is NULL, a text stays as it is (D16, D20, D21)', () => {
  const state = stateOf({ table: 'all', fields: ALL_TYPES, partitionFields: PARTITIONS });
  expect(viewSelect(state, 'panorama')).toBe(`SELECT
  CAST(NULLIF("bit1", '') AS boolean) AS "bit1",
  CAST(NULLIF("year", '') AS integer) AS "year",
  CAST(NULLIF("bigint", '') AS bigint) AS "bigint",
  CAST(NULLIF("unsigned_bigint", '') AS decimal(20,0)) AS "unsigned_bigint",
  CAST(NULLIF("price", '') AS decimal(38,10)) AS "price",
  CAST(NULLIF("float", '') AS real) AS "float",
  CAST(NULLIF("double", '') AS double) AS "double",
  CAST(NULLIF("day", '') AS date) AS "day",
  CAST(NULLIF("created", '') AS timestamp(6)) AS "created",
  "name",
  from_hex("blob") AS "blob",
  "lms",
  "course_id",
  CAST("year_of" AS integer) AS "year_of",
  TRY_CAST("day_of" AS date) AS "day_of",
  CAST("price_of" AS decimal(5,2)) AS "price_of"
FROM "panorama"."openedx_raw_all"`);
});

test('Parquet: columns have their types, partition columns are cast', () => {
  const state = stateOf({ format: 'parquet', fields: ALL_TYPES, partitionFields: PARTITIONS.slice(1, 3) });
  expect(viewSelect(state, 'panorama')).toBe(`SELECT
  "bit1",
  "year",
  "bigint",
  "unsigned_bigint",
  "price",
  "float",
  "double",
  "day",
  "created",
  "name",
  "blob",
  "course_id",
  CAST("year_of" AS integer) AS "year_of"
FROM "panorama"."openedx_raw_people"`);
});

test('odd names are quoted, names are in lower case (D48)', () => {
  const state = stateOf({
    table: 'order',
    rawName: 'Custom "Raw"',
    viewName: 'order',
    fields: [field(1, 'a"b'), field(2, 'a`b', 'int32'), field(3, 'SELECT')],
  });
  expect(viewSelect(state, 'data-base')).toBe(`SELECT
  "a""b",
  CAST(NULLIF("a\`b", '') AS integer) AS "a\`b",
  "select"
FROM "data-base"."custom ""raw"""`);
});

/*
 * DuckDB shares enough of Trino's SQL to run these views; so what a cast makes of a cell is seen, if not by Trino
 * itself. The raw table is what OpenCSVSerde gives: texts, NULL as the empty text.
 */
let database: DuckDBInstance;
beforeAll(async () => {
  database = await DuckDBInstance.create(':memory:');
});
afterAll(() => database.closeSync());

async function throughView(type: FieldType, cell: string): Promise<string | null> {
  const connection = await database.connect();
  try {
    const state = stateOf({ fields: [field(1, 'v', type)] });
    await connection.run('CREATE SCHEMA IF NOT EXISTS lake');
    await connection.run(`CREATE OR REPLACE TABLE lake.${quoteName(state.rawName)} AS SELECT $1 AS v`, [
      cell,
    ]);
    const text = type.kind === 'binary' ? 'lower(hex(v))' : 'CAST(v AS VARCHAR)';
    const result = await connection.run(`SELECT ${text} FROM (${viewSelect(state, 'lake')})`);
    return (await result.getRows())[0]![0] as string | null;
  } finally {
    connection.closeSync();
  }
}

const kind = (name: Exclude<FieldType['kind'], 'decimal'>): FieldType => ({ kind: name });

test.each<[FieldType, cell: string, value: string | null]>([
  [kind('boolean'), '0', 'false'],
  [kind('boolean'), '1', 'true'],
  [kind('boolean'), '', null],
  [kind('int32'), '-2147483648', '-2147483648'],
  [kind('int32'), '', null],
  [kind('int64'), '9223372036854775807', '9223372036854775807'],
  [decimal(20, 0), '18446744073709551615', '18446744073709551615'],
  [decimal(38, 10), '-1234567890123456789012345678.0123456789', '-1234567890123456789012345678.0123456789'],
  [kind('float64'), '1e300', '1e+300'],
  [kind('float64'), '', null],
  [kind('date'), '0099-01-01', '0099-01-01'],
  [kind('date'), '', null],
  [kind('timestamp'), '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
  [kind('text'), 'NULL', 'NULL'],
  [kind('text'), '', ''],
  [kind('text'), '-838:59:59', '-838:59:59'],
  [kind('binary'), '00ff275c', '00ff275c'],
])('%j: the cell %j is %j', async (type, cell, value) => {
  expect(await throughView(type, cell)).toBe(value);
});

test.each<[FieldType, cell: string]>([
  [kind('int32'), 'NULL'],
  [kind('date'), '2024-02-30'],
  [kind('timestamp'), 'yesterday'],
  [decimal(5, 2), '1000.00'],
])('%j: the cell %j is an error, not NULL', async (type, cell) => {
  await expect(throughView(type, cell)).rejects.toThrow();
});
