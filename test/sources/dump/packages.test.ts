import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ALL_TYPES, sourceContract } from '../../../src/contracts/source.ts';
import { type DumpOptions, dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { ALL_TYPES_SQL } from '../../contracts/all-types.ts';
import { type MariadbServer, mariadbAvailable, mariadbProgram, startMariadb } from '../../servers/mariadb.ts';
import { tempDir } from '../../temp-dir.ts';
import { declaredTable, textOnly } from '../declared-types.ts';
import { folders } from '../folder-of.ts';
import { readTable } from '../read-table.ts';
import { sweepAll } from './read-text.ts';

const folderOf = folders();

const source = (files: Readonly<Record<string, string | Uint8Array>>, options: Partial<DumpOptions> = {}) =>
  dumpSource({ name: 'dump', location: folderOf(files), ...options });

const ENROLMENTS = 'id\tuser_id\tcourse_id\tcreated\tis_active\tmode\n';

/** A package of two courses, as the Research Guide describes it. */
const PACKAGE = {
  'UniX-C1-2024_T1-student_courseenrollment-prod-analytics.sql': `${ENROLMENTS}7\t4\tcourse-v1:UniX+C1+2024_T1\t2024-01-02 03:04:05\t1\thonor\n`,
  'UniX-C1-2024_T1-auth_user-prod-analytics.sql':
    'id\tusername\tlast_login\n4\tada\t2024-01-02 03:04:05\n5\ttab\\tline\\nback\\\\slash\\r\tNULL\n',
  'UniX-C2-2024-T2-student_courseenrollment-prod-analytics.sql.gz': gzipSync(
    `${ENROLMENTS}8\t5\tcourse-v1:UniX+C2+2024-T2\t2024-01-02 03:04:05\t0\taudit\n`,
  ),
  'UniX-C2-2024-T2-wiki_article-prod-analytics.sql': '',
  'UniX-C1-2024_T1-courseware_studentmodule-prod-analytics.sql':
    'id\tmodule_type\tstate\tgrade\n9\tproblem\t{"a": "\\\\n"}\tNULL\n',
  'UniX-C1-2024_T1-user_thing-edge-analytics.sql': 'id\tvalue\n1\t\n',
  'UniX-C1-2024_T1-course_structure-prod-analytics.json': '{}',
};

test('a research data package: tables by the names of files, with the types of Open edX', async () => {
  const package_ = source(PACKAGE);
  expect(await readTable(package_, 'student_courseenrollment')).toEqual({
    columns: ['id', 'user_id', 'course_id', 'created', 'is_active', 'mode'],
    types: ['int32', 'int32', 'text', 'timestamp', 'int32', 'text'],
    rows: [
      ['7', '4', 'course-v1:UniX+C1+2024_T1', '2024-01-02 03:04:05', '1', 'honor'],
      ['8', '5', 'course-v1:UniX+C2+2024-T2', '2024-01-02 03:04:05', '0', 'audit'],
    ],
  });
  const session = await package_.open();
  expect(await session.tables()).toEqual([
    'auth_user',
    'courseware_studentmodule',
    'student_courseenrollment',
    'user_thing',
  ]);
  expect(session.notices!()).toEqual([
    expect.stringContaining('passed over 1 of .json files'),
    expect.stringContaining(
      '2024-T2-wiki_article-prod-analytics.sql: is empty; it has no rows of wiki_article',
    ),
  ]);
  expect(await session.check()).toEqual([
    expect.stringContaining('5 files'),
    '4 tables, complete to the end',
  ]);
  expect(await sweepAll(session)).toEqual({
    auth_user: [
      ['4', 'ada', '2024-01-02 03:04:05'],
      ['5', 'tab\tline\nback\\slash\r', null],
    ],
    student_courseenrollment: expect.any(Array) as unknown[],
    courseware_studentmodule: [['9', 'problem', '{"a": "\\n"}', null]],
    user_thing: [['1', '']],
  });
  expect(session.progress!().done).toBe(session.progress!().total);
});

test.each([
  ['UniX-C1-2024_T1-courseware_studentmodule-prod-analytics.sql', 'courseware_studentmodule'],
  ['UniX-C1-2024-courseware_studentmodule-analytics.sql', 'courseware_studentmodule'],
  ['UniX-C_1-T1-wiki_article-edge-analytics.sql', 'wiki_article'],
  ['auth_user-prod-analytics.sql', 'auth_user'],
  ['auth_user.sql', 'auth_user'],
  ['courses.sql', 'courses'],
])('the table of %s', async (name, table) => {
  const session = await source({ [name]: 'id\tstate\n1\tx\n' }).open();
  expect(await session.tables()).toEqual([table]);
});

test('rows of courseware_studentmodule, whose characters have a backslash before themselves', async () => {
  const text = 'id\tstate\n1\t{\\"a\\": \\"b\\\\n\\\t\\\nc\\"}\n2\tNULL\n';
  const name = 'U-C-R-courseware_studentmodule-analytics.sql';
  expect((await readTable(source({ [name]: text }))).rows).toEqual([
    ['1', '{"a": "b\\n\t\nc"}'],
    ['2', null],
  ]);
});

test('types of the settings come before those of Open edX', async () => {
  const fields = [
    { name: 'id', type: 'bigint' },
    { name: 'last_login', type: 'varchar' },
  ];
  const { types } = await readTable(
    source(PACKAGE, { tables: [{ name: 'auth_user', fields }] }),
    'auth_user',
  );
  expect(types).toEqual(['int64', 'text', 'text']);
});

test('a value that does not fit, and a ragged row, are told by file and line', async () => {
  const name = 'U-C-R-student_courseenrollment-prod-analytics.sql';
  await expect(
    readTable(source({ [name]: `${ENROLMENTS}1\t2\tc\t2024-01-02\t1\tx\nx\t2\tc\t2024-01-02\t1\tx\n` })),
  ).rejects.toMatchObject({
    code: 'bad-value',
    message: expect.stringContaining(
      `${name}:3: the value of student_courseenrollment.id is not int32`,
    ) as string,
  });
  await expect(readTable(source({ [name]: `${ENROLMENTS}1\t2\n` }))).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining(`${name}:2: a record has 2 fields where there are 6 columns`) as string,
  });
});

test('a table in files of both kinds', async () => {
  const files = { 'a.sql': 'CREATE TABLE auth_user (id int);\n', 'auth_user.sql': 'id\tname\n1\tx\n' };
  await expect(
    source(files)
      .open()
      .then((session) => session.tables()),
  ).rejects.toMatchObject({
    code: 'dump-syntax',
    message: expect.stringContaining('auth_user.sql holds rows of table auth_user by tabs') as string,
  });
});

const INSERTS =
  "INSERT INTO `auth_user` (`id`,`username`,`last_login`) VALUES (1,'ada',NULL),(2,0x6162,'2024-01-02 03:04:05');\n";

test('rows without CREATE TABLE: the columns that they name, with the types of the settings and of Open edX', async () => {
  const types = async (options: Partial<DumpOptions>): Promise<readonly string[]> =>
    (await readTable(source({ 'a.sql': INSERTS }, options))).types;
  expect(await types({})).toEqual(['int32', 'text', 'timestamp']);
  const fields = [
    { name: 'USERNAME', type: 'blob' },
    { name: 'id', type: 'bigint' },
  ];
  expect(await types({ tables: [{ name: 'auth_user', fields }] })).toEqual(['int64', 'binary', 'timestamp']);
  const session = await source({ 'a.sql': `${INSERTS}INSERT INTO other (x) VALUES (01.50);\n` }).open();
  expect(await sweepAll(session)).toEqual({
    auth_user: [
      ['1', 'ada', null],
      ['2', 'ab', '2024-01-02 03:04:05'],
    ],
    other: [['01.50']],
  });
  expect(session.notices!()).toEqual([
    'table auth_user: there is no CREATE TABLE; columns are text but for types of the settings and of Open edX',
    'table other: there is no CREATE TABLE; columns are text but for types of the settings and of Open edX',
  ]);
});

test('rows without names of columns take those of the settings, or are refused', async () => {
  const files = { 'a.sql': "INSERT INTO t VALUES (1,'x');\n" };
  const tables = [{ name: 't', fields: [{ name: 'n', type: 'int' }, { name: 'v' }] }];
  expect(await readTable(source(files, { tables }))).toEqual({
    columns: ['n', 'v'],
    types: ['int32', 'text'],
    rows: [['1', 'x']],
  });
  await expect(sweepAll(await source(files).open())).rejects.toMatchObject({
    code: 'dump-syntax',
    message: expect.stringContaining('no CREATE TABLE came before') as string,
    hint: expect.stringContaining('fields of the table in the settings') as string,
  });
  const short = [{ name: 't', fields: [{ name: 'n' }] }];
  await expect(sweepAll(await source(files, { tables: short }).open())).rejects.toMatchObject({
    message: expect.stringContaining('more than 1 values') as string,
  });
});

test('a schema behind the rows is no schema', async () => {
  const files = { 'a.sql': INSERTS, 'b.sql': 'CREATE TABLE auth_user (id int);\n' };
  await expect(sweepAll(await source(files).open())).rejects.toMatchObject({
    code: 'dump-syntax',
    message: expect.stringContaining(
      'b.sql:1: table auth_user is created after rows of it were inserted',
    ) as string,
  });
});

test('dumps by a pattern', async () => {
  const folder = folderOf({
    'a-1.sql': 'CREATE TABLE a (n int);',
    'b-1.sql': 'CREATE TABLE b (n int);',
    'c.txt': '',
  });
  const session = await dumpSource({ name: 'dump', location: join(folder, '[ab]-?.sql') }).open();
  expect(await session.tables()).toEqual(['a', 'b']);
  const nothing = join(folder, 'z*.sql');
  await expect(dumpSource({ name: 'dump', location: nothing }).open()).rejects.toMatchObject({
    code: 'dump-unreadable',
    message: expect.stringContaining(nothing) as string,
  });
});

describe.skipIf(!mariadbAvailable())('what mysql --batch prints', () => {
  const root = tempDir();
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(`CREATE DATABASE batch CHARACTER SET utf8mb4; USE batch;\n${ALL_TYPES_SQL}`);
  });
  afterAll(() => server?.stop());

  /** Names such as Open edX has, for others could begin a statement; the format has no way to tell the text `NULL`. */
  const tables = textOnly(ALL_TYPES)
    .filter(({ table, rows }) => rows.length > 0 && !table.includes('`'))
    .map((table) => ({ ...table, rows: table.rows.filter((row) => !row.includes('NULL')) }));

  sourceContract(
    'as a research data package',
    async () => {
      const location = join(root, 'package');
      mkdirSync(location);
      for (const { table, fields } of tables) {
        const columns = fields.map(([name]) => printed(name)).join(',');
        const where = fields
          .filter(([, { kind }]) => kind === 'text')
          .map(([name]) => `BINARY ${quoted(name)} <=> 'NULL'`);
        const sql = `SELECT ${columns} FROM ${quoted(table)} WHERE NOT (${[...where, 'FALSE'].join(' OR ')})`;
        const rows = execFileSync(mariadbProgram('mariadb'), [
          '--no-defaults',
          '--batch',
          '--default-character-set=utf8mb4',
          `--socket=${server.socket}`,
          '--user=root',
          '--database=batch',
          `--execute=SET time_zone = '+00:00'; ${sql}`,
        ]);
        writeFileSync(join(location, `${table}.sql`), rows);
      }
      const package_ = dumpSource({ name: 'dump', location, tables: tables.map(declaredTable) });
      return { source: package_, dispose: async () => undefined };
    },
    tables,
  );

  /** BIT is printed as bytes; Open edX has none. */
  const printed = (name: string): string =>
    name.startsWith('bit') ? `${quoted(name)} + 0 AS ${quoted(name)}` : quoted(name);
  const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
});
