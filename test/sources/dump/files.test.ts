import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { folders } from '../folder-of.ts';
import { sweepAll } from './read-text.ts';

const folderOf = folders();

const open = (
  location: string | string[],
  database?: string,
): ReturnType<ReturnType<typeof dumpSource>['open']> =>
  dumpSource({ name: 'dump', location, ...(database !== undefined && { database }) }).open();

const create = (table: string): string => `CREATE TABLE ${table} (a int);\n`;
const rows = (table: string, ...values: number[]): string =>
  `INSERT INTO ${table} VALUES ${values.map((value) => `(${value})`).join(',')};\n`;

test('a folder with subfolders, compressed and not, in the order of names', async () => {
  const folder = folderOf({
    'b.sql': create('b') + rows('b', 1),
    'a.sql.gz': gzipSync(create('a') + rows('a', 2)),
    'deep/er/c.SQL': create('c'),
  });
  const session = await open(folder);
  expect(await session.tables()).toEqual(['a', 'b', 'c']);
  expect(await sweepAll(session)).toEqual({ a: [['2']], b: [['1']], c: [] });
  expect(session.notices!()).toEqual([]);
  expect(await session.check()).toEqual([
    expect.stringContaining('3 files'),
    '3 tables, complete to the end',
  ]);
});

test('a file is known by its content, not its name, and several locations are one source', async () => {
  const folder = folderOf({
    'x.backup': gzipSync(create('a') + rows('a', 1)),
    'y.sql': gzipSync(create('b')),
  });
  const session = await open([join(folder, 'y.sql'), join(folder, 'x.backup')]);
  expect(await sweepAll(session)).toEqual({ a: [['1']], b: [] });
});

test('a dump that PowerShell wrote as UTF-16', async () => {
  const session = await open(folderOf({ 'a.sql': Buffer.from('\ufeff' + create('a'), 'utf16le') }));
  await expect(session.tables()).rejects.toMatchObject({
    code: 'dump-syntax',
    message: expect.stringMatching(/UTF-16/) as string,
  });
});

test('several gzip members in one file', async () => {
  const parts = [create('a'), rows('a', 1), rows('a', 2)].map((part) => gzipSync(part));
  const session = await open(folderOf({ 'a.sql.gz': Buffer.concat(parts) }));
  expect(await sweepAll(session)).toEqual({ a: [['1'], ['2']] });
});

test('files of other kinds are passed over and named', async () => {
  const folder = folderOf({
    'a.sql': create('a'),
    'b.sql.xz': 'x',
    'c.sql.xz': 'x',
    'notes.md': 'x',
    README: 'x',
    '.hidden': 'x',

    'mongo/modulestore.bson': 'x',
    'mongo/modulestore.metadata.json': '{}',
    'mongo/definitions.bson.gz': 'x',
  });
  symlinkSync(join(folder, 'a.sql'), join(folder, 'nowhere'));
  const session = await open(folder);
  expect(session.notices!().map((line) => line.replace(folder, '.'))).toEqual([
    './mongo: passed over 3 of mongodump files (for a source of type openedx_course_structures)',
    '.: passed over 2 of files without an ending',
    '.: passed over 2 of .sql.xz files, a compression that is not read',
    '.: passed over 1 of .md files',
  ]);
});

test("mydumper's files: schema first, several files per table, the database in the name", async () => {
  const folder = folderOf({
    metadata: 'x',
    'school-schema-create.sql': 'CREATE DATABASE `school`;\n',
    'school.a.00000.sql': '/*!40101 SET NAMES binary*/;\n' + rows('`a`', 1),
    'school.a.00001.sql': '/*!40101 SET NAMES binary*/;\n' + rows('`a`', 2),
    'school.a-schema.sql': create('`a`'),
    'school.ab.00000.sql': rows('`ab`', 3),
    'school.ab-schema.sql': create('`ab`'),
    'school.v-schema.sql': create('`v`'),
    'school.v-schema-view.sql':
      'DROP TABLE IF EXISTS `v`;\nCREATE ALGORITHM=UNDEFINED VIEW `v` AS select 1;\n',
    'mail.a-schema.sql': create('`a`'),
    'mail.a.00000.sql': rows('`a`', 9),
  });
  const session = await open(folder, 'school');
  expect(await session.tables()).toEqual(['a', 'ab']);
  const { fields } = await session.describe('a');
  const read: number[] = [];
  for await (const batch of session.read({ table: 'a', fields })) read.push(batch.rows);
  expect(read).toEqual([2]);
  expect(await sweepAll(session)).toEqual({ a: [['1'], ['2']], ab: [['3']] });
  await expect(sweepAll(await open(folder))).rejects.toMatchObject({ code: 'unsupported' });
});

test('the rows of a dump made with --tab are not silently nothing', async () => {
  const folder = folderOf({ 'a.sql': create('a'), 'a.txt': '1\n' });
  await expect(open(folder)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('a.txt') as string,
  });
});

test.each([
  ['a path that does not exist', () => join(folderOf({}), 'nowhere')],
  ['a folder without dumps', () => folderOf({ 'a.bson': 'x' })],
])('%s', async (_name, location) => {
  const path = location();
  await expect(open(path)).rejects.toMatchObject({
    code: 'dump-unreadable',
    message: expect.stringContaining(path) as string,
  });
});

const MANY =
  create('outside') +
  'CREATE DATABASE /*!32312 IF NOT EXISTS*/ `one`;\nUSE `one`;\n' +
  create('a') +
  rows('a', 1) +
  create('b') +
  rows('b', 2) +
  'USE `two`;\n' +
  create('a') +
  rows('a', 3) +
  rows('`one`.`b`', 4) +
  'USE `mysql`;\n' +
  create('user') +
  rows('user', 5);

test('one database of many', async () => {
  const folder = folderOf({ 'all.sql': MANY });
  const session = await open(folder, 'one');
  expect(
    await sweepAll(session).catch((error: { found: unknown; message: string }) => [
      error.found,
      error.message,
    ]),
  ).toEqual({
    outside: [],
    a: [['1']],
    b: [['2'], ['4']],
  });
  expect(session.notices!()).toEqual([`${folder}: passed over databases two, mysql`]);
  expect(await sweepAll(await open(folder, 'two'))).toEqual({ outside: [], a: [['3']] });
  expect(await sweepAll(await open(folder, 'mysql'))).toEqual({ outside: [], user: [['5']] });
});

test('the same table in two databases needs a choice', async () => {
  const folder = folderOf({ 'all.sql': MANY });
  await expect((await open(folder)).tables()).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/databases one and two both have a table a/) as string,
  });
});

test('a database that is not there', async () => {
  const folder = folderOf({ 'all.sql': MANY.replace(create('outside'), '') });
  await expect((await open(folder, 'three')).tables()).rejects.toMatchObject({
    code: 'settings-invalid',
    hint: expect.stringContaining('one, two, mysql') as string,
  });
});

test('what MySQL leaves out: generated columns, its zone, and how far reading came', async () => {
  const table = 'CREATE TABLE t (a timestamp NULL, b int GENERATED ALWAYS AS (1) VIRTUAL, c int);\n';
  const folder = folderOf({ 't.sql': `${table}INSERT INTO t (a, c) VALUES (NULL, 1);\n` });
  const session = await open(folder);
  expect((await session.describe('t')).fields.map((field) => field.name)).toEqual(['a', 'c']);
  expect(await sweepAll(session)).toEqual({ t: [[null, '1']] });
  expect(session.notices!()).toEqual([
    'table t: generated columns without values in the dump are left out: b',
    expect.stringContaining('t.sql: the dump does not say its time zone') as string,
  ]);
  const { done, total } = session.progress!();
  expect([done, total]).toEqual([total, `${table}INSERT INTO t (a, c) VALUES (NULL, 1);\n`.length]);
});

test('rows before their schema, and tables that all come first', async () => {
  const early = folderOf({ 'a.sql': rows('t', 1), 'schema.sql': create('t') });
  expect(await sweepAll(await open(early))).toEqual({ t: [['1']] });
  const first = folderOf({ 'a.sql': create('t') + create('u') + create('v') + rows('v', 1) + rows('t', 2) });
  const found = await sweepAll(await open(first));
  expect(Object.entries(found)).toEqual([
    ['v', [['1']]],
    ['t', [['2']]],
    ['u', []],
  ]);
});
