import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { RunEvent } from '../../src/pipeline/events.ts';
import { createTables, createViews, dropTables } from '../../src/pipeline/catalog.ts';
import { readLake } from '../../src/pipeline/read-lake.ts';
import { extractAndLoad, type RunOptions } from '../../src/pipeline/run.ts';
import { lakeProblems, lakeStatus } from '../../src/pipeline/status.ts';
import type { BasePartition, Datasource, LocalDatalake, TableSettings } from '../../src/settings/settings.ts';
import { mariadbAvailable, type MariadbServer, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';
import { askLake } from './ask-lake.ts';
import { datasourceOf } from './datasource-of.ts';

const TABLE = 'panorama_rejected_values';

let folder: string;
let datalake: LocalDatalake;
let events: RunEvent[];

beforeEach(async () => {
  folder = tempDir();
  await mkdir(join(folder, 'dumps'), { recursive: true });
  datalake = {
    type: 'local',
    path: join(folder, 'lake'),
    format: 'parquet',
    layout: 'hive',
    basePartitions: [],
  };
});

/** A dump of one table, written over an earlier one. */
async function dump(table: string, columns: string, rows: string): Promise<void> {
  const insert = rows === '' ? '' : `INSERT INTO \`${table}\` VALUES ${rows};\n`;
  await writeFile(
    join(folder, 'dumps', `${table}.sql`),
    `/*!40103 SET TIME_ZONE='+00:00' */;\nCREATE TABLE \`${table}\` (${columns});\n${insert}-- Dump completed on 2026-01-01  0:00:00\n`,
  );
}

/** Loads all tables, or those named, and answers the notices; other failures than the expected ones fail. */
async function load(
  options: Partial<RunOptions> & {
    lake?: Partial<LocalDatalake>;
    sources?: Datasource[];
    tables?: TableSettings[];
    failing?: string[];
  } = {},
): Promise<string[]> {
  const { lake, sources, tables, failing = [], ...others } = options;
  const datasource: Datasource = {
    type: 'dump',
    name: 'dumps',
    location: [join(folder, 'dumps')],
    ...(tables === undefined ? {} : { tables }),
  };
  events = [];
  const report = await extractAndLoad({
    settings: { datalake: { ...datalake, ...lake }, datasources: sources ?? [datasource] },
    selection: { all: true },
    onEvent: (event) => void events.push(event),
    ...others,
  });
  expect(report.failures.map(({ table, error }) => `${table}: ${error.code}`)).toEqual(failing);
  expect(report.tables.map(({ table }) => table)).not.toContain(TABLE);
  return events.flatMap((event) => (event.type === 'notice' ? [`${event.table}: ${event.text}`] : []));
}

const ask = async (sql: string): Promise<string[]> =>
  (await askLake(datalake, sql)).map((row) => row.map((cell) => cell ?? 'NULL').join(' | '));

/** The listed values: table, column, key, value. */
const listed = (more = ''): Promise<string[]> =>
  ask(`SELECT table_name, column_name, row_key, value ${more} FROM table_${TABLE} ORDER BY ALL`);

async function stateOf(table: string) {
  const lake = await readLake(datalake);
  const state = (await lake.tables()).find((candidate) => candidate.table === table);
  await lake.close();
  return state;
}

describe.each(['parquet', 'csv'] as const)('rejected values in a lake of %s', (format) => {
  beforeEach(() => {
    datalake = { ...datalake, format };
  });

  it('are listed with the keys of their rows, whatever the key', async () => {
    const when = 'd date, t datetime(3)';
    await dump(
      'one',
      `id int, ${when}, PRIMARY KEY (id)`,
      "(1,'2024-01-01',NULL),(2,'0000-00-00','2024-02-30 01:02:03.5')",
    );
    await dump(
      'two',
      `a int(5) unsigned zerofill, B varbinary(8), ${when}, PRIMARY KEY (b, A)`,
      "(00007,0x00ff,'2023-02-29','0000-00-00 00:00:00.000')",
    );
    await dump('text_key', `k varchar(20), ${when}, PRIMARY KEY (k)`, `('say "é"\\\\','2023-00-01',NULL)`);
    await dump(
      'big',
      `id bigint unsigned, ${when}, PRIMARY KEY (id)`,
      "(18446744073709551615,'2023-13-01',NULL)",
    );
    await dump('day_key', `${when}, n int, PRIMARY KEY (d, n)`, "('0000-00-00',NULL,5)");
    await dump('no_key', when, "('2021-02-31',NULL),('2021-02-31',NULL)");
    await dump('fine', `id int, ${when}, PRIMARY KEY (id)`, "(1,'2024-01-01',NULL)");
    expect(await load()).toEqual([]);
    expect(await listed()).toEqual(
      [
        'big | d | {"id":18446744073709551615} | 2023-13-01',
        'day_key | d | {"d":"0000-00-00","n":5} | 0000-00-00',
        'no_key | d | NULL | 2021-02-31',
        'no_key | d | NULL | 2021-02-31',
        'one | d | {"id":2} | 0000-00-00',
        'one | t | {"id":2} | 2024-02-30 01:02:03.5',
        `text_key | d | ${JSON.stringify({ k: 'say "é"\\' })} | 2023-00-01`,
        'two | d | {"B":"00ff","a":7} | 2023-02-29',
        'two | t | {"B":"00ff","a":7} | 0000-00-00 00:00:00.000',
      ].sort(),
    );
    const state = await stateOf(TABLE);
    expect(state).toMatchObject({ format, rejected: {}, rawName: `raw_${TABLE}` });
    expect(state!.files.map(({ path }) => path)).toContain(`${TABLE}/table_name=one/${TABLE}.${format}`);
    expect(state!.files).toHaveLength(6);
    const start = events.find((event) => event.type === 'run-end')!.report.startedAt;
    expect(
      await ask(`SELECT DISTINCT strftime(loaded_at, '%Y-%m-%dT%H:%M:%S.%gZ') FROM table_${TABLE}`),
    ).toEqual([start]);
  });

  it('of partitioned tables have keys out of files and paths', async () => {
    await dump(
      'parts',
      'id int, day date, d date, course varchar(20), PRIMARY KEY (id, course)',
      "(1,'2024-00-00','2024-01-01','a/b'),(2,'2024-00-00','0000-00-00','c'),(3,'2024-01-01','2024-04-31','c'),(4,NULL,NULL,'c')",
    );
    const tables = [{ name: 'parts', partitions: { partitionFields: ['day', 'course'] } }];
    await load({ tables });
    expect(await listed()).toEqual([
      'parts | d | {"id":2,"course":"c"} | 0000-00-00',
      'parts | d | {"id":3,"course":"c"} | 2024-04-31',
      'parts | day | {"id":1,"course":"a/b"} | 2024-00-00',
      'parts | day | {"id":2,"course":"c"} | 2024-00-00',
    ]);
    expect((await stateOf('parts'))!.rejected).toEqual({ d: 2, day: 2 });
  });

  it('tell nothing of people', async () => {
    await dump(
      'auth_userprofile',
      'user_id int, goals date, joined date, name varchar(20), PRIMARY KEY (name, user_id)',
      "(1,'1999-02-31','0000-00-00','Ada Canary')",
    );
    await dump(
      'student_anonymoususerid',
      'anonymous_user_id varchar(32), d date, PRIMARY KEY (anonymous_user_id)',
      "('canary','0000-00-00')",
    );
    await dump(
      'auth_registration',
      'activation_key varchar(32), d date, PRIMARY KEY (activation_key)',
      "('canary','0000-00-00')",
    );
    await load();
    expect(await listed()).toEqual([
      'auth_registration | d | NULL | 0000-00-00',
      'auth_userprofile | goals | {"user_id":1} | NULL',
      'auth_userprofile | joined | {"user_id":1} | 0000-00-00',
      'student_anonymoususerid | d | NULL | 0000-00-00',
    ]);
  });

  it('have no key where a column of it is not extracted', async () => {
    await dump('two', 'a int, b int, d date, PRIMARY KEY (a, b)', "(1,2,'0000-00-00')");
    await load({ tables: [{ name: 'two', exclude: ['b'] }] });
    expect(await listed()).toEqual(['two | d | NULL | 0000-00-00']);
    await load({
      tables: [{ name: 'two', fields: [{ name: 'A' }, { name: 'B' }, { name: 'd' }] }],
      allowSchemaChange: true,
    });
    expect(await listed()).toEqual(['two | d | {"A":1,"B":2} | 0000-00-00']);
  });

  it('are replaced by each load of their table, and those of other tables stay', async () => {
    const columns = 'id int, d date, PRIMARY KEY (id)';
    await dump('a', columns, "(1,'0000-00-00')");
    await dump('b', columns, "(1,'2021-02-31')");
    await load();
    const before = (await stateOf(TABLE))!.files;
    await dump('a', columns, "(1,'2021-01-01'),(2,'0000-00-00'),(3,'2021-00-00')");
    await dump('b', columns, "(1,'2021-01-01')");
    await load({ selection: { tables: ['a'] } });
    expect(await listed()).toEqual([
      'a | d | {"id":2} | 0000-00-00',
      'a | d | {"id":3} | 2021-00-00',
      'b | d | {"id":1} | 2021-02-31',
    ]);
    expect((await stateOf(TABLE))!.files).toContainEqual(
      before.find(({ partition }) => partition[0] === 'b'),
    );
    await load();
    expect(await listed('')).toEqual(['a | d | {"id":2} | 0000-00-00', 'a | d | {"id":3} | 2021-00-00']);
    await dump('a', columns, "(1,'2021-01-01'),(2,NULL),(3,NULL)");
    await load();
    expect(await listed()).toEqual([]);
    expect((await stateOf(TABLE))!.files).toEqual([]);
    await expect(
      readFile(join(datalake.path, TABLE, 'table_name=a', `${TABLE}.${format}`)),
    ).rejects.toMatchObject({ code: 'ENOENT' });
    const { loadedAt } = (await stateOf(TABLE))!;
    await load();
    expect((await stateOf(TABLE))!.loadedAt).toBe(loadedAt);
  });

  it('are listed up to a bound, and counted all', async () => {
    const rows = Array.from({ length: 12_345 }, (_, i) => `(${i},'2021-02-30')`).join(',');
    await dump('many', 'id int, d date, PRIMARY KEY (id)', rows);
    await dump('small', 'id int, d date, PRIMARY KEY (id)', "(1,'2021-02-30')");
    expect(await load()).toEqual([`many: of 12345 rejected values 10000 are listed in ${TABLE}`]);
    expect((await stateOf('many'))!.rejected).toEqual({ d: 12_345 });
    expect(
      await ask(
        `SELECT table_name, count(*), count(DISTINCT row_key), min(value) FROM table_${TABLE} GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual(['many | 10000 | 10000 | 2021-02-30', 'small | 1 | 1 | 2021-02-30']);
  });
});

describe('the table of rejected values', () => {
  const columns = 'id int, d date, PRIMARY KEY (id)';
  const basePartitions = (value: string): BasePartition[] => [{ name: 'lms', type: 'varchar', value }];

  it('is not there in a lake that has none', async () => {
    await dump('fine', columns, "(1,'2021-01-01')");
    await load();
    expect(await stateOf(TABLE)).toBeUndefined();
  });

  it('has those of each installation', async () => {
    for (const value of ['b.example', 'a.example']) {
      await dump('t', columns, `(1,'${value === 'a.example' ? '0000-00-00' : '2021-00-01'}')`);
      await load({ lake: { basePartitions: basePartitions(value) } });
    }
    expect(await listed(', lms')).toEqual([
      't | d | {"id":1} | 0000-00-00 | a.example',
      't | d | {"id":1} | 2021-00-01 | b.example',
    ]);
    await dump('t', columns, "(1,'2021-01-01')");
    await load({ lake: { basePartitions: basePartitions('b.example') } });
    expect(await listed(', lms')).toEqual(['t | d | {"id":1} | 0000-00-00 | a.example']);
  });

  it('changes its format only when no file of the old one stays', async () => {
    await dump('a', columns, "(1,'0000-00-00')");
    await dump('b', columns, "(1,'0000-00-00')");
    await load();
    const lake = { format: 'csv', layout: 'original' } as const;
    await load({ lake, convert: true, selection: { tables: ['a'] } });
    expect((await stateOf('a'))!.format).toBe('csv');
    expect((await stateOf(TABLE))!.format).toBe('parquet');
    expect(await listed()).toHaveLength(2);
    await load({ lake, convert: true });
    expect(await stateOf(TABLE)).toMatchObject(lake);
    expect((await stateOf(TABLE))!.files.map(({ path }) => path.endsWith('.csv'))).toEqual([true, true]);
    expect(await listed()).toHaveLength(2);
  });

  it('that cannot be written is told, and finished by the next run', async () => {
    await dump('a', columns, "(1,'0000-00-00')");
    await mkdir(datalake.path, { recursive: true });
    // A file stands where the folder of the table would be.
    await writeFile(join(datalake.path, TABLE), '');
    await load({ failing: [`${TABLE}: lake-unwritable`] });
    expect((await stateOf('a'))!.rejected).toEqual({ d: 1 });
    const lake = await readLake(datalake);
    const status = await lakeStatus(lake, Date.now());
    await lake.close();
    expect(lakeProblems(status)).toEqual([
      { text: expect.stringMatching(/^run 1 failed: .*\[lake-unwritable\]$/) },
      { table: TABLE, text: expect.stringContaining('interrupted') },
    ]);
    await rm(join(datalake.path, TABLE));
    await load();
    expect(await listed()).toEqual(['a | d | {"id":1} | 0000-00-00']);
  });

  it('is put right by the next load of a table where a run died between the two', async () => {
    const state = join(datalake.path, '_panorama/tables', `${TABLE}.json`);
    const file = join(datalake.path, TABLE, 'table_name=a', `${TABLE}.parquet`);
    await dump('a', columns, "(1,'0000-00-00')");
    await load();
    const [oldState, oldFile] = await Promise.all([readFile(state), readFile(file)]);
    await dump('a', columns, "(1,'2021-01-01')");
    await load();
    expect(await listed()).toEqual([]);
    // As it was before the second run came to it: what it lists is no longer so.
    await mkdir(dirname(file), { recursive: true });
    await Promise.all([writeFile(state, oldState), writeFile(file, oldFile)]);
    expect(await listed()).toHaveLength(1);
    expect((await stateOf('a'))!.rejected).toEqual({});
    await load();
    expect(await listed()).toEqual([]);
    // And before the first one did.
    await dump('a', columns, "(1,'0000-00-00')");
    await load();
    await Promise.all([rm(state), rm(file)]);
    expect((await stateOf('a'))!.rejected).toEqual({ d: 1 });
    await load();
    expect(await listed()).toEqual(['a | d | {"id":1} | 0000-00-00']);
  });

  it('is no table of a source: never gone, never too old, never refused', async () => {
    await dump('a', columns, "(1,'0000-00-00')");
    await load();
    await dump('a', columns, '(1,NULL)');
    await dump('b', columns, '(1,NULL)');
    expect(await load({ sources: [{ type: 'dump', name: 'd', location: [join(folder, 'dumps')] }] })).toEqual(
      [],
    );
    const lake = await readLake(datalake);
    const status = await lakeStatus(lake, Date.now() + 1);
    await lake.close();
    expect(status.tables.map(({ table }) => table)).toEqual(['a', 'b']);
    expect(lakeProblems(status, 60_000)).toEqual([]);
  });

  it.each([TABLE, TABLE.toUpperCase()])('a source may not have a table %s', async (name) => {
    await dump('a', columns, "(1,'0000-00-00')");
    await dump(name, columns, "(1,'0000-00-00')");
    await load({ failing: [`${name}: settings-invalid`] });
    expect(await listed()).toEqual(['a | d | {"id":1} | 0000-00-00']);
    const failure = events.find((event) => event.type === 'table-failed');
    expect(failure).toMatchObject({ error: { message: expect.stringContaining(name) } });
  });

  it('leaves the catalog with all tables or by its name, and comes back', async () => {
    await dump('a', columns, "(1,'0000-00-00')");
    await load();
    const tables = [{ name: 'a' }];
    const dumps: Datasource = { type: 'dump', name: 'dumps', location: [join(folder, 'dumps')], tables };
    const settings = { datalake, datasources: [dumps] };
    const did = (results: readonly { table: string; outcome: string }[]): string[] =>
      results.map(({ table, outcome }) => `${table} ${outcome}`);
    const views = await createViews(settings, { tables: [TABLE] });
    expect(did(views)).toEqual([`${TABLE} view made`]);
    expect(did(await dropTables(settings, { all: true }))).toEqual(['a dropped', `${TABLE} dropped`]);
    expect(did(await dropTables(settings, { tables: [TABLE] }))).toEqual([`${TABLE} failed`]);
    expect(did(await createTables(settings, { all: true }))).toEqual([
      'a registered again',
      `${TABLE} registered again`,
    ]);
    expect(did(await dropTables(settings, { tables: ['a', TABLE] }))).toEqual([
      `${TABLE} dropped`,
      'a dropped',
    ]);
    await load({ tables });
    expect(await listed()).toEqual(['a | d | {"id":1} | 0000-00-00']);
  });
});

describe.runIf(mariadbAvailable())('rejected values of a server', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(`CREATE DATABASE odd; USE odd; SET sql_mode = 'ALLOW_INVALID_DATES';
      CREATE TABLE visits (course VARCHAR(20), n INT, seen DATETIME, modified DATETIME, PRIMARY KEY (course, n));
      INSERT INTO visits VALUES ('old', 1, '2024-02-31 10:00:00', '2020-01-01'), ('new', 1, 0, UTC_TIMESTAMP()),
        ('new', 2, '2024-01-01', UTC_TIMESTAMP());
      CREATE TABLE stamps (seen TIMESTAMP NOT NULL DEFAULT 0); INSERT INTO stamps VALUES (0), ('2024-01-01');`);
  });
  afterAll(() => server?.stop());

  it('are those of the last load of a whole table', async () => {
    const partitions = { partitionFields: ['course'], interval: '1 hour', timestampField: 'modified' };
    const tables = [{ name: 'stamps' }, { name: 'visits', partitions }];
    const source: Datasource = { ...datasourceOf(server, 'odd'), tables };
    const all = [
      'stamps | seen | NULL | 0000-00-00 00:00:00',
      'visits | seen | {"course":"new","n":1} | 0000-00-00 00:00:00',
      'visits | seen | {"course":"old","n":1} | 2024-02-31 10:00:00',
    ];
    expect(await load({ sources: [source] })).toEqual([]);
    expect(await listed()).toEqual(all);
    await server.exec("SET sql_mode = ''; UPDATE odd.visits SET seen = 0 WHERE n = 2");
    expect(await load({ sources: [source] })).toEqual([
      `visits: 2 rejected values are not listed in ${TABLE}, for only changed partitions were read`,
    ]);
    expect(await listed()).toEqual(all);
    expect(await load({ sources: [source], force: true })).toEqual([]);
    expect(await listed()).toEqual(
      [...all, 'visits | seen | {"course":"new","n":2} | 0000-00-00 00:00:00'].sort(),
    );
  });
});
