import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AwsSite, awsSiteAvailable, startAwsSite } from '../servers/aws-site.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { writeGoldenModulestore } from '../golden/modulestore.ts';
import { type MongodbServer, mongodbAvailable, startMongodb } from '../servers/mongodb.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';
import { DUMP } from './dump-text.ts';

const folder = tempDir();

/** The command works, and says its new name once. */
async function checkWorks(result: Promise<CliResult>, now?: string): Promise<CliResult> {
  const done = await result;
  expect(done.code, done.stderr + done.stdout).toBe(0);
  const said = done.stderr.match(/^\S+ is now called: panorama .*$/gm) ?? [];
  expect(said).toEqual(now === undefined ? [] : [expect.stringMatching(`: panorama ${now}$`)]);
  return done;
}

describe('names of earlier versions, with a settings file of sections', () => {
  const run = (...args: string[]): Promise<CliResult> => cli(args, { cwd: folder });
  const rows = async (sql: string): Promise<unknown> =>
    JSON.parse((await run('query', '--json', sql)).stdout);

  beforeAll(async () => {
    await mkdir(join(folder, 'dumps'));
    await writeFile(join(folder, 'dumps/site.sql'), DUMP);
    await writeFile(
      join(folder, 'panorama_settings.yaml'),
      'datalake: { path: lake }\ndatasources:\n- { type: dump, name: site, location: dumps }\n',
    );
  });

  it.each([
    ['upload-sql-tables', 'extract-and-load', ['--help']],
    ['upload-course-structures', 'extract-and-load', ['--help']],
    ['openedx-upload-all', 'extract-and-load --all', ['--force', '--allow-shrink']],
    ['upload-sql-tables', 'extract-and-load', ['--force', 'true']],
    ['upload-sql-tables', 'extract-and-load', []],
    ['openedx-create-datalake-tables', 'create-datalake-tables --all', []],
    ['create-datalake-views', 'create-table-views', ['--datasource', 'site']],
    ['create-datalake-views', 'create-table-views', ['--all']],
    ['create-datalake-views', 'create-table-views', ['--tables', 'auth_user']],
  ])('%s', async (name, now, args) => {
    await checkWorks(run(name, ...args), args.includes('--help') ? undefined : now);
    if (name.startsWith('openedx-upload'))
      expect(await rows('SELECT count(*)::INTEGER AS n FROM table_auth_user')).toEqual([{ n: 3 }]);
  });

  it.each([
    ['upload-course-structures', 'openedx_course_structures'],
    ['create-course-structures-datalake-table', 'openedx_course_structures'],
  ])('%s without such a source is wrong usage', async (name, type) => {
    const done = await run(name);
    expect(done.stderr).toContain(`The settings have no data source of type ${type}.`);
    expect(done.code).toBe(2);
  });

  it('a local lake keeps no view under a name of choice, and says what to do', async () => {
    const done = await run('create-table-view', '--table-name', 'auth_user', '--view-name', 'people');
    expect(done.stderr).toContain('datalake_table_view: people [unsupported]');
    expect(done.code).toBe(2);
    expect((await run('create-table-view', '-t', 'auth_user')).code).toBe(2);
  });

  it('commands that never went without options still do not', async () => {
    for (const name of ['create-datalake-tables', 'set-tables', 'set-tables-fields', 'create-datalake-views'])
      expect((await run(name)).stderr, name).toContain('nothing-selected');
  });

  it('no older name is in the help, all are in the page of commands', async () => {
    const help = (await run('--help')).stdout;
    const page = await readFile(join(import.meta.dirname, '../../docs/reference/commands.md'), 'utf8');
    for (const name of OLDER) {
      expect(help).not.toContain(`  ${name} `);
      expect(page).toContain(`| \`${name}\` |`);
      expect((await run(name, '--help')).stdout).toContain(`The older name of `);
    }
  });
});

const OLDER = [
  'upload-sql-tables',
  'upload-course-structures',
  'openedx-upload-all',
  'create-course-structures-datalake-table',
  'openedx-create-datalake-tables',
  'create-table-view',
  'create-datalake-views',
  'update-settings',
];

describe.runIf(mariadbAvailable() && mongodbAvailable() && awsSiteAvailable())(
  'the first generation, by its README: a flat file, its commands, AWS',
  () => {
    const home = join(folder, 'flat');
    let server: MariadbServer;
    let mongodb: MongodbServer;
    let site: AwsSite;

    beforeAll(async () => {
      await mkdir(home);
      [server, mongodb, site] = await Promise.all([
        startMariadb(),
        startMongodb(),
        startAwsSite({ bucket: 'raw', database: 'panorama', workgroup: 'panorama' }),
      ]);
      await server.exec(`
        CREATE DATABASE edxapp; USE edxapp;
        CREATE TABLE auth_user (id INT PRIMARY KEY, username TEXT); INSERT INTO auth_user VALUES (1, 'ada'), (2, 'grace');
        CREATE TABLE courseware_studentmodule (id INT PRIMARY KEY, course_id VARCHAR(50), modified DATETIME(6));
        INSERT INTO courseware_studentmodule VALUES (1, 'a', NOW(6)), (2, 'b', '2020-01-01');
      `);
      await writeGoldenModulestore(mongodb.db());
      await writeFile(
        join(home, 'site.yaml'),
        `panorama_raw_data_bucket: raw
base_prefix: openedx
mysql_host: 127.0.0.1
mysql_username: ${server.user}
mysql_password: '${server.password}'
mysql_database: edxapp
mysql_port: ${server.port}
mongodb_host: 127.0.0.1:${mongodb.port}
mongodb_username: ${mongodb.user}
mongodb_password: ${mongodb.password}
mongodb_database: edxapp
datalake_database: panorama
datalake_workgroup: panorama
base_partitions:
- key: lms
  value: lms.example.com
`,
      );
    });
    afterAll(() => Promise.all([server?.stop(), mongodb?.stop(), site?.stop()]));

    const run = (...args: string[]): Promise<CliResult> =>
      cli(args, { cwd: home, env: { ...site.env, PANORAMA_SETTINGS_FILE: 'site.yaml' } });

    it('lists tables and fields', async () => {
      await checkWorks(run('set-tables', '-t', 'auth_user,courseware_studentmodule', '--yes'));
      await checkWorks(run('set-tables-fields', '--yes'));
      const file = join(home, 'site.yaml');
      const text = await readFile(file, 'utf8');
      expect(text).toContain('- name: auth_user\n  fields:\n  - id\n  - username\n');
      await writeFile(
        file,
        text
          .replace('- name: auth_user\n', '- name: auth_user\n  datalake_table_name: auth_user_raw\n')
          .replace(
            '- name: courseware_studentmodule\n',
            '- name: courseware_studentmodule\n  partitions: { interval: 2 hour, partition_fields: [course_id], timestamp_field: modified }\n',
          ),
      );
    });

    it('creates tables without an option, under the plain names of its generation', async () => {
      await checkWorks(run('create-datalake-tables'));
      expect(await site.tables()).toEqual(['auth_user_raw', 'courseware_studentmodule']);
      await checkWorks(run('create-course-structures-datalake-table'), 'create-datalake-tables');
      const tables = ['auth_user_raw', 'course_structures_raw', 'courseware_studentmodule'];
      expect(await site.tables()).toEqual(tables);
      await checkWorks(run('openedx-create-datalake-tables'), 'create-datalake-tables --all');
      expect(await site.tables()).toEqual(tables);
    });

    it('uploads the course structures alone, with the columns of its generation', async () => {
      await checkWorks(run('upload-course-structures'), 'extract-and-load');
      const name = 'openedx/course_structures/lms=lms.example.com/course_structures.csv';
      expect(await site.objects('openedx/')).toEqual([name]);
      const { Body } = await site.sdk.getObject({ Bucket: 'raw', Key: name });
      const [header] = (await Body!.transformToString()).split('\r\n');
      expect(header).toMatch(/^module_location,course_id,[a-z_,]*,library,component$/);
      expect(header!.split(',')).toHaveLength(15);
      const names = { DatabaseName: 'panorama', TableName: 'course_structures_raw' };
      const { Partitions = [] } = await site.aws.glue.getPartitions(names);
      expect(Partitions.map(({ Values }) => Values)).toEqual([['lms.example.com']]);
    });

    it('uploads, and makes a view under a name of choice', async () => {
      await checkWorks(run('openedx-upload-all', '--force'), 'extract-and-load --all');
      const table = 'openedx/courseware_studentmodule/lms=lms.example.com';
      expect((await site.objects('openedx/')).sort()).toEqual([
        'openedx/auth_user/lms=lms.example.com/auth_user.csv',
        'openedx/course_structures/lms=lms.example.com/course_structures.csv',
        `${table}/course_id=a/courseware_studentmodule.csv`,
        `${table}/course_id=b/courseware_studentmodule.csv`,
      ]);
      site.newViews();
      const view = ['create-table-view', '-t', 'auth_user_raw', '-v', 'people'];
      const made = await checkWorks(run(...view), 'create-table-views --tables NAME');
      expect(made.stdout).toBe('auth_user: view made (auth_user_raw, people)\n');
      expect(site.newViews()).toEqual(['people']);
      expect(await site.tables()).toContain('people');
      await checkWorks(run(...view), 'create-table-views --tables NAME');
      expect((await run('create-table-view', '-t', 'nope', '-v', 'x')).stderr).toContain('table-not-in-lake');
      const foreign = await run('create-table-view', '-t', 'auth_user', '-v', 'courseware_studentmodule');
      expect(foreign.stdout).toContain('catalog-foreign');
    });

    it('means the same after settings upgrade', async () => {
      await checkWorks(run('settings', 'upgrade', '--yes'));
      expect(await readFile(join(home, 'site.yaml'), 'utf8')).toMatch(/^datalake:\n/);
      const before = await site.tables();
      await checkWorks(run('extract-and-load', '--all'));
      expect(await site.tables()).toEqual(before);
    });
  },
);
