import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mkdir } from 'node:fs/promises';

import { afterEach, expect, test } from 'vitest';

import { duckdbEngine } from '../../../src/engines/duckdb/duckdb-engine.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { localStorage } from '../../../src/storage/local.ts';
import { ask } from '../../../src/contracts/engine.ts';
import { lockedLayout } from '../../lake/locked-layout.ts';
import { field, partitionField, testLake, type TestLake } from '../lake.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0)) await step();
});

async function open(folder?: string): Promise<{ lake: TestLake; engine: Engine }> {
  const lake = await testLake(folder);
  const engine = duckdbEngine({ locate: lake.locate, tables: async () => [...lake.states.values()] });
  cleanup.push(engine.close, lake.close);
  return { lake, engine };
}

async function plan(engine: Engine, sql: string): Promise<string> {
  const { rows } = await ask(engine, `EXPLAIN ANALYZE ${sql}`);
  return rows.map(([line]) => line).join('\n');
}

const filters: [string, string, string][] = [
  ['text', 'course_id', "course_id = 'course-v1:O+C7+R'"],
  ['a set', 'course_id', "course_id IN ('course-v1:O+C7+R', 'course-v1:O+C8+R')"],
  ['a range of numbers', 'year', 'year > 2198'],
];

test.each(filters)('a filter on a partition column opens only its files: %s', async (_, name, where) => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    fields: [field(1, 'id', 'int64')],
    partitionFields: [partitionField(2, name, name === 'year' ? 'int32' : 'text')],
    files: Array.from({ length: 200 }, (_, i) => ({
      partition: [name === 'year' ? String(2000 + i) : `course-v1:O+C${i}+R`],
      rows: [[String(i)]],
    })),
  });
  const files = where.includes(' IN ') ? 2 : 1;
  expect(await plan(engine, `SELECT * FROM openedx_table_t WHERE ${where}`)).toContain(
    `Scanning Files: ${files}/200`,
  );
  expect((await ask(engine, `SELECT count(*) FROM openedx_table_t WHERE ${where}`)).rows).toEqual([
    [String(files)],
  ]);
  expect((await ask(engine, 'SELECT count(*), sum(id) FROM openedx_table_t')).rows).toEqual([
    ['200', '19900'],
  ]);
});

test('a filter on a column inside the files reaches the scan', async () => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    fields: [field(1, 'id', 'int64'), field(2, 'v')],
    files: [
      {
        rows: [
          ['1', 'a'],
          ['2', 'b'],
        ],
      },
    ],
  });
  const text = await plan(engine, 'SELECT v FROM openedx_table_t WHERE id = 2');
  expect(text).toMatch(/Filters: c1=2/);
});

test('a root with characters of SQL, globs and Hive paths is a folder like any other', async () => {
  const { lake, engine } = await open("k=wrong [1]*{a,b}?'%41 ü");
  for (const format of ['parquet', 'csv'] as const) {
    await lake.write({
      table: format,
      format,
      fields: [field(1, 'id', 'int32')],
      partitionFields: [partitionField(2, 'k')],
      files: [
        { partition: ['right'], rows: [['1']] },
        { partition: [null], rows: [['2']] },
      ],
    });
    const { rows } = await ask(engine, `SELECT id, k FROM openedx_table_${format} ORDER BY id`);
    expect(rows).toEqual([
      ['1', 'right'],
      ['2', null],
    ]);
  }
});

test('tables and columns may have any name', async () => {
  const { lake, engine } = await open();
  const names = [
    'select',
    'a "b" c',
    'näme',
    'file',
    'file_',
    "it's",
    'a.b',
    'a;b--',
    '日本',
    'filename',
    'k=v',
  ];
  for (const [i, table] of ['order', 'T "x".y', 'ta;ble', "o'clock", '表'].entries()) {
    const format = i % 2 === 0 ? 'parquet' : 'csv';
    await lake.write({
      table,
      format,
      fields: names.map((name, n) => field(n + 1, name)),
      partitionFields: [partitionField(50, 'part "k"=/é')],
      files: [{ partition: ['v'], rows: [names.map((name) => `${name}!`)] }],
    });
    const view = `"openedx_table_${table.replaceAll('"', '""')}"`;
    const { columns, rows } = await ask(engine, `SELECT * FROM ${view}`);
    expect(columns.map(({ name }) => name)).toEqual([...names, 'part "k"=/é']);
    expect(rows).toEqual([[...names.map((name) => `${name}!`), 'v']]);
  }
});

test('tables whose names differ only by case are told apart by exact names', async () => {
  const { lake, engine } = await open();
  await lake.write({ table: 'Users', fields: [field(1, 'id')], files: [{ rows: [['upper']] }] });
  await lake.write({ table: 'users', fields: [field(1, 'id')], files: [{ rows: [['lower']] }] });
  expect((await ask(engine, 'SELECT id FROM openedx_table_Users')).rows).toEqual([['upper']]);
  expect((await ask(engine, 'SELECT id FROM openedx_table_users')).rows).toEqual([['lower']]);
  await expect(ask(engine, 'SELECT id FROM OPENEDX_TABLE_USERS')).rejects.toMatchObject({
    code: 'query-failed',
  });
});

test('names are found whatever their case', async () => {
  const { lake, engine } = await open();
  await lake.write({ table: 'users', fields: [field(1, 'id')], files: [{ rows: [['1']] }] });
  expect((await ask(engine, 'SELECT ID FROM OpenEdx_Table_USERS')).rows).toEqual([['1']]);
});

test('files whose path does not tell the value have the value of the state', async () => {
  const { lake, engine } = await open();
  const written = await lake.write({
    table: 't',
    fields: [field(1, 'id', 'int32')],
    partitionFields: [partitionField(2, 'lms'), partitionField(3, 'course')],
    files: ['Org/Name/Run', 'plain', null].map((value, i) => ({
      partition: ['a.example', value],
      rows: [[String(i)]],
    })),
  });
  // As the original lays such keys out: slashes are kept, so that one value makes three folders.
  const moved = 'openedx/t/lms=a.example/course=Org/Name/Run/t.parquet';
  await mkdir(dirname(lake.locate(moved)), { recursive: true });
  await rename(lake.locate(written.files[0]!.path), lake.locate(moved));
  lake.states.set('t', {
    ...written,
    files: written.files.map((file, i) => (i === 0 ? { ...file, path: moved } : file)),
  });
  const { rows } = await ask(engine, 'SELECT id, lms, course FROM openedx_table_t ORDER BY id');
  expect(rows).toEqual([
    ['0', 'a.example', 'Org/Name/Run'],
    ['1', 'a.example', 'plain'],
    ['2', 'a.example', null],
  ]);
  expect((await ask(engine, "SELECT id FROM openedx_table_t WHERE course = 'Org/Name/Run'")).rows).toEqual([
    ['0'],
  ]);
});

test('a zero date as partition value is text in the raw view and NULL in the typed one', async () => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    fields: [field(1, 'id', 'int32')],
    partitionFields: [partitionField(2, 'day', 'date')],
    files: [{ partition: ['0000-00-00'], rows: [['1']] }],
  });
  expect((await ask(engine, 'SELECT day FROM openedx_raw_t')).rows).toEqual([['0000-00-00']]);
  expect((await ask(engine, 'SELECT day FROM openedx_table_t')).rows).toEqual([[null]]);
});

test('the raw view of a CSV table is text, its line ends two characters', async () => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    format: 'csv',
    fields: [field(1, 'id', 'int32'), field(2, 'v'), field(3, 'b', 'binary')],
    files: [{ rows: [['1', 'a\r\nb\\n', Uint8Array.from([1, 255])]] }],
  });
  const raw = await ask(engine, 'SELECT * FROM openedx_raw_t');
  expect(raw.columns.map(({ type }) => type)).toEqual(['VARCHAR', 'VARCHAR', 'VARCHAR']);
  expect(raw.rows).toEqual([['1', 'a\\r\\nb\\n', '01ff']]);
  expect((await ask(engine, 'SELECT v FROM openedx_table_t')).rows).toEqual([['a\\r\\nb\\n']]);
});

test('a CSV table of one column keeps its NULLs', async () => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    format: 'csv',
    fields: [field(1, 'v')],
    files: [{ rows: [[null], ['a'], [''], [null]] }],
  });
  expect((await ask(engine, 'SELECT v FROM openedx_table_t')).rows).toEqual([[null], ['a'], [''], [null]]);
});

test('a CSV record may be longer than what DuckDB takes by itself', async () => {
  const { lake, engine } = await open();
  const long = 'x,"\\'.repeat(1 << 20);
  await lake.write({
    table: 't',
    format: 'csv',
    fields: [field(1, 'v')],
    files: [{ rows: [[long], ['b']] }],
  });
  expect(
    (await ask(engine, "SELECT length(v), md5(v) = md5(repeat('x,\"\\', 1048576)) FROM openedx_table_t"))
      .rows,
  ).toEqual([
    [String(long.length), 'true'],
    ['1', 'false'],
  ]);
});

test('a value that is none of its type fails, it does not become NULL', async () => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    format: 'csv',
    fields: [field(1, 'v', 'text')],
    files: [{ rows: [['many']] }],
  });
  lake.states.set('t', { ...lake.states.get('t')!, fields: [field(1, 'v', 'int32')] });
  await expect(ask(engine, 'SELECT v FROM openedx_table_t')).rejects.toMatchObject({ code: 'query-failed' });
});

test('views of a table published by the layout', async () => {
  const { lake, engine } = await open();
  const state = await lake.write({ table: 't', fields: [field(1, 'id')], files: [{ rows: [['1']] }] });
  const layout = await lockedLayout(localStorage(lake.root));
  await layout.commit(await layout.load(state), state, []);
  lake.states.set('t', (await layout.load(state)).state!);
  expect((await ask(engine, 'SELECT id FROM openedx_table_t')).rows).toEqual([['1']]);
});

test('a partition value that is none of its type fails the typed view and is text in the raw one', async () => {
  const { lake, engine } = await open();
  await lake.write({
    table: 't',
    fields: [field(1, 'id', 'int32')],
    partitionFields: [partitionField(2, 'year', 'int32')],
    files: [{ partition: ['2147483648'], rows: [['1']] }],
  });
  expect((await ask(engine, 'SELECT year FROM openedx_raw_t')).rows).toEqual([['2147483648']]);
  await expect(ask(engine, 'SELECT year FROM openedx_table_t')).rejects.toMatchObject({
    code: 'query-failed',
  });
});
