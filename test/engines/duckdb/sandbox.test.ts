import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openDatabase } from '../../../src/engines/duckdb/database.ts';
import { duckdbEngine } from '../../../src/engines/duckdb/duckdb-engine.ts';
import { quoteText } from '../../../src/engines/duckdb/sql.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { ask } from '../../../src/contracts/engine.ts';
import { field, testLake, type TestLake } from '../lake.ts';

let lake: TestLake;
let engine: Engine;
let outside: string;

beforeAll(async () => {
  lake = await testLake();
  await lake.write({ table: 't', fields: [field(1, 'id', 'int32')], files: [{ rows: [['1']] }] });
  await lake.write({
    table: 'gone',
    registered: false,
    fields: [field(1, 'id')],
    files: [{ rows: [['1']] }],
  });
  engine = duckdbEngine({ locate: lake.locate, tables: async () => [...lake.states.values()] });
  outside = join(dirname(lake.root), 'outside.csv');
  await writeFile(outside, 'a,b\n1,2\n');
});
afterAll(async () => {
  await engine.close();
  await lake.close();
});

const reads: [string, () => string][] = [
  ['read_csv', () => `SELECT * FROM read_csv(${quoteText(outside)})`],
  ['a file as a table', () => `SELECT * FROM ${quoteText(outside)}`],
  ['read_text', () => "SELECT * FROM read_text('/etc/passwd')"],
  ['read_blob in a subquery', () => "SELECT (SELECT content FROM read_blob('/etc/passwd')) AS c"],
  ['glob', () => "SELECT * FROM glob('/etc/*')"],
  ['sniff_csv', () => `SELECT * FROM sniff_csv(${quoteText(outside)})`],
  ['parquet_metadata', () => "SELECT * FROM parquet_metadata('/etc/passwd')"],
  ['read_json', () => "SELECT * FROM read_json('/proc/self/environ')"],
  ['a query in a text', () => "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')"],
  [
    'a statement in a text',
    () => `SELECT * FROM query('COPY (SELECT 1) TO ${quoteText(outside).replaceAll("'", "''")}')`,
  ],
  ['an address', () => "SELECT * FROM 'https://example.com/x.csv'"],
  ['an address of S3', () => "SELECT * FROM read_parquet('s3://bucket/x.parquet')"],
  ['a glob inside the lake', () => `SELECT * FROM read_parquet(${quoteText(`${lake.root}/**/*.parquet`)})`],
  [
    'a table that is not registered',
    () => `FROM read_parquet(${quoteText(lake.locate('openedx/gone/gone.parquet'))})`,
  ],
  [
    'the state files',
    () => `SELECT * FROM read_text(${quoteText(lake.locate('_panorama/tables/openedx/t.json'))})`,
  ],
];

test.each(reads)('%s is out of reach', async (_, sql) => {
  await expect(ask(engine, `SELECT 1 FROM (${sql()}) AS x, openedx_table_t`)).rejects.toMatchObject({
    code: 'query-failed',
  });
});

test('a log goes into no file', async () => {
  const sql = `SELECT * FROM enable_logging(storage = 'file', storage_path = ${quoteText(`${outside}.log`)})`;
  await ask(engine, sql).catch(() => undefined);
  expect(existsSync(`${outside}.log`)).toBe(false);
});

/** What would be left if the first look at a statement let it pass. */
const writes: [string, () => string][] = [
  ['COPY out of the lake', () => `COPY (SELECT 1) TO ${quoteText(`${outside}.2`)}`],
  ['COPY into the lake', () => `COPY (SELECT 1) TO ${quoteText(lake.locate('openedx/t/x.csv'))}`],
  [
    'COPY over a live file',
    () => `COPY (SELECT 1) TO ${quoteText(lake.locate('openedx/t/t.parquet'))} (FORMAT parquet)`,
  ],
  [
    'COPY over a live file in place',
    () =>
      `COPY (SELECT 1) TO ${quoteText(lake.locate('openedx/t/x.parquet'))} (FORMAT parquet, USE_TMP_FILE false)`,
  ],
  ['ATTACH', () => `ATTACH ${quoteText(`${outside}.db`)} AS x`],
  ['INSTALL', () => 'INSTALL httpfs'],
  ['LOAD', () => 'LOAD httpfs'],
  ['EXPORT DATABASE', () => `EXPORT DATABASE ${quoteText(`${outside}.d`)}`],
  ['SET', () => 'SET enable_external_access = true'],
  ['SET of the paths', () => "SET allowed_paths = ['/etc/passwd']"],
  ['RESET', () => 'RESET lock_configuration'],
  ['PRAGMA', () => 'PRAGMA threads = 1'],
];

test.each(writes)('%s is refused by the database itself', async (_, sql) => {
  const before = await readdir(dirname(lake.root));
  const database = await openDatabase([lake.locate('openedx/t/t.parquet')], {});
  try {
    await expect(database.connection.run(sql())).rejects.toThrow(/Permission|configuration|disabled/);
  } finally {
    await database.close();
  }
  expect(await readdir(dirname(lake.root))).toEqual(before);
  expect(existsSync(lake.locate('openedx/t/x.csv'))).toBe(false);
  expect((await ask(engine, 'SELECT id FROM openedx_table_t')).rows).toEqual([['1']]);
});
