import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testConnections } from '../../src/pipeline/check.ts';
import type { RunReport } from '../../src/pipeline/events.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { askLake } from '../pipeline/ask-lake.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';

/*
 * What went wrong in the original with a database and a settings file like these. Numbers are those of
 * docs/from-the-original.md, which names the tests of all others.
 */

const folder = tempDir();

const SQL = `CREATE DATABASE site CHARACTER SET utf8mb4; USE site;
CREATE TABLE \`order\` (id INT PRIMARY KEY, body TEXT);
INSERT INTO \`order\` VALUES (1, NULL), (2, ''), (3, 'NULL'), (4, 'a\\\\b'), (5, 'a\\nb'), (6, '{"x": "1\\\\n2"}');
CREATE TABLE kinds (id INT PRIMARY KEY, day DATE, clock TIME, age YEAR, bits BIT(10), raw VARBINARY(10),
  exact DECIMAL(65,30), \`big"\` BIGINT UNSIGNED, single FLOAT, picks SET('a','b'), place POINT);
INSERT INTO kinds VALUES (1, '2024-05-06', '838:59:59', 2024, b'1000000001', x'000127',
  1e-30, 18446744073709551615, 16777216, 'a,b', POINT(1, 2)),
  (2, '0099-01-01', '-838:59:59', 1970, NULL, '', -12345678901234567890123456789012345.5, 0, 0.1, '', NULL);
CREATE TABLE pairs (id INT, a VARCHAR(50), b VARCHAR(50)) COLLATE utf8mb4_general_ci;
INSERT INTO pairs VALUES (1, 'A', 'B'), (2, 'Abc', 'x'), (3, 'abc', 'x'), (4, 'ábc', 'x'), (5, 'a', 'x'), (6, 'a ', 'x'),
  (7, 'x\\' or \\'1\\'=\\'1', 'x'), (8, 'O\\'Brien', 'x'), (9, 'a\\\\', 'x'), (10, 'a/../../order', 'x'), (11, '..', 'x');
CREATE TABLE times (id INT, n INT, at DATETIME(6));
INSERT INTO times VALUES (1, NULL, '2024-01-01'), (2, 0, NULL), (3, 7, '2024-01-01 00:00:00.5');
CREATE TABLE too_long (id INT PRIMARY KEY, k VARCHAR(300)); INSERT INTO too_long VALUES (1, 'short'), (2, REPEAT('é', 200));`;

const ORDER = 'order/lms=2024/order.csv';
const KINDS = 'kinds/lms=2024/kinds.csv';

describe.runIf(mariadbAvailable())('defects of the original', () => {
  let server: MariadbServer;
  let first: RunReport;

  const lake = join(folder, 'lake');
  const settings = async (port = server.port, timeout = '20s') => {
    const file = join(folder, 'settings.yaml');
    await writeFile(
      file,
      `datalake:
  path: lake
  format: csv
  layout: original
  base_partitions: [{ name: lms, value: 2024 }]
datasources:
- type: mysql
  name: site
  mysql_host: 127.0.0.1
  mysql_port: ${port}
  mysql_username: ${server.user}
  mysql_password: '${server.password}'
  mysql_database: site
  mysql_connect_timeout: ${timeout}
  mysql_retries: 0
  tables:
  - name: order
    fields:
    - { name: id, type: int }
    - { name: zero, type: int, value: 0 }
    - { name: quoted, type: varchar, value: O'x }
    - { name: body }
  - name: kinds
  - name: pairs
    fields: [{ name: id, type: int }, { name: a, type: varchar }, { name: b, type: varchar }]
    partitions: { partition_fields: [b, a] }
  - name: times
    fields: [{ name: id, type: int }]
    partitions: { partition_fields: [n, at] }
  - name: too_long
    partitions: { partition_fields: [k] }
`,
    );
    return loadSettings({ file, env: {} });
  };
  const load = async (allowShrink = false): Promise<RunReport> =>
    extractAndLoad({ settings: await settings(), selection: { all: true }, allowShrink });

  const lines = async (name: string): Promise<string[]> =>
    (await readFile(join(lake, name), 'utf8')).split('\r\n').slice(1, -1);

  const rows = async (sql: string): Promise<unknown[]> => askLake((await settings()).datalake, sql);

  async function files(table: string): Promise<string[]> {
    const names = await readdir(join(lake, table), { recursive: true });
    return names.filter((name) => name.endsWith('.csv')).sort();
  }
  const partitions = async (table: string): Promise<string[]> =>
    (await files(table)).map((name) => name.slice('lms=2024/'.length, -`/${table}.csv`.length));

  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(SQL);
    first = await load();
    expect(first.tables.map(({ table }) => table)).toEqual(['order', 'kinds', 'pairs', 'times']);
  });
  afterAll(() => server?.stop());

  it('D12: the constant 0 is 0, not NULL', async () => {
    expect(await lines(ORDER)).toContain(`1,0,O'x,`);
  });

  it('D13: NULL, the empty text and the text NULL are three things', async () => {
    expect((await lines(ORDER)).slice(0, 3)).toEqual([`1,0,O'x,`, `2,0,O'x,""`, `3,0,O'x,NULL`]);
    expect(await rows('SELECT body FROM table_order WHERE id < 4 ORDER BY id')).toEqual([[null], [''], ['NULL']]);
  });

  it('D14: a backslash is escaped once and read as it was', async () => {
    expect((await lines(ORDER))[3]).toBe(`4,0,O'x,"a\\\\b"`);
    expect(await rows('SELECT body FROM table_order WHERE id IN (4, 6) ORDER BY id')).toEqual([
      ['a\\b'],
      ['{"x": "1\\n2"}'],
    ]);
  });

  it('D15: a line feed does not break its record; it arrives as a backslash and n', async () => {
    expect((await lines(ORDER)).slice(4)).toEqual([`5,0,O'x,"a\\\\nb"`, `6,0,O'x,"{\\"x\\": \\"1\\\\n2\\"}"`]);
    expect(await rows('SELECT body FROM table_order WHERE id = 5')).toEqual([['a\\nb']]);
  });

  it('D16: DATE, TIME and YEAR have their values in the view', async () => {
    expect(await rows('SELECT day, clock, age FROM table_kinds WHERE id = 1')).toEqual([
      ['2024-05-06', '838:59:59', '2024'],
    ]);
  });

  it('D17, D18, D19, D20: TIME, early years, bytes and numbers are spelled without loss', async () => {
    expect(await lines(KINDS)).toEqual([
      '1,2024-05-06,838:59:59,2024,513,000127,0.000000000000000000000000000001,18446744073709551615,16777216,"a,b",' +
        '000000000101000000000000000000f03f0000000000000040',
      '2,0099-01-01,-838:59:59,1970,,"",-12345678901234567890123456789012345.500000000000000000000000000000,0,0.10000000149011612,"",',
    ]);
  });

  it('D20: the view has all digits', async () => {
    expect(await rows('SELECT exact, "big""", single FROM table_kinds WHERE id = 1')).toEqual([
      ['0.000000000000000000000000000001', '18446744073709551615', '16777216.0'],
    ]);
  });

  it('D21: a table with BIT, SET, VARBINARY and POINT has a view', async () => {
    expect(await rows('SELECT bits, picks, raw, octet_length(place) FROM table_kinds WHERE id = 1')).toEqual([
      ['513', 'a,b', '000127', '25'],
    ]);
  });

  it('D23: without base_prefix no name begins with None', async () => {
    expect(await files('order')).toEqual(['lms=2024/order.csv']);
    expect(first.tables[0]).toMatchObject({ table: 'order' });
    expect(await rows('SELECT count(*) FROM raw_order')).toEqual([['6']]);
  });

  it('D7: values stand under their own columns, whatever the order of fields and partition_fields', async () => {
    expect(await partitions('pairs')).toContain('b=B/a=A');
    expect(await lines('pairs/lms=2024/b=B/a=A/pairs.csv')).toEqual(['1']);
  });

  it('D8, D9, D10, D32, D47: every value is a partition of its own, in the folder of its table', async () => {
    const values = ['Abc', 'abc', 'ábc', 'a', 'a ', "x' or '1'='1", "O'Brien", 'a\\', 'a/../../order', '..'];
    expect(await partitions('pairs')).toHaveLength(values.length + 1);
    for (const [i, value] of values.entries())
      expect(await rows(`SELECT id FROM table_pairs WHERE b = 'x' AND a = '${value.replaceAll("'", "''")}'`)).toEqual([
        [String(i + 2)],
      ]);
    expect(await partitions('pairs')).toEqual(expect.arrayContaining(['b=x/a=..', 'b=x/a=a%2F..%2F..%2Forder']));
  });

  it('D31: NULL, numbers and times are partitions, also where the base partition is a number', async () => {
    expect(await partitions('times')).toEqual([
      'n=0/at=__HIVE_DEFAULT_PARTITION__',
      'n=7/at=2024-01-01%2000%3A00%3A00.500000',
      'n=__HIVE_DEFAULT_PARTITION__/at=2024-01-01%2000%3A00%3A00.000000',
    ]);
    expect(await rows('SELECT lms, n, "at" FROM table_times ORDER BY id')).toEqual([
      ['2024', null, '2024-01-01 00:00:00'],
      ['2024', '0', null],
      ['2024', '7', '2024-01-01 00:00:00.5'],
    ]);
  });

  it('D33: a table named order and a constant with a quote, its type in small letters', async () => {
    expect(await rows('SELECT DISTINCT quoted FROM table_order')).toEqual([["O'x"]]);
  });

  it('D35: fields and base partitions need no type', async () => {
    expect(await rows('SELECT lms, body FROM table_order WHERE id = 3')).toEqual([['2024', 'NULL']]);
  });

  it('D45, D49: a table that fails leaves nothing behind; files are not for everybody', async () => {
    expect(first.failures.map(({ table, error }) => [table, error.code])).toEqual([
      ['too_long', 'partition-too-long'],
    ]);
    expect(first.exit).toBe(3);
    const names = await readdir(lake, { recursive: true });
    expect(names.filter((name) => /too_long|staging\/.+\/|journal\/./.test(name))).toEqual([]);
    expect((await stat(join(lake, ORDER))).mode & 0o007).toBe(0);
    expect((await readdir('.')).filter((name) => name.endsWith('.csv'))).toEqual([]);
  });

  it('D24: of two runs at a time each is whole or stopped by the lock', async () => {
    const before = await files('pairs');
    const run = { settings: await settings(), selection: { all: true } };
    const outcomes = await Promise.allSettled([extractAndLoad(run), extractAndLoad(run)]);
    const codes = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'done' : (outcome.reason as { code: string }).code,
    );
    expect(codes).toContain('done');
    expect(codes.filter((code) => code !== 'done' && code !== 'locked')).toEqual([]);
    expect(await files('pairs')).toEqual(before);
  });

  it('D5, D6, D34: a second load of one process has the rows as they are now, and no others', async () => {
    await server.exec(
      "USE site; DELETE FROM pairs WHERE id < 4; UPDATE pairs SET a = 'moved' WHERE id = 4; DELETE FROM times WHERE id = 1;",
    );
    const second = await load(true);
    expect(second.failures.map(({ table }) => table)).toEqual(['too_long']);
    expect(await partitions('pairs')).toEqual(expect.not.arrayContaining(['b=B/a=A', 'b=x/a=Abc', 'b=x/a=abc']));
    expect(await rows('SELECT id, a FROM table_pairs WHERE id < 5')).toEqual([['4', 'moved']]);
    expect(await partitions('times')).toHaveLength(2);
  });

  it('D38: a server that accepts a connection and is silent is given up', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const found: [string, string | undefined][] = [];
    for await (const { name, error } of testConnections(await settings(port, '1s')))
      if (name === 'site') found.push([name, error?.code]);
    expect(found).toEqual([['site', 'source-unreachable']]);
    silent.close();
  });
});
