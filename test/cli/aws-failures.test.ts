import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AWKWARD_TEXTS } from '../../src/contracts/engine-values.ts';
import { type AwsSite, awsSiteAvailable, startAwsSite } from '../servers/aws-site.ts';
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';

const literal = (value: string): string => `'${value.replaceAll(/['\\]/g, '\\$&')}'`;

const DUMP = `SET NAMES utf8mb4;
CREATE TABLE \`order\` (\`a"b\` int NOT NULL, \`a\`\`b\` varchar(9), \`SELECT\` text, \`k\` varchar(250) CHARACTER SET utf8mb4);
INSERT INTO \`order\` VALUES ${AWKWARD_TEXTS.map((value, i) => `(${i},'x','y',${literal(value)})`).join(',')},(99,'x','y',NULL);
CREATE TABLE \`plain\` (\`id\` int NOT NULL, \`name\` varchar(20));
INSERT INTO \`plain\` VALUES (1,'a'),(2,'b');
-- Dump completed on 2026-01-01  0:00:00
`;

describe.runIf(awsSiteAvailable())('what can go wrong with a lake in AWS', () => {
  const folder = tempDir();
  let site: AwsSite;
  let proxy: FaultProxy;

  beforeAll(async () => {
    await writeFile(join(folder, 'site.sql'), DUMP);
    site = await startAwsSite({ bucket: 'lake', database: 'shop', workgroup: 'panorama' });
    proxy = await startFaultProxy(site.s3.endpoint);
  });
  afterAll(async () => {
    await proxy?.stop();
    await site?.stop();
  });
  // Each test has tables and objects of its own.
  let made = 0;
  let prefix: string;
  beforeEach(async () => {
    prefix = `shop${++made}`;
    site.aws.setRule(undefined);
    proxy.rule = undefined;
    await settings();
  });

  interface Change {
    readonly region?: string;
    readonly format?: string;
    readonly bucket?: string;
    readonly database?: string;
  }

  async function settings(change: Change = {}): Promise<void> {
    const { region = 'us-east-1', format = 'parquet', bucket = 'lake', database = 'shop' } = change;
    await writeFile(
      join(folder, 'panorama_settings.yaml'),
      `datalake:
  type: aws
  panorama_raw_data_bucket: ${bucket}
  base_prefix: ${prefix}
  aws_region: ${region}
  datalake_database: ${database}
  datalake_workgroup: panorama
  format: ${format}
  layout: hive
datasources:
  - type: dump
    name: backup
    location: site.sql
    tables:
      - name: plain
      - name: order
        partitions: { partition_fields: [k] }
`,
    );
  }

  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
    cli(args, { cwd: folder, env: { ...site.env, AWS_MAX_ATTEMPTS: '3', ...env } });
  const load = (env?: Readonly<Record<string, string>>): Promise<CliResult> =>
    run(['extract-and-load', '--all'], env);

  /** Tables and views of this test, without the prefix. */
  async function tables(): Promise<string[]> {
    const all = await site.tables();
    return all.flatMap((name) => (name.startsWith(`${prefix}_`) ? [name.slice(prefix.length + 1)] : []));
  }

  /** The next load needs no help: then all is there, once. */
  async function heals(): Promise<void> {
    site.aws.setRule(undefined);
    proxy.rule = undefined;
    const { code, stderr } = await load();
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(await tables()).toEqual(['raw_order', 'raw_plain', 'table_order', 'table_plain']);
    const { Uploads = [] } = await site.sdk.listMultipartUploads({ Bucket: 'lake' });
    expect(Uploads).toEqual([]);
  }

  it.each(['parquet', 'csv'])(
    '%s: odd names of tables and columns, and every odd partition value, arrive',
    async (format) => {
      await settings({ format });
      await heals();
      const { Partitions = [] } = await site.aws.glue.getPartitions({
        DatabaseName: 'shop',
        TableName: `${prefix}_raw_order`,
      });
      const values = Partitions.map(({ Values }) => Values![0]);
      expect(values.sort()).toEqual([...AWKWARD_TEXTS, '__HIVE_DEFAULT_PARTITION__'].sort());
      // Each partition's place is the folder of a file that is there.
      const places = Partitions.map(
        ({ StorageDescriptor }) => `${StorageDescriptor!.Location!}order.${format}`,
      );
      const objects = (await site.objects(`${prefix}/order/`)).map((name) => `s3://lake/${name}`);
      expect(places.sort()).toEqual(objects.sort());
      const { Table } = await site.aws.glue.getTable({ DatabaseName: 'shop', Name: `${prefix}_raw_order` });
      expect(Table!.StorageDescriptor!.Columns!.map(({ Name }) => Name)).toEqual(['a"b', 'a`b', 'select']);
      const statements = site.aws.calls.flatMap(({ request }) => String(request['QueryString'] ?? ''));
      expect(statements.find((sql) => sql.includes(`"${prefix}_table_order"`))).toContain('"a""b"');
    },
  );

  it('columns of a CSV table that move are never read at their old places', async () => {
    await settings({ format: 'csv' });
    await heals();
    const text = await readFile(join(folder, 'panorama_settings.yaml'), 'utf8');
    const moved = '- name: plain\n        fields: [{ name: name }, { name: id }]\n';
    await writeFile(join(folder, 'panorama_settings.yaml'), text.replace('- name: plain\n', moved));
    const order: string[] = [];
    proxy.rule = ({ method, path }) => {
      if (method === 'POST' && /plain\.csv\?uploadId/.test(path)) order.push('file');
      return undefined;
    };
    site.aws.setRule(({ action, request }) => {
      if (JSON.stringify(request).includes(`${prefix}_raw_plain`) && /^(?:Delete|Create)Table$/.test(action))
        order.push(action);
      return undefined;
    });
    expect((await load({ AWS_ENDPOINT_URL_S3: proxy.endpoint })).code).toBe(0);
    expect(order).toEqual(['DeleteTable', 'file', 'CreateTable']);
    await writeFile(join(folder, 'panorama_settings.yaml'), text.replace('- name: plain\n', moved));
    expect((await load()).code).toBe(0);
    expect(order).toHaveLength(3);
  });

  it('a user who may not write changes nothing, and is told the right that is missing', async () => {
    const env = await site.makeUser(['s3:ListBucket', 's3:GetObject', 's3:ListBucketMultipartUploads']);
    const { code, stderr } = await load(env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('lake-access-denied') as string]);
    expect([await site.objects(prefix), await tables()]).toEqual([[], []]);
    await heals();
  });

  it('a bucket in another region is told with its region', async () => {
    await settings({ region: 'eu-west-1' });
    const { code, stderr } = await load();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/us-east-1.*lake-unreachable/s) as string]);
    const checked = await run(['test-connections']);
    expect([checked.code, checked.stdout]).toEqual([
      1,
      expect.stringMatching(
        /datalake \(aws\): FAILED, find the bucket lake .*us-east-1, not in eu-west-1/,
      ) as string,
    ]);
    await settings();
    await heals();
  });

  it('a bucket that is not there is told', async () => {
    await settings({ bucket: 'nowhere' });
    const { code, stderr } = await load();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/lock.json: the bucket does not exist.*\[lake-unreadable\]/s) as string,
    ]);
  });

  it('a key that expires in the middle of a run stops it; what was not complete is not there', async () => {
    const body = '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>';
    let uploads = 0;
    proxy.rule = ({ method }) =>
      method === 'PUT' && uploads++ >= 8
        ? { kind: 'answer', status: 400, type: 'application/xml', body }
        : undefined;
    const { code, stderr } = await load({ AWS_ENDPOINT_URL_S3: proxy.endpoint });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/expired.*\[lake-access-denied\]/s);
    expect(stderr).not.toContain(site.s3.secretKey);
    await heals();
  });

  it('keys that expire between the files and the catalog fail the tables, and the next run registers them', async () => {
    site.aws.setRule(({ service }) =>
      service === 'glue'
        ? { error: 'ExpiredTokenException', message: 'The security token included in the request is expired' }
        : undefined,
    );
    const { code, stderr } = await load();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /plain: Could not read the table shop\d+_raw_plain from Glue: The security token .* expired.*\[catalog-denied\]/s,
    );
    expect(await tables()).toEqual([]);
    await heals();
  });

  it('throttled Glue and Athena slow a run down and change nothing else', async () => {
    let calls = 0;
    site.aws.setRule(({ service }) => {
      if (calls++ % 3 !== 0) return undefined;
      return service === 'glue'
        ? { error: 'ThrottlingException', message: 'Rate exceeded' }
        : { error: 'TooManyRequestsException' };
    });
    const { code } = await load();
    expect(code).toBe(0);
    await heals();
  });

  it('Glue that is throttled for ever fails the table with the reason', async () => {
    site.aws.setRule(({ action, request }) =>
      action === 'BatchCreatePartition' && request['TableName'] === `${prefix}_raw_order`
        ? { error: 'ThrottlingException', message: 'Rate exceeded' }
        : undefined,
    );
    const { code, stderr } = await load();
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /order: Could not add partitions to shop\d+_raw_order in Glue: Rate exceeded \(ThrottlingException\).*\[catalog-failed\]/s,
    );
    expect(stderr).toMatch(/plain +2 rows/);
    await heals();
  });

  it('a view that Athena refuses fails its table with the reason, once (D39)', async () => {
    const refused = new Set<string>();
    site.aws.setRule(({ action, request }) => {
      if (action !== 'GetQueryExecution') return undefined;
      refused.add(String(request['QueryExecutionId']));
      const reason = 'FAILED: NotImplementedException: cannot make this view';
      return {
        change: () => ({ QueryExecution: { Status: { State: 'FAILED', StateChangeReason: reason } } }),
      };
    });
    const { code, stderr } = await load();
    expect([code, refused.size]).toEqual([1, 2]);
    expect(stderr).toMatch(
      /plain: Could not make the view shop\d+_table_plain in Athena: FAILED: NotImplementedException: cannot make this view/,
    );
    await heals();
  });

  it('somebody else’s table of the name fails its table alone, and stays', async () => {
    const theirs = {
      Name: `${prefix}_raw_plain`,
      TableType: 'EXTERNAL_TABLE',
      StorageDescriptor: { Location: 's3://theirs/plain/', Columns: [] },
      PartitionKeys: [],
    };
    await site.aws.glue.createTable({ DatabaseName: 'shop', TableInput: theirs });
    const { code, stderr } = await load();
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(
        /plain: The catalog has another table shop\d+_raw_plain: its files are at s3:\/\/theirs\/plain\/.*\[catalog-foreign\]/s,
      ) as string,
    ]);
    const { Table } = await site.aws.glue.getTable({ DatabaseName: 'shop', Name: `${prefix}_raw_plain` });
    expect(Table!.StorageDescriptor!.Location).toBe('s3://theirs/plain/');
  });

  it('a database that is not there is told', async () => {
    await settings({ database: 'nowhere' });
    const { code, stderr } = await load();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/nowhere.*\[catalog-failed\]/s) as string]);
  });
});
