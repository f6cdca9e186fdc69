import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { FurtherView } from '../../../src/engines/duckdb/catalog.ts';
import { duckdbEngine } from '../../../src/engines/duckdb/duckdb-engine.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { ask } from '../../../src/contracts/engine.ts';
import { tempDir } from '../../temp-dir.ts';
import { field, testLake, type TestLake } from '../lake.ts';

const folder = tempDir();
const VIEWS: FurtherView[] = [
  { name: 'Doubled', sql: 'SELECT id * 2 AS id FROM openedx_table_a', reads: ['openedx_table_a'] },
  { name: 'again', sql: 'SELECT id * 2 AS id FROM "Doubled"', reads: ['Doubled'] },
  { name: 'unfit', sql: 'SELECT nothing FROM openedx_table_b', reads: ['openedx_table_b'] },
  { name: 'over_unfit', sql: 'SELECT * FROM unfit', reads: ['unfit'] },
  { name: 'unmade', missing: ['c', 'a.x'] },
];

let lake: TestLake;
let engine: Engine;

beforeEach(async () => {
  lake = await testLake();
  engine = duckdbEngine({
    locate: lake.locate,
    tables: async () => [...lake.states.values()],
    views: async (tables) => (tables.length === 2 ? VIEWS : []),
  });
  for (const table of ['a', 'b']) {
    await lake.write({ table, fields: [field(1, 'id', 'int64')], files: [{ rows: [['1'], ['2']] }] });
  }
});
afterEach(async () => {
  await engine.close();
  await lake.close();
});

const rowsOf = async (sql: string): Promise<unknown> => (await ask(engine, sql)).rows;

test('a view is there with those that it reads, by any letter case', async () => {
  expect(await rowsOf('SELECT id FROM again ORDER BY 1')).toEqual([['4'], ['8']]);
  expect(await rowsOf('SELECT id FROM DOUBLED ORDER BY 1')).toEqual([['2'], ['4']]);
  expect(await rowsOf('SELECT count(*) FROM again JOIN openedx_raw_b ON true')).toEqual([['4']]);
  const file = join(folder, 'out.parquet');
  expect(await engine.exportParquet!('FROM again', file)).toMatchObject({ rows: 2 });
});

test('the catalog shows it; one that does not fit the lake hides no other', async () => {
  expect(await rowsOf('SHOW TABLES')).toEqual([
    ['Doubled'],
    ['again'],
    ['openedx_raw_a'],
    ['openedx_raw_b'],
    ['openedx_table_a'],
    ['openedx_table_b'],
  ]);
  expect(await rowsOf('DESCRIBE again')).toEqual([['id', 'BIGINT', 'YES', null, null, null]]);
});

const refused: [sql: string, code: string, message: string][] = [
  ['SELECT * FROM unfit', 'query-failed', 'nothing'],
  ['SELECT * FROM over_unfit', 'query-failed', 'nothing'],
  ['SELECT * FROM unfit, information_schema.tables', 'query-failed', 'nothing'],
  ['FROM UnMade', 'table-not-in-lake', 'The view unmade needs what the lake does not have: c, a.x.'],
  ['FROM agian', 'table-not-in-lake', 'The lake has no table or view agian. Did you mean again?'],
];

test.each(refused)('%s', async (sql, code, message) => {
  await expect(engine.query(sql)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('the state at each query decides', async () => {
  await lake.write({ table: 'c', fields: [field(1, 'id', 'int64')], files: [] });
  await expect(engine.query('FROM again')).rejects.toMatchObject({ code: 'table-not-in-lake' });
});
