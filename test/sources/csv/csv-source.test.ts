import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

import { Encoder } from '@toondepauw/node-zstd';
import { expect, test } from 'vitest';

import { collectRows } from '../../../src/contracts/source.ts';
import { csvSource, type CsvOptions } from '../../../src/sources/csv/csv-source.ts';
import { folders } from '../folder-of.ts';
import { readTable } from '../read-table.ts';

const folderOf = folders();

/** A source of one file. */
const source = (
  content: string | Uint8Array,
  options: Partial<CsvOptions> = {},
  name = 't.csv',
): ReturnType<typeof csvSource> =>
  csvSource({ name: 'csv', location: [join(folderOf({ [name]: content }), name)], ...options });

const typed = (types: Readonly<Record<string, string>>): Partial<CsvOptions> => ({
  tables: [{ name: 't', fields: Object.entries(types).map(([name, type]) => ({ name, type })) }],
});

test('without types every value is text, exactly as it stands there', async () => {
  const text =
    'id,n,when,blank,empty\r\n007,123456789012345678,2024-01-02T03:04Z,,""\r\n+1,1e3,0.10, ,"\n"\r\n';
  expect(await readTable(source(text))).toEqual({
    columns: ['id', 'n', 'when', 'blank', 'empty'],
    types: ['text', 'text', 'text', 'text', 'text'],
    rows: [
      ['007', '123456789012345678', '2024-01-02T03:04Z', null, ''],
      ['+1', '1e3', '0.10', ' ', '\n'],
    ],
  });
});

test('declared types, by the names of columns in any case', async () => {
  const text = 'A,b,c,d,e,f\n1,9223372036854775807,0.10,-1.5e300,2024-02-29,x\n,"","",,,\n';
  const options = typed({ a: 'INT', B: 'bigint', c: 'decimal(5,2)', d: 'double', e: 'date' });
  expect(await readTable(source(text, options))).toEqual({
    columns: ['A', 'b', 'c', 'd', 'e', 'f'],
    types: ['int32', 'int64', 'decimal', 'float64', 'date', 'text'],
    rows: [
      ['1', '9223372036854775807', '0.10', '-1.5e300', '2024-02-29', 'x'],
      [null, null, null, null, null, null],
    ],
  });
});

test('timestamps in other spellings of the same moment', async () => {
  const text =
    'at\n2024-01-02 03:04:05\n2024-01-02T03:04:05Z\n2024-01-02T03:04:05.5+00:00\n2024-01-02 03:04\n2024-01-02\n0000-00-00 00:00:00\n';
  const { rows } = await readTable(source(text, typed({ at: 'datetime(6)' })));
  expect(rows.flat()).toEqual([
    '2024-01-02 03:04:05',
    '2024-01-02 03:04:05',
    '2024-01-02 03:04:05.5',
    '2024-01-02 03:04:00',
    '2024-01-02 00:00:00',
    '0000-00-00 00:00:00',
  ]);
});

test.each<[string, string, string]>([
  ['int', 'x', 'int32'],
  ['int', '2147483648', 'int32'],
  ['int', '1.0', 'int32'],
  ['int', ' 1', 'int32'],
  ['bigint', '9223372036854775808', 'int64'],
  ['decimal(5,2)', '1.234', 'decimal(5,2)'],
  ['decimal(5,2)', '1,5', 'decimal(5,2)'],
  ['double', 'one', 'float64'],
  ['date', '02.01.2024', 'date'],
  ['datetime', '2024-01-02T03:04:05+02:00', 'timestamp'],
])('a value that is no %s stops the table at its line: %s', async (type, value, told) => {
  const text = `id,"two\nlines",v\n1,x,\n2,"x\ny","${value}"\n3,z,\n`;
  await expect(readTable(source(text, typed({ v: type })))).rejects.toMatchObject({
    code: 'bad-value',
    message: expect.stringMatching(
      new RegExp(`/t\\.csv:4: the value of t\\.v is not ${told.replace(/[()]/g, '\\$&')}\\.$`),
    ) as string,
  });
});

test('bytes that are not UTF-8 are told by their line, and are text by their encoding', async () => {
  const bytes = Buffer.from('a,b\nx,y\nx,é\n', 'latin1');
  await expect(readTable(source(bytes))).rejects.toMatchObject({
    code: 'bad-value',
    message: expect.stringContaining('t.csv:3: the value of t.b is not UTF-8 text') as string,
  });
  expect((await readTable(source(bytes, { encoding: 'windows-1252' }))).rows).toEqual([
    ['x', 'y'],
    ['x', 'é'],
  ]);
  await expect(readTable(source(Buffer.from('é\n1\n', 'latin1')))).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining('t.csv:1: the name of column 1 is not UTF-8') as string,
  });
});

test.each<[string, string, string]>([
  [
    'a record with too few fields',
    'a,b\n1,2\n3\n4,5\n',
    '3: a record has 1 fields where there are 2 columns',
  ],
  [
    'a record with too many fields',
    'a,b\n"1\n",2\n3,4,5\n',
    '4: a record has 3 fields where there are 2 columns',
  ],
  ['a lost quote', 'a,b\n1,"2\n3,4\n', '2: a quote is opened and never closed'],
  ['two columns of one name', 'a,b, A \n1,2,3\n', '1: columns 1 and 3 are both named A'],
  ['an empty file', '', '1: there is no line with the names of the columns'],
  ['blank lines alone', '\n\n', '3: there is no line with the names of the columns'],
  ['a file that is no text', 'a\0b,c\n1,2\n', '1: there are bytes that are no text'],
])('%s is told by its line', async (_, text, message) => {
  await expect(readTable(source(text))).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining(`t.csv:${message}`) as string,
  });
});

test('names of columns: without blanks around them, numbered where there is none', async () => {
  expect((await readTable(source(' id ,,"x y"\n1,2,3\n'))).columns).toEqual(['id', 'column_2', 'x y']);
});

test('blank lines are no rows, but in a table of one column, where they are NULL', async () => {
  expect((await readTable(source('\n\na,b\n1,2\n\n3,4\n\n'))).rows).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  expect((await readTable(source('a\n1\n\n""\n'))).rows).toEqual([['1'], [null], ['']]);
});

test('without a header the settings name the columns, or their places do', async () => {
  const text = '1;2\n3;4\n';
  const options: Partial<CsvOptions> = { header: false, delimiter: ';' };
  const plain = await readTable(source(text, options));
  expect(plain.columns).toEqual(['column_1', 'column_2']);
  expect(plain.rows).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  const named = await readTable(source(text, { ...options, ...typed({ x: 'int', y: 'int' }) }));
  expect(named).toEqual({ columns: ['x', 'y'], types: ['int32', 'int32'], rows: plain.rows });
  await expect(readTable(source(text, { ...options, ...typed({ x: 'int' }) }))).rejects.toMatchObject({
    message: expect.stringContaining('t.csv:1: a record has 2 fields where there are 1 columns') as string,
  });
  expect((await readTable(source('', { ...options, ...typed({ x: 'int' }) }))).rows).toEqual([]);
});

test('lines above the header are passed over and counted', async () => {
  const text = 'Report of "today\nby: me, myself\na,b\n1,2\n3\n';
  expect((await readTable(source('Report "x\na,b\n1,2\n', { skipLines: 1 }))).rows).toEqual([['1', '2']]);
  await expect(readTable(source(text, { skipLines: 2, chunkBytes: 64 }))).rejects.toMatchObject({
    message: expect.stringContaining('t.csv:5: a record has 1 fields') as string,
  });
});

test('the delimiter follows the ending, unless it is declared', async () => {
  const text = 'a\tb\n1\t2,3\n';
  expect((await readTable(source(text, {}, 't.tsv'))).rows).toEqual([['1', '2,3']]);
  expect((await readTable(source('a\tb\n1\n', { delimiter: ',' }, 't.tsv'))).columns).toEqual(['a\tb']);
});

test('what the lake writes as CSV is read back with its escape', async () => {
  const text = 'a,b\r\n"say \\"hi\\" \\\\o/",""\r\n,x\r\n';
  expect((await readTable(source(text, { escape: '\\' }))).rows).toEqual([
    ['say "hi" \\o/', ''],
    [null, 'x'],
  ]);
});

test('compressed files, known by their first bytes; one that is cut off is told', async () => {
  const text = `a,b\n${Array.from({ length: 20_000 }, (_, i) => `${i},row ${i}\n`).join('')}`;
  const gz = gzipSync(text, { level: constants.Z_BEST_SPEED });
  expect((await readTable(source(gz, {}, 't.csv'))).rows).toHaveLength(20_000);
  await expect(readTable(source(gz.subarray(0, gz.length >> 1), {}, 't.csv.gz'))).rejects.toMatchObject({
    code: 'file-truncated',
    message: expect.stringContaining('t.csv.gz') as string,
  });
  const zst = new Encoder(3).encodeSync(Buffer.from(text));
  expect((await readTable(source(zst, {}, 't.csv.zst'))).rows).toHaveLength(20_000);
  await expect(readTable(source(zst.subarray(0, zst.length >> 1), {}, 't.csv.zst'))).rejects.toMatchObject({
    code: 'file-truncated',
  });
});

test('a folder: each file a table, of subfolders too; others are named', async () => {
  const folder = folderOf({
    'b.csv': 'x\n1\n',
    'sub/a.csv.gz': gzipSync('y\n2\n'),
    'c.TSV': 'p\tq\n3\t4\n',
    'notes.md': 'x',
    '.hidden.csv': 'x',
    '~$open.csv': 'x',
  });
  const session = await csvSource({ name: 'csv', location: [folder] }).open();
  expect(await session.tables()).toEqual(['b', 'c', 'a']);
  expect(session.notices!()).toEqual([`${folder}: passed over 1 of .md files`]);
  expect(await session.check()).toEqual([expect.stringContaining('3 files'), '3 tables']);
  await expect(session.describe('z')).rejects.toMatchObject({
    code: 'unknown-table',
    message: expect.stringContaining('b, c, a') as string,
  });
});

test('patterns: each file a table by its name, or all of them one table', async () => {
  const folder = folderOf({
    'grades-2023.csv': 'id,grade\n1,0.5\n',
    'grades-2024.csv': 'Grade,id\n0.75,2\n',
    'old/grades-2022.csv': 'id,grade\n0,1\n',
    'people.csv': 'id\n1\n',
    'a[1].csv': 'q\n1\n',
  });
  const all = csvSource({ name: 'csv', location: [join(folder, '*.csv')] });
  expect(await (await all.open()).tables()).toEqual(['a[1]', 'grades-2023', 'grades-2024', 'people']);
  const location = [join(folder, '**', 'grades-20[!1]?.csv')];
  const one = csvSource({ name: 'csv', location: [], tables: [{ name: 'grades', location }] });
  expect(await readTable(one)).toEqual({
    columns: ['id', 'grade'],
    types: ['text', 'text'],
    rows: [
      ['1', '0.5'],
      ['2', '0.75'],
      ['0', '1'],
    ],
  });
  const exact = csvSource({ name: 'csv', location: [join(folder, 'a[1].csv')] });
  expect((await readTable(exact)).columns).toEqual(['q']);
});

test('a file called like a table with a place of its own is passed over and named', async () => {
  const folder = folderOf({ 't.csv': 'a\n1\n', 'u.csv': 'b\n2\n', 'own.csv': 'c\n3\n' });
  const tables = [{ name: 't', location: [join(folder, 'own.csv')] }];
  const session = await csvSource({ name: 'csv', location: [folder], tables }).open();
  expect(await session.tables()).toEqual(['t', 'u']);
  expect((await session.describe('t')).fields.map(({ name }) => name)).toEqual(['c']);
  expect(session.notices!()).toEqual([
    `${join(folder, 't.csv')}: passed over, for table t has a location of its own`,
  ]);
});

test('one file and one table in the settings are each other, whatever they are called', async () => {
  const { rows } = await readTable(source('a\n1\n', { tables: [{ name: 'other' }] }), 'other');
  expect(rows).toEqual([['1']]);
});

test.each([
  ['lacks a column', 'id\n2\n', 'there is no column grade, which the first file of table grades has'],
  [
    'has another column',
    'id,grade,x\n2,1,1\n',
    'there is a column x, which the first file of table grades does not have',
  ],
])('a further file of a table that %s', async (_, content, message) => {
  const folder = folderOf({ 'a.csv': 'id,grade\n1,0.5\n', 'b.csv': content });
  const tables = [{ name: 'grades', location: [join(folder, '?.csv')] }];
  await expect(readTable(csvSource({ name: 'csv', location: [], tables }))).rejects.toMatchObject({
    code: 'file-syntax',
    message: `${join(folder, 'b.csv')}:1: ${message}.`,
  });
});

test('a value in a further file is told by that file', async () => {
  const folder = folderOf({ 'a.csv': 'n\n1\n2\n', 'b.csv': 'n\n3\nx\n' });
  const tables = [{ name: 't', location: [join(folder, '*.csv')], fields: [{ name: 'n', type: 'int' }] }];
  await expect(readTable(csvSource({ name: 'csv', location: [], tables }))).rejects.toMatchObject({
    code: 'bad-value',
    message: `${join(folder, 'b.csv')}:3: the value of t.n is not int32.`,
  });
});

test.each([
  ['a path that does not exist', (folder: string) => join(folder, 'nowhere.csv')],
  ['a pattern that nothing meets', (folder: string) => join(folder, 'x*.csv')],
  ['a folder without such files', (folder: string) => folder],
])('%s', async (_, location) => {
  const path = location(folderOf({ 'notes.md': 'x' }));
  await expect(csvSource({ name: 'csv', location: [path] }).open()).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining(path) as string,
  });
});

test.each([
  ['a zip archive', 'PK\x03\x04rest'],
  ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex')],
])('%s under the name of a text file', async (_, content) => {
  await expect(readTable(source(content))).rejects.toMatchObject({
    code: 'file-syntax',
    hint: 'Workbooks are read by a source of type xls.',
  });
});

test('bytes cannot be declared', async () => {
  await expect(readTable(source('a\n1\n', typed({ a: 'blob' })))).rejects.toMatchObject({
    code: 'settings-invalid',
  });
});

test('a file that is written while it is read is not taken for whole', async () => {
  const path = join(folderOf({ 't.csv': 'a\n1\n' }), 't.csv');
  const session = await csvSource({ name: 'csv', location: [path] }).open();
  const { fields } = await session.describe('t');
  appendFileSync(path, '2\n');
  await expect(collectRows(session.read({ table: 't', fields }))).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining('was changed') as string,
  });
});

test('memory holds a window, not the file, and progress comes to its end', async () => {
  const folder = folderOf({});
  const path = join(folder, 'big.csv');
  const line = `${'x'.repeat(200)},"${'y'.repeat(200)}"\n`;
  writeFileSync(path, `a,b\n${line.repeat(200_000)}`);
  const session = await csvSource({ name: 'csv', location: [path] }).open();
  const { fields } = await session.describe('big');
  let rows = 0;
  let most = 0;
  for await (const batch of session.read({ table: 'big', fields })) {
    rows += batch.rows;
    most = Math.max(most, batch.memory);
    batch.release();
  }
  expect(rows).toBe(200_000);
  expect(most).toBeLessThan(4 << 20);
  expect(session.progress!()).toEqual({
    done: expect.any(Number) as number,
    total: line.length * 200_000 + 4,
  });
  expect(session.progress!().done).toBe(session.progress!().total);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(64 << 20);
});
