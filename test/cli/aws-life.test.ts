import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeSample } from '../../examples/sample.ts';
import { type AwsServer, awsAvailable, startAws } from '../servers/aws.ts';
import { s3Available, type S3Server, startS3 } from '../servers/s3.ts';
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
describe.runIf(s3Available() && awsAvailable())('a lake in AWS, with the rights of the how-to page', () => {
  const folder = tempDir();
  let s3: S3Server;
  let aws: AwsServer;
  let env: Record<string, string>;
  let rights: readonly string[];

  const own = (statements: readonly Statement[]): string[] =>
    statements.filter(({ Sid }) => !Sid.endsWith('DoneByAthenaForTheCaller')).flatMap(({ Action }) => Action);

  beforeAll(async () => {
    [s3, aws] = await Promise.all([startS3(), startAws()]);
    rights = own(await policy());
    await s3.makeBucket('lake');
    const user = await s3.makeUser(
      'lake',
      rights.filter((right) => right.startsWith('s3:')),
    );
    env = { ...aws.env, ...user.env };
    await aws.glue.createDatabase({ DatabaseInput: { Name: 'openedx' } });
    await aws.makeWorkgroup('panorama', 's3://results/');
    await writeSample({ out: join(folder, 'sample'), learners: 20 });
    await settings('csv');
  });
  afterAll(async () => {
    await Promise.all([s3?.stop(), aws?.stop()]);
  });

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

  async function names(): Promise<string[]> {
    const { TableList = [] } = await aws.glue.getTables({ DatabaseName: 'openedx' });
    return TableList.map(({ Name }) => Name!).sort();
  }

  let told = 0;
  function viewsMade(): string[] {
    const calls = aws.calls.slice(told);
    told = aws.calls.length;
    return calls.flatMap(({ action, request }) =>
      action === 'StartQueryExecution'
        ? (/^(?:CREATE OR REPLACE|DROP) VIEW (?:IF EXISTS )?"([^"]+)"/.exec(
            String(request['QueryString']),
          )?.[1] ?? [])
        : [],
    );
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
    const made = viewsMade();
    expect(made.slice(-3)).toEqual(MODELS);
    const catalog = await names();
    expect(catalog).toContain('openedx_raw_courseware_studentmodule');
    for (const view of made) expect(catalog).toContain(view);
    expect(catalog).toHaveLength(made.length * 2 - 3);
  });

  it('the next one makes none', async () => {
    await works('extract-and-load', '--all');
    expect(viewsMade()).toEqual([]);
  });

  it('the command makes the models again', async () => {
    const stdout = await works('create-table-views', '--all');
    for (const model of MODELS) expect(stdout).toContain(`${model}: view made\n`);
    expect(viewsMade()).toEqual(MODELS);
  });

  it('tables, views and models change with the format', async () => {
    await settings('parquet');
    await works('convert-tables', '--tables', 'auth_user,courseware_studentmodule,student_courseaccessrole');
    const made = viewsMade();
    expect(made.filter((name) => name === 'openedx_table_auth_user')).toHaveLength(2);
    expect(made.slice(-2)).toEqual([MODELS[0], MODELS[1]]);
    const again = await run('extract-and-load', '--tables', 'auth_user,auth_userprofile');
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('guard-format') as string]);
  });

  it('a column that goes changes table, partitions, view and models', async () => {
    aws.newActions();
    const fields = ['org', 'course_id', 'role', 'user_id'].map((name) => `{ name: ${name} }`);
    await settings(
      'parquet',
      `    tables:\n      - name: student_courseaccessrole\n        fields: [${fields.join(', ')}]\n`,
    );
    await works('extract-and-load', '--all', '--allow-schema-change');
    expect(aws.newActions()).toContain('glue:UpdateTable');
    await settings(
      'parquet',
      '    tables:\n      - name: courseware_studentmodule\n        partitions: { partition_fields: [course_id] }\n        fields: [{ name: id }, { name: course_id }, { name: student_id }, { name: grade }]\n',
    );
    await works('extract-and-load', '--all', '--allow-schema-change');
    expect(aws.newActions()).toEqual(expect.arrayContaining(['glue:BatchUpdatePartition']));
    await settings('parquet');
  });

  it('partitions that are gone leave the catalog', async () => {
    const name = 'openedx_raw_courseware_studentmodule';
    await aws.glue.createPartition({
      DatabaseName: 'openedx',
      TableName: name,
      PartitionInput: {
        Values: ['gone'],
        StorageDescriptor: { Location: 's3://lake/openedx/courseware_studentmodule/course_id=gone/' },
      },
    });
    aws.newActions();
    await works('extract-and-load', '--tables', 'courseware_studentmodule', '--allow-schema-change');
    expect(aws.newActions()).toContain('glue:BatchDeletePartition');
  });

  it('an answer about new partitions that is lost is asked for again', async () => {
    await works('drop-datalake-tables', '--tables', 'courseware_studentmodule', '--yes');
    let lost = 0;
    aws.setRule(({ action }) =>
      action === 'BatchCreatePartition' && lost++ === 0 ? { lost: true } : undefined,
    );
    await works('create-datalake-tables', '--tables', 'courseware_studentmodule');
    aws.setRule(undefined);
    expect(aws.newActions()).toContain('glue:BatchGetPartition');
  });

  it('queries are run, and stopped', async () => {
    await aws.setResult([{ Name: 'n', Type: 'bigint' }], [['20']]);
    expect(await works('query', '--csv', 'SELECT count(*) AS n FROM openedx_table_auth_user')).toBe(
      'n\r\n20\r\n',
    );
    aws.newActions();
    aws.setRule(({ action }) =>
      action === 'GetQueryExecution'
        ? { change: () => ({ QueryExecution: { Status: { State: 'RUNNING' } } }) }
        : undefined,
    );
    let child: { kill(signal: 'SIGINT'): boolean } | undefined;
    const stopped = cli(['query', 'SELECT 1'], { cwd: folder, env, started: (process) => (child = process) });
    await expect.poll(() => aws.newActions(), { timeout: 20_000 }).toContain('athena:GetQueryExecution');
    child!.kill('SIGINT');
    expect((await stopped).code).toBe(130);
    aws.setRule(undefined);
    expect(aws.newActions()).toContain('athena:StopQueryExecution');
  });

  it('a dropped table takes the models along that read it', async () => {
    viewsMade();
    const stdout = await works('drop-datalake-tables', '--tables', 'student_courseaccessrole', '--yes');
    expect(stdout).toContain(
      'student_courseaccessrole: dropped (openedx_raw_student_courseaccessrole, openedx_table_student_courseaccessrole); with openedx_view_enrollments, openedx_view_student_courseaccessrole; 1 file stays in s3://lake/openedx/student_courseaccessrole\n',
    );
    const left = await names();
    expect(left.filter((name) => name.startsWith('openedx_view'))).toEqual([MODELS[2]]);
    const views = await works('create-table-views', '--all');
    expect(views).toContain(
      'openedx_view_enrollments: not made, for the lake has no student_courseaccessrole\n',
    );
  });

  it('every call was in the policy, and every right of the policy was used', async () => {
    const called = new Set(aws.calls.map(({ service, action }) => `${service}:${action}`));
    expect([...called].sort()).toEqual(rights.filter((right) => !right.startsWith('s3:')).sort());
  });
});
