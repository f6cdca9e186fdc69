import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Table } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CliResult } from '../cli/cli.ts';
import { awsSiteAvailable } from '../servers/aws-site.ts';
import { mariadbAvailable } from '../servers/mariadb.ts';
import { mongodbAvailable } from '../servers/mongodb.ts';
import { tempDir } from '../temp-dir.ts';
import {
  type GoldenServers,
  type GoldenSite,
  startGoldenMariadb,
  startGoldenMongodb,
  startGoldenSite,
} from './site.ts';

const LMS = 'lms.example.com:8000/ü';
const PLACE = 's3://lake/openedx';

const available = mariadbAvailable() && mongodbAvailable() && awsSiteAvailable();

describe.runIf(available)('the catalog of the golden lake', () => {
  const folder = tempDir();
  let servers: Required<GoldenServers>;
  let site: GoldenSite;

  beforeAll(async () => {
    servers = { mariadb: await startGoldenMariadb(), mongodb: await startGoldenMongodb() };
    site = await startGoldenSite(folder, servers);
  });
  afterAll(async () => {
    await site?.stop();
    await servers?.mariadb.stop();
    await servers?.mongodb.stop();
  });

  const run = (...args: string[]): Promise<CliResult> => site.run(...args);

  async function table(Name: string): Promise<Table> {
    return (await site.aws.glue.getTable({ DatabaseName: 'panorama', Name })).Table!;
  }

  it('tables can be registered before they are loaded', async () => {
    const { code, stdout } = await run('create-datalake-tables', '--datasource', 'openedx_mysql');
    expect(code).toBe(0);
    expect(stdout).toContain('auth_user: created (openedx_raw_auth_user, openedx_table_auth_user)');
    expect(stdout).toContain('grades_persistentcoursegrade: created (grades_raw, grades)');
    expect(await site.tables()).toEqual([
      'grades_raw',
      'openedx_raw_auth_user',
      'openedx_raw_courseware_studentmodule',
      'openedx_raw_student_courseenrollment',
      'openedx_raw_types',
    ]);
    expect(site.newViews()).toEqual([]);
  });

  it('a load registers partitions under the recorded paths, and makes the views', async () => {
    const { code, stderr } = await run('extract-and-load', '--datasource', 'openedx_mysql');
    expect(code).toBe(0);
    expect(stderr.match(/the settings file holds a key of AWS/g)).toHaveLength(1);
    const module = await table('openedx_raw_courseware_studentmodule');
    expect(module).toMatchObject({
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [
        { Name: 'lms', Type: 'string' },
        { Name: 'course_id', Type: 'string' },
      ],
      StorageDescriptor: {
        Location: `${PLACE}/courseware_studentmodule/`,
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' },
      },
    });
    const columns = module.StorageDescriptor!.Columns!.map(({ Name, Type }) => [Name, Type]);
    expect(columns).toEqual(
      ['id', 'module_type', 'module_id', 'student_id', 'state', 'grade', 'max_grade', 'done', 'created', 'modified'].map(
        (name) => [name, 'string'],
      ),
    );
    const { Partitions = [] } = await site.aws.glue.getPartitions({
      DatabaseName: 'panorama',
      TableName: 'openedx_raw_courseware_studentmodule',
    });
    const objects = await site.objects('openedx/courseware_studentmodule/');
    const folders = objects.map((name) => `s3://lake/${name.replace(/[^/]+$/, '')}`);
    expect(Partitions.map(({ StorageDescriptor }) => StorageDescriptor!.Location!).sort()).toEqual(folders.sort());
    for (const { Values } of Partitions) expect(Values![0]).toBe(LMS);
    const made = site.newViews();
    expect(made.filter((name) => /^openedx_table_\w+$|^grades$/.test(name))).toHaveLength(5);
    // The recorded settings load not all that the models need.
    expect(made).toHaveLength(5);
  });

  it('D22: partitions belong to the table of the name in the settings', async () => {
    const TableName = 'grades_raw';
    const { Partitions = [] } = await site.aws.glue.getPartitions({ DatabaseName: 'panorama', TableName });
    expect(Partitions.map(({ Values, StorageDescriptor }) => [Values, StorageDescriptor?.Location])).toEqual([
      [[LMS], `${PLACE}/grades_persistentcoursegrade/lms=lms.example.com%3A8000/%C3%BC/`],
    ]);
  });

  it('a second load sends no change to the catalog', async () => {
    site.aws.newActions();
    expect((await run('extract-and-load', '--datasource', 'openedx_mysql')).code).toBe(0);
    expect([...new Set(site.aws.newActions())].sort()).toEqual(['glue:GetPartitions', 'glue:GetTable']);
  });

  it('the commands for views and for tables find all as it should be', async () => {
    const views = await run('create-table-views', '--datasource', 'openedx_mysql');
    expect([views.code, views.stdout.match(/: view made/g)]).toEqual([0, Array(5).fill(': view made')]);
    const again = await run('create-datalake-tables', '--datasource', 'openedx_mysql');
    expect([again.code, again.stdout.match(/: already there/g)]).toEqual([0, Array(5).fill(': already there')]);
    expect(site.newViews()).toEqual([]);
  });

  it('every check of the lake is right, and leaves nothing', async () => {
    const before = await site.tables();
    const { stdout } = await run('test-connections');
    const lake = stdout.split('\n').filter((line) => line.startsWith('datalake'));
    expect(lake.filter((line) => !line.startsWith('datalake (aws): OK, '))).toEqual([]);
    expect(lake).toHaveLength(16);
    expect(await site.tables()).toEqual(before);
    expect(await site.objects('_panorama/check')).toEqual([]);
  });

  it('a query is run by Athena', async () => {
    await site.aws.setResult([{ Name: 'n', Type: 'bigint' }], [['9007199254740993']]);
    const { stdout, code } = await run('--json', 'query', 'SELECT count(*) AS n FROM openedx_table_auth_user');
    expect([code, JSON.parse(stdout)]).toEqual([0, [{ n: '9007199254740993' }]]);
  });

  it('dropped tables leave the catalog with their views; their files stay', async () => {
    const { code, stdout } = await run('drop-datalake-tables', '--tables', 'courseware_studentmodule', '--yes');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^courseware_studentmodule: dropped \(openedx_raw_courseware_studentmodule, openedx_table_courseware_studentmodule\); \d+ files stay in s3:\/\/lake\/openedx\/courseware_studentmodule\n$/,
    );
    const left = await site.tables();
    expect(left.filter((name) => name.includes('studentmodule'))).toEqual([]);
    expect(left).toHaveLength(8);
  });

  it('switching the format takes the table away, brings it back with its types, and removes the old files', async () => {
    const text = await readFile(join(folder, 'settings.yaml'), 'utf8');
    await writeFile(join(folder, 'settings.yaml'), text.replace('  type: aws\n', '  type: aws\n  format: parquet\n  layout: hive\n'));
    const refused = await run('extract-and-load', '--tables', 'auth_user');
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('guard-format')]);
    expect((await run('convert-tables', '--tables', 'auth_user')).code).toBe(0);
    const users = await table('openedx_raw_auth_user');
    expect(users.StorageDescriptor).toMatchObject({
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
    });
    expect(users.StorageDescriptor!.Columns!.find(({ Name }) => Name === 'last_login')?.Type).toBe('timestamp');
    expect(await site.objects('openedx/auth_user/')).toEqual([
      'openedx/auth_user/lms=lms.example.com%3A8000%2Fü/auth_user.parquet',
    ]);
  });
});
