import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { duckdbEngine } from '../../../src/engines/duckdb/duckdb-engine.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import type { TableState } from '../../../src/lake/table-state.ts';
import { ask } from '../../../src/contracts/engine.ts';
import { field, partitionField, testLake, type TestLake } from '../lake.ts';

let lake: TestLake;
let engine: Engine;
/** What the engine is told, where it differs from what the lake holds. */
let told: (() => TableState[]) | undefined;

beforeEach(async () => {
  lake = await testLake();
  told = undefined;
  engine = duckdbEngine({
    locate: lake.locate,
    tables: async () => told?.() ?? [...lake.states.values()],
    memoryLimit: '256MB',
    threads: 2,
  });
  await lake.write({ table: 'a', fields: [field(1, 'id', 'int64')], files: [{ rows: [['1'], ['2']] }] });
  await lake.write({ table: 'b', fields: [field(1, 'id', 'int64')], files: [{ rows: [['2'], ['3']] }] });
});
afterEach(async () => {
  await engine.close();
  await lake.close();
});

const texts: [expression: string, type: string, text: string | null][] = [
  ['CAST(9223372036854775807 AS BIGINT)', 'BIGINT', '9223372036854775807'],
  ['170141183460469231731687303715884105727::HUGEINT', 'HUGEINT', '170141183460469231731687303715884105727'],
  ['CAST(-0.5 AS DECIMAL(2,2))', 'DECIMAL(2,2)', '-0.50'],
  ['CAST(0.1 AS FLOAT)', 'FLOAT', '0.1'],
  ["TIMESTAMP '2020-01-01 00:00:00.000001'", 'TIMESTAMP', '2020-01-01 00:00:00.000001'],
  ["TIMESTAMPTZ '2020-01-01 00:00:00+05'", 'TIMESTAMP WITH TIME ZONE', '2019-12-31 19:00:00+00'],
  ["'\\xFF\\x00'::BLOB", 'BLOB', 'ff00'],
  ['[1, NULL]', 'INTEGER[]', '[1, NULL]'],
  ["{'a': 'x'}", 'STRUCT("a" VARCHAR)', "{'a': x}"],
  ['true', 'BOOLEAN', 'true'],
  ["''", 'VARCHAR', ''],
  ['NULL', 'INTEGER', null],
  ['INTERVAL 1 DAY', 'INTERVAL', '1 day'],
];

test.each(texts)('%s', async (expression, type, text) => {
  const { columns, rows } = await ask(engine, `SELECT ${expression} AS v`);
  expect({ type: columns[0]!.type, rows }).toEqual({ type, rows: [[text]] });
});

const statements: [sql: string, rows: (string | null)[][]][] = [
  ['SELECT 1 AS x, 2 AS x -- twice', [['1', '2']]],
  ['SELECT id FROM openedx_table_a ORDER BY id DESC;', [['2'], ['1']]],
  ['SELECT id FROM openedx_table_a JOIN openedx_raw_b USING (id)', [['2']]],
  ['WITH openedx_table_b AS (SELECT 7 AS id) SELECT id FROM openedx_table_b', [['7']]],
  ['SELECT main.openedx_table_a.id FROM main.openedx_table_a LIMIT 1', [['1']]],
  ["SELECT (SELECT max(id) FROM openedx_table_b) FROM query_table('openedx_table_a') LIMIT 1", [['3']]],
  ["SELECT id FROM query('FROM openedx_table_b') WHERE id = 3", [['3']]],
  ['FROM openedx_table_a WHERE false', []],
  ['VALUES (1), (NULL)', [['1'], [null]]],
  ['TABLE openedx_raw_a', [['1'], ['2']]],
  ['SHOW TABLES', [['openedx_raw_a'], ['openedx_raw_b'], ['openedx_table_a'], ['openedx_table_b']]],
  ['SELECT count(*) FROM duckdb_views() WHERE NOT internal', [['4']]],
  ["SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'openedx%'", [['4']]],
  ['DESCRIBE openedx_table_a', [['id', 'BIGINT', 'YES', null, null, null]]],
  ['SELECT column_name, count FROM (SUMMARIZE openedx_table_a)', [['id', '2']]],
  ['PIVOT openedx_table_a ON id IN (1, 2) USING count(*)', [['1', '1']]],
];

test.each(statements)('%s', async (sql, rows) => {
  expect((await ask(engine, sql)).rows).toEqual(rows);
});

test('EXPLAIN answers lines and runs nothing', async () => {
  const { columns, rows } = await ask(engine, 'EXPLAIN SELECT * FROM openedx_table_a');
  expect(columns).toEqual([{ name: 'plan', type: 'VARCHAR', kind: 'text' }]);
  expect(rows.map(([line]) => line).join('\n')).toContain('READ_PARQUET');
});

test('the order of a large result is kept, and it comes in groups', async () => {
  const result = await engine.query('SELECT i FROM range(300000) AS r(i) ORDER BY i DESC');
  let expected = 299_999;
  let groups = 0;
  for await (const rows of result.rows()) {
    groups++;
    for (const [i] of rows) if (i !== String(expected--)) throw new Error(`row ${i} out of order`);
  }
  expect(expected).toBe(-1);
  expect(groups).toBeGreaterThan(10);
  await result.close();
});

test('a statement that fails in the middle does not look like a shorter result', async () => {
  const sql =
    "SELECT CASE WHEN i = 250000 THEN CAST('x' || i AS INTEGER) ELSE i END FROM range(300000) AS r(i)";
  await expect(ask(engine, sql)).rejects.toMatchObject({
    code: 'query-failed',
    message: expect.stringContaining("Could not convert string '…' to ") as string,
  });
});

test('a signal stops a statement that computes', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const sql = 'SELECT sum(a.i * b.i) FROM range(10000000) AS a(i), range(10000000) AS b(i)';
  await expect(engine.query(sql, { signal: controller.signal })).rejects.toMatchObject({
    code: 'interrupted',
  });
});

test('a signal stops a result that is being read', async () => {
  const controller = new AbortController();
  const result = await engine.query('SELECT i FROM range(1000000000) AS r(i)', { signal: controller.signal });
  const read = async (): Promise<void> => {
    for await (const rows of result.rows()) if (rows.length > 0) controller.abort();
  };
  await expect(read()).rejects.toMatchObject({ code: 'interrupted' });
  await result.close();
});

test.each(['parquet', 'csv'] as const)(
  '%s: a file replaced between state and scan is read in its new version',
  async (format) => {
    const table = {
      table: 'p',
      format,
      fields: [field(1, 'id', 'int64')],
      partitionFields: [partitionField(2, 'k')],
    };
    const old = await lake.write({
      ...table,
      files: [
        { partition: ['x'], rows: [['1']] },
        { partition: ['y'], rows: [['2']] },
      ],
    });
    const fresh = await lake.write({ ...table, files: [{ partition: ['z'], rows: [['3']] }] });
    for (const gone of [old.files, old.files.slice(1)]) {
      for (const { path } of gone) await rm(lake.locate(path), { force: true });
      let calls = 0;
      told = () => [calls++ === 0 ? old : fresh];
      expect((await ask(engine, 'SELECT id, k FROM openedx_table_p')).rows).toEqual([['3', 'z']]);
      expect(calls).toBe(2);
      told = undefined;
    }
  },
);

test.each(['parquet', 'csv'] as const)(
  '%s: a file that stays away is an error that says what may have happened',
  async (format) => {
    const state = await lake.write({
      table: 'a',
      format,
      fields: [field(1, 'id')],
      files: [{ rows: [['1']] }],
    });
    const path = lake.locate(state.files[0]!.path);
    await rm(path);
    await expect(ask(engine, 'SELECT * FROM openedx_table_a')).rejects.toMatchObject({
      code: 'query-failed',
      message: `The file ${path} is gone.`,
      hint: expect.stringContaining('Run it again') as string,
    });
  },
);

test('a large sort spills and leaves nothing behind', async () => {
  const small = duckdbEngine({
    locate: lake.locate,
    tables: async () => [],
    memoryLimit: '48MB',
    threads: 2,
  });
  const sql =
    'SELECT md5(CAST(i AS VARCHAR)) AS h FROM range(1500000) AS r(i) ORDER BY h LIMIT 1 OFFSET 1400000';
  expect((await ask(small, sql)).rows).toHaveLength(1);
  await small.close();
});

test('a dropped table is told apart from one that never was', async () => {
  await lake.write({ table: 'a', registered: false, fields: [field(1, 'id')], files: [] });
  await expect(ask(engine, 'SELECT * FROM openedx_table_a')).rejects.toMatchObject({
    code: 'table-not-in-lake',
    message: expect.stringContaining('dropped') as string,
  });
});

test('a result goes into a Parquet file, whole and without loss', async () => {
  const file = join(dirname(lake.root), "it's.parquet");
  const sql = 'SELECT id, sum(id) AS x, count(*) AS x FROM openedx_table_a GROUP BY id ORDER BY id DESC';
  const summary = await engine.exportParquet!(sql, file);
  expect(summary).toEqual({ rows: 2, bytes: expect.any(Number) as number });
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const read = await connection.runAndReadAll(`SELECT * FROM read_parquet('${file.replaceAll("'", "''")}')`);
  expect(read.columnNames()).toEqual(['id', 'x', 'x_1']);
  expect(read.columnTypes().map(String)).toEqual(['BIGINT', 'DECIMAL(38,0)', 'BIGINT']);
  expect(read.getRowsJson()).toEqual([
    ['2', '2', '1'],
    ['1', '1', '1'],
  ]);
});

test('a Parquet file is never half written, nor inside the lake, nor made by another statement', async () => {
  const folder = dirname(lake.root);
  const file = join(folder, 'x.parquet');
  const failing =
    "SELECT CASE WHEN i = 250000 THEN CAST('x' AS INTEGER) ELSE i END FROM range(300000) AS r(i)";
  await expect(engine.exportParquet!(failing, file)).rejects.toMatchObject({ code: 'query-failed' });
  await expect(engine.exportParquet!('DROP VIEW openedx_table_a', file)).rejects.toMatchObject({
    code: 'query-not-allowed',
  });
  await expect(engine.exportParquet!('EXPLAIN SELECT 1', file)).rejects.toMatchObject({
    code: 'query-not-allowed',
  });
  for (const inside of ['x.parquet', 'openedx/a/a.parquet', 'openedx/../x']) {
    const target = join(lake.root, inside);
    await expect(engine.exportParquet!('SELECT 1', target)).rejects.toMatchObject({
      code: 'query-not-allowed',
    });
  }
  await expect(engine.exportParquet!('SELECT 1', join(folder, 'none', 'x'))).rejects.toMatchObject({
    code: 'query-failed',
  });
  expect(await readdir(folder)).toEqual(['lake']);
});
