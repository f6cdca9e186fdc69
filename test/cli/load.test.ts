import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import { tempDir } from '../temp-dir.ts';
import { cli, lakeContents } from './cli.ts';
import { DUMP } from './dump-text.ts';

const folder = tempDir();
const dumps = join(folder, 'dumps');

describe('panorama load', () => {
  beforeAll(async () => {
    await mkdir(dumps);
    await writeFile(join(dumps, 'site.sql.gz'), gzipSync(DUMP));
    await writeFile(join(dumps, 'notes.txt'), 'not a dump');
  });

  it('loads a folder of dumps without settings, and answers questions', async () => {
    const load = await cli(['load', 'dumps'], { cwd: folder });
    expect(load.stderr).toMatch(/auth_user +3 rows/);
    expect(load.stderr).toContain('last_login: 1 zero or impossible dates, stored as NULL');
    expect(load.stderr).toContain('password: never extracted');
    expect(load.stderr).toContain('passed over 1 of .txt files');
    expect(load.stdout).toMatch(/^3 tables, 6 rows, /);
    expect(load.code).toBe(0);

    const paths = Object.keys(lakeContents(join(folder, 'lake'))).sort();
    expect(paths).toEqual([
      '_panorama/tables/openedx/auth_user.json',
      '_panorama/tables/openedx/courseware_studentmodule.json',
      '_panorama/tables/openedx/empty_table.json',
      '_panorama/tables/openedx/panorama_rejected_values.json',
      'openedx/auth_user/auth_user.parquet',
      'openedx/courseware_studentmodule/course_id=Org%2FOld%2FRun/courseware_studentmodule.parquet',
      'openedx/courseware_studentmodule/course_id=course-v1%3AA+B+C/courseware_studentmodule.parquet',
      'openedx/empty_table/empty_table.parquet',
      'openedx/panorama_rejected_values/table_name=auth_user/panorama_rejected_values.parquet',
    ]);

    const rejected = await cli(
      ['query', '--csv', 'SELECT * EXCLUDE loaded_at FROM openedx_table_panorama_rejected_values'],
      { cwd: folder },
    );
    expect(rejected.stdout.trim().split(/\r?\n/)).toEqual([
      'column_name,row_key,value,table_name',
      'last_login,"{""id"":3}",0000-00-00 00:00:00.000000,auth_user',
    ]);
    const page = await readFile(join(import.meta.dirname, '../../docs/how-to/query-the-lake.md'), 'utf8');
    const [, counts, rows] =
      /```sql\n(SELECT table_name[^]*?;)\n\n-- The rows themselves\n([^]*?;)\n```/.exec(page)!;
    const answers = await Promise.all(
      [counts!, rows!].map((sql) => cli(['query', '--csv', sql], { cwd: folder })),
    );
    expect(answers.map(({ stdout }) => stdout.trim().split(/\r?\n/)[1])).toEqual([
      'auth_user,last_login,0000-00-00 00:00:00.000000,1',
      '"",last_login,0000-00-00 00:00:00.000000',
    ]);

    const query = await cli(
      [
        'query',
        '--csv',
        'SELECT id, username, password, last_login FROM openedx_table_auth_user ORDER BY id',
      ],
      { cwd: folder },
    );
    expect(query.stdout.trim().split(/\r?\n/)).toEqual([
      'id,username,password,last_login',
      '1,ada,,2026-01-02 03:04:05.000006',
      '2,grace,,',
      '3,"",,',
    ]);
    const partitions = await cli(
      [
        '--json',
        'query',
        'SELECT course_id, max(id) AS id FROM openedx_table_courseware_studentmodule GROUP BY 1 ORDER BY 1',
      ],
      { cwd: folder },
    );
    expect(JSON.parse(partitions.stdout)).toEqual([
      { course_id: 'Org/Old/Run', id: '9223372036854775807' },
      { course_id: 'course-v1:A+B+C', id: expect.anything() },
    ]);
    const empty = await cli(['query', '--csv', 'SELECT count(*) AS n FROM openedx_table_empty_table'], {
      cwd: folder,
    });
    expect(empty.stdout).toMatch(/^n\r?\n0/);
  });

  it('says the same in JSON', async () => {
    const load = await cli(['load', 'dumps', '--lake', 'json-lake', '--json'], { cwd: folder });
    expect(JSON.parse(load.stdout)).toMatchObject({
      exit: 0,
      failures: [],
      tables: expect.arrayContaining([
        expect.objectContaining({
          source: 'dump',
          table: 'auth_user',
          rows: 3,
          files: 1,
          rejected: { last_login: 1 },
        }),
      ]),
    });
    const tables = await cli(['tables', '--lake', 'json-lake', '--json'], { cwd: folder });
    expect(JSON.parse(tables.stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          table: 'auth_user',
          rows: 3,
          viewName: 'openedx_table_auth_user',
          rejected: { last_login: 1 },
        }),
      ]),
    );
    expect(tables.code).toBe(0);
  });

  it('never lets a password hash into the lake (D44)', async () => {
    for (const path of Object.keys(lakeContents(join(folder, 'lake')))) {
      expect((await readFile(join(folder, 'lake', path))).includes('HASH-CANARY'), path).toBe(false);
    }
  });

  it('writes CSV on request, under a prefix of choice, only the tables asked for', async () => {
    const args = [
      'load',
      'dumps',
      '--lake',
      'csv-lake',
      '--format',
      'csv',
      '--base-prefix',
      'site',
      '--tables',
      'auth_user',
    ];
    expect((await cli(args, { cwd: folder })).code).toBe(0);
    const text = await readFile(join(folder, 'csv-lake/site/auth_user/auth_user.csv'), 'utf8');
    expect(text).toBe(
      'id,username,password,last_login\r\n1,ada,,2026-01-02 03:04:05.000006\r\n2,grace,,\r\n3,"",,\r\n',
    );
    const query = await cli(
      ['query', '--lake', 'csv-lake', '--csv', 'SELECT last_login FROM site_table_auth_user WHERE id = 1'],
      { cwd: folder },
    );
    expect(query.stdout).toContain('2026-01-02 03:04:05.000006');
  });

  it('replaces the tables on the next load and removes partitions that vanished', async () => {
    const lake = join(folder, 'lake');
    const next = DUMP.replaceAll("'Org/Old/Run'", "'course-v1:A+B+C'").replace(
      "(3,'','HASH-CANARY','0000-00-00 00:00:00.000000')",
      "(3,'joan','HASH-CANARY',NULL)",
    );
    await writeFile(join(folder, 'next.sql'), next);
    expect((await cli(['load', 'next.sql'], { cwd: folder })).code).toBe(0);
    expect(Object.keys(lakeContents(lake)).filter((path) => path.includes('course_id='))).toHaveLength(1);
    const query = await cli(
      [
        'query',
        '--csv',
        'SELECT count(*) AS n, count(DISTINCT course_id) AS c FROM openedx_table_courseware_studentmodule',
      ],
      { cwd: folder },
    );
    expect(query.stdout).toMatch(/3,1/);
  });

  it('writes the result of a query as Parquet', async () => {
    const done = await cli(['query', '--parquet', 'out.parquet', 'SELECT id FROM openedx_table_auth_user'], {
      cwd: folder,
    });
    expect(done.stderr).toContain('3 rows');
    expect((await readFile(join(folder, 'out.parquet'))).subarray(0, 4).toString()).toBe('PAR1');
    const file = await cli(['query', '-f', '-', '--csv'], { cwd: folder, input: 'SELECT 40 + 2 AS n' });
    expect(file.stdout).toMatch(/42/);
  });
});
