import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeSample } from '../../examples/sample.ts';
import { type AwsSite, awsSiteAvailable, startAwsSite } from '../servers/aws-site.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
}

/** The policy of the how-to page. */
async function policy(): Promise<readonly Statement[]> {
  const page = await readFile(join(import.meta.dirname, '../../docs/how-to/s3-and-athena.md'), 'utf8');
  const json = /```json\n([^]*?)```/.exec(page)![1]!;
  return (JSON.parse(json) as { Statement: Statement[] }).Statement;
}

/** A site's whole life in AWS, by one who has no other rights in S3 than those of the policy. */
describe.runIf(awsSiteAvailable())('a lake in AWS, with the rights of the how-to page', () => {
  const folder = tempDir();
  let site: AwsSite;
  let env: Readonly<Record<string, string>>;
  let rights: readonly string[];

  beforeAll(async () => {
    const own = (await policy()).filter(({ Sid }) => !Sid.endsWith('DoneByAthenaForTheCaller'));
    rights = own.flatMap(({ Action }) => Action);
    site = await startAwsSite({ bucket: 'lake', database: 'openedx', workgroup: 'panorama' });
    env = await site.makeUser(rights.filter((right) => right.startsWith('s3:')));
    await writeSample({ out: join(folder, 'sample'), learners: 20 });
    await settings('csv');
  });
  afterAll(() => site?.stop());

  async function settings(format: string, tables = ''): Promise<void> {
    const text = `datalake:
  type: aws
  panorama_raw_data_bucket: lake
  base_prefix: openedx
  aws_region: us-east-1
  datalake_database: openedx
  datalake_workgroup: panorama
  format: ${format}
  layout: hive
datasources:
  - type: dump
    name: backup
    location: sample/mysql
${tables}`;
    await writeFile(join(folder, 'panorama_settings.yaml'), text);
  }

  const run = (...args: string[]): Promise<CliResult> => cli(args, { cwd: folder, env });

  /** Runs and expects that it works. */
  async function works(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...args);
    expect([code, code === 0 ? '' : stderr + stdout]).toEqual([0, '']);
    return stdout;
  }

  const MODELS = [
    'openedx_view_student_courseaccessrole',
    'openedx_view_enrollments',
    'openedx_view_student_manualenrollmentaudit',
  ];

  it('all can be tried', async () => {
    expect(await works('test-connections')).not.toContain('FAILED');
  });

  it('the first load makes tables, views and, after them, models', async () => {
    await works('extract-and-load', '--all');
    const made = site.newViews();
    expect(made.slice(-3)).toEqual(MODELS);
    const catalog = await site.tables();
    expect(catalog).toContain('openedx_raw_courseware_studentmodule');
    for (const view of made) expect(catalog).toContain(view);
    expect(catalog).toHaveLength(made.length * 2 - 3);
  });

  it('the tables and models can be listed', async () => {
    const stdout = await works('tables');
    expect(stdout).toMatch(/^auth_user +\d+ .* openedx_table_auth_user$/m);
    expect(stdout).toContain(`\n\nViews over several tables: ${MODELS.join(', ')}\n`);
  });

  it('the next one makes none', async () => {
    await works('extract-and-load', '--all');
    expect(site.newViews()).toEqual([]);
  });

  it('the command makes the models again', async () => {
    const stdout = await works('create-table-views', '--all');
    for (const model of MODELS) expect(stdout).toContain(`${model}: view made\n`);
    expect(site.newViews()).toEqual(MODELS);
  });

  it('tables, views and models change with the format', async () => {
    await settings('parquet');
    await works('convert-tables', '--tables', 'auth_user,courseware_studentmodule,student_courseaccessrole');
    const made = site.newViews();
    expect(made.filter((name) => name === 'openedx_table_auth_user')).toHaveLength(2);
    expect(made.slice(-2)).toEqual([MODELS[0], MODELS[1]]);
    const again = await run('extract-and-load', '--tables', 'auth_user,auth_userprofile');
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('guard-format') as string]);
  });

  it('a column that goes changes table, partitions, view and models', async () => {
    site.aws.newActions();
    const fields = ['org', 'course_id', 'role', 'user_id'].map((name) => `{ name: ${name} }`);
    await settings(
      'parquet',
      `    tables:\n      - name: student_courseaccessrole\n        fields: [${fields.join(', ')}]\n`,
    );
    await works('extract-and-load', '--all', '--allow-schema-change');
    expect(site.aws.newActions()).toContain('glue:UpdateTable');
    await settings(
      'parquet',
      '    tables:\n      - name: courseware_studentmodule\n        partitions: { partition_fields: [course_id] }\n        fields: [{ name: id }, { name: course_id }, { name: student_id }, { name: grade }]\n',
    );
    await works('extract-and-load', '--all', '--allow-schema-change');
    expect(site.aws.newActions()).toEqual(expect.arrayContaining(['glue:BatchUpdatePartition']));
    await settings('parquet');
  });

  it('the dates that became NULL are a table of the catalog, a partition for each table that has some', async () => {
    const name = 'openedx_raw_panorama_rejected_values';
    const table = (days: readonly string[]): string =>
      `CREATE TABLE visits (id int NOT NULL, day date, PRIMARY KEY (id));\nINSERT INTO visits VALUES ${days.map((day, i) => `(${i},'${day}')`).join(',')};\n-- Dump completed on 2026-01-01  0:00:00\n`;
    const load = async (days: readonly string[]): Promise<(string[] | undefined)[]> => {
      await writeFile(join(folder, 'visits.sql'), table(days));
      await works('extract-and-load', '--tables', 'visits');
      const { Partitions = [] } = await site.aws.glue.getPartitions({
        DatabaseName: 'openedx',
        TableName: name,
      });
      return Partitions.map(({ Values }) => Values);
    };
    const file = join(folder, 'panorama_settings.yaml');
    const before = await readFile(file, 'utf8');
    await writeFile(file, before.replace('location: sample/mysql', 'location: visits.sql'));
    expect(await load(['0000-00-00', '2024-01-01'])).toEqual([['visits']]);
    expect(await site.tables()).toEqual(
      expect.arrayContaining([name, 'openedx_table_panorama_rejected_values']),
    );
    expect(await load(['2024-01-02', '2024-01-01'])).toEqual([]);
    expect(
      await works('drop-datalake-tables', '--tables', 'panorama_rejected_values,visits', '--yes'),
    ).toContain('panorama_rejected_values: dropped');
    expect(await site.tables()).not.toContain(name);
    await writeFile(file, before);
    site.newViews();
  });

  it('partitions that are gone leave the catalog', async () => {
    const name = 'openedx_raw_courseware_studentmodule';
    await site.aws.glue.createPartition({
      DatabaseName: 'openedx',
      TableName: name,
      PartitionInput: {
        Values: ['gone'],
        StorageDescriptor: { Location: 's3://lake/openedx/courseware_studentmodule/course_id=gone/' },
      },
    });
    site.aws.newActions();
    await works('extract-and-load', '--tables', 'courseware_studentmodule', '--allow-schema-change');
    expect(site.aws.newActions()).toContain('glue:BatchDeletePartition');
  });

  it('an answer about new partitions that is lost is asked for again', async () => {
    await works('drop-datalake-tables', '--tables', 'courseware_studentmodule', '--yes');
    let lost = 0;
    site.aws.setRule(({ action }) =>
      action === 'BatchCreatePartition' && lost++ === 0 ? { lost: true } : undefined,
    );
    await works('create-datalake-tables', '--tables', 'courseware_studentmodule');
    site.aws.setRule(undefined);
    expect(site.aws.newActions()).toContain('glue:BatchGetPartition');
  });

  it('queries are run, and stopped', async () => {
    await site.aws.setResult([{ Name: 'n', Type: 'bigint' }], [['20']]);
    expect(await works('query', '--csv', 'SELECT count(*) AS n FROM openedx_table_auth_user')).toBe(
      'n\r\n20\r\n',
    );
    site.aws.newActions();
    site.aws.setRule(({ action }) =>
      action === 'GetQueryExecution'
        ? { change: () => ({ QueryExecution: { Status: { State: 'RUNNING' } } }) }
        : undefined,
    );
    let child: { kill(signal: 'SIGINT'): boolean } | undefined;
    const stopped = cli(['query', 'SELECT 1'], { cwd: folder, env, started: (process) => (child = process) });
    await expect.poll(() => site.aws.newActions(), { timeout: 20_000 }).toContain('athena:GetQueryExecution');
    child!.kill('SIGINT');
    expect((await stopped).code).toBe(130);
    site.aws.setRule(undefined);
    expect(site.aws.newActions()).toContain('athena:StopQueryExecution');
  });

  it('a dropped table takes the models along that read it', async () => {
    site.newViews();
    const stdout = await works('drop-datalake-tables', '--tables', 'student_courseaccessrole', '--yes');
    expect(stdout).toContain(
      'student_courseaccessrole: dropped (openedx_raw_student_courseaccessrole, openedx_table_student_courseaccessrole); with openedx_view_enrollments, openedx_view_student_courseaccessrole; 1 file stays in s3://lake/openedx/student_courseaccessrole\n',
    );
    const left = await site.tables();
    expect(left.filter((name) => name.startsWith('openedx_view'))).toEqual([MODELS[2]]);
    const views = await works('create-table-views', '--all');
    expect(views).toContain(
      'openedx_view_enrollments: not made, for the lake has no student_courseaccessrole\n',
    );
  });

  it('every call was in the policy, and every right of the policy was used (D46)', async () => {
    const called = new Set(site.aws.calls.map(({ service, action }) => `${service}:${action}`));
    expect([...called].sort()).toEqual(rights.filter((right) => !right.startsWith('s3:')).sort());
  });
});
