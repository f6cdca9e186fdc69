import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { connect, closeConnection, execute } from '../../src/sources/mysql/connection.ts';
import { mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { type MysqlFaultProxy, type Point, startMysqlFaultProxy } from '../servers/mysql-fault-proxy.ts';
import { s3Available, type S3Server, startS3 } from '../servers/s3.ts';
import { LmsDatabase } from '../sources/mysql/both-servers.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult, lakeContents } from './cli.ts';

const ROWS = 1000;
const STATEMENT = /^SELECT `id`.* FROM `lms`.`many`/;

describe.runIf(mariadbAvailable())('runs that are ended', () => {
  let lms: LmsDatabase;
  let proxy: MysqlFaultProxy;
  let s3: S3Server | undefined;
  let folder: string;
  /** A lake that has the tables already. */
  let loaded: string;

  beforeAll(async () => {
    lms = await LmsDatabase.start({ kind: 'MariaDB', start: startMariadb, nopad: '' });
    await lms.server.exec(`USE lms;
      CREATE TABLE many (id INT PRIMARY KEY, body TEXT) SELECT seq AS id, REPEAT('x', 2000) AS body FROM seq_1_to_${ROWS};
      CREATE TABLE before_it (id INT PRIMARY KEY); INSERT INTO before_it VALUES (1);`);
    proxy = await startMysqlFaultProxy(lms.address.port);
    if (s3Available()) s3 = await startS3();
    folder = tempDir();
    expect((await run({})).code).toBe(0);
    loaded = join(folder, 'lake');
  });
  afterAll(async () => {
    await proxy?.stop();
    await s3?.stop();
    await lms?.stop();
  });
  beforeEach(() => {
    folder = tempDir();
  });
  afterEach(() => {
    proxy.strike = undefined;
    proxy.struck = 0;
  });

  /** Runs `extract-and-load` beside `meanwhile`, which may end it. */
  async function run(
    options: { source?: string; lake?: string; args?: readonly string[]; env?: Record<string, string> },
    meanwhile: (child: ChildProcess) => Promise<void> = async () => {},
  ): Promise<CliResult> {
    const file = join(folder, 'settings.yaml');
    await writeFile(
      file,
      `datalake: { ${options.lake ?? `path: ${join(folder, 'lake')}`} }
datasources:
  - { type: mysql, name: lms, mysql_host: 127.0.0.1, mysql_port: ${proxy.port}, mysql_username: ${lms.server.user},
      mysql_password: ${lms.server.password}, mysql_database: lms, jobs: 1, ${options.source ?? ''} }
`,
    );
    let over: Promise<void> = Promise.resolve();
    const done = await cli(['--settings', file, 'extract-and-load', '--all', ...(options.args ?? [])], {
      started: (child) => (over = meanwhile(child)),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    await over;
    return done;
  }

  const until = async (child: ChildProcess, isSo: () => boolean): Promise<void> => {
    while (child.exitCode === null && !isSo()) await wait(5);
  };
  /** What the run tells on standard error, as it comes. */
  const told = (child: ChildProcess): (() => string) => {
    let text = '';
    child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return () => text;
  };
  const stall = (point: Point): void => {
    proxy.strike = { fault: 'stall', point, statement: STATEMENT, rows: ROWS, times: Infinity };
  };
  const staged = (): string[] =>
    readdirSync(join(folder, 'lake/_panorama/staging'), { withFileTypes: true, recursive: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name);
  const expectUntouched = async (before: Record<string, string>): Promise<void> => {
    expect(tables(lakeContents(join(folder, 'lake')))).toEqual(before);
    expect(staged()).toEqual([]);
    // The server has been told as well.
    await expect.poll(() => proxy.open).toBe(0);
  };
  /** The files and states of tables. */
  const tables = (contents: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(contents).filter(
        ([name]) => !name.startsWith('_panorama/') || name.startsWith('_panorama/tables/'),
      ),
    );

  describe.each(['greeting', 'log-in', 'columns', 'middle row', 'end'] as const)(
    'while the server is silent at the %s',
    (point) => {
      it.each([
        ['SIGTERM', 143],
        ['SIGINT', 130],
      ] as const)('%s ends a run with %i', async (signal, code) => {
        await cp(loaded, join(folder, 'lake'), { recursive: true });
        const before = tables(lakeContents(loaded));
        stall(point);
        const done = await run({}, async (child) => {
          await until(child, () => proxy.struck > 0);
          child.kill(signal);
        });
        expect(done.code, done.stderr).toBe(code);
        expect(done.stderr).toContain('interrupted');
        await expectUntouched(before);
      });

      it('--timeout ends a run with 1', async () => {
        await cp(loaded, join(folder, 'lake'), { recursive: true });
        const before = tables(lakeContents(loaded));
        stall(point);
        const done = await run({ args: ['--timeout', '2s', '--json'] });
        expect(done.code, done.stderr).toBe(1);
        expect(JSON.parse(done.stdout)).toMatchObject({ exit: 1, error: { code: 'timeout' } });
        await expectUntouched(before);
      });
    },
  );

  it('a run is well after one that was ended', async () => {
    stall('middle row');
    const ended = await run({}, async (child) => {
      await until(child, () => proxy.struck > 0);
      child.kill('SIGTERM');
    });
    expect(ended.code).toBe(143);
    proxy.strike = undefined;
    const next = await run({});
    expect(next.code, next.stderr).toBe(0);
    expect(staged()).toEqual([]);
  });

  it('outside the hours that are allowed nothing is read, with a code of its own', async () => {
    const text = (minutes: number): string =>
      new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16);
    const done = await run({ source: `mysql_allowed_hours: ${text(120)}-${text(180)} UTC` });
    expect(done.code, done.stderr).toBe(5);
    expect(done.stderr).toMatch(/Source lms may be read from .* to .* \(UTC\); it is /);
    expect(proxy.open).toBe(0);
    const within = await run({ source: `mysql_allowed_hours: ${text(-60)}-${text(60)} UTC` });
    expect(within.code, within.stderr).toBe(0);
  });

  it('a disk that clearly cannot hold the new files ends the run before anything is read', async () => {
    await cp(loaded, join(folder, 'lake'), { recursive: true });
    const state = join(folder, 'lake/_panorama/tables/many.json');
    const text = await readFile(state, 'utf8');
    // As if the table had a petabyte.
    await writeFile(state, text.replace(/"bytes": ?\d+/, '"bytes": 1000000000000000'));
    const before = tables(lakeContents(join(folder, 'lake')));
    const from = proxy.statements.length;
    const done = await run({});
    expect(done.code, done.stderr).toBe(1);
    expect(done.stderr).toMatch(/bytes free; the tables to load have 10\d+ in the lake/);
    expect(proxy.statements.slice(from).filter((sql) => STATEMENT.test(sql))).toEqual([]);
    await expectUntouched(before);
    const asked = await run({ args: ['--allow-shrink'] });
    expect(asked.code, asked.stderr).toBe(0);
  });

  it('SIGTERM ends the pause before a retry', async () => {
    proxy.strike = { fault: 'reset', point: 'first row', statement: STATEMENT, rows: ROWS, times: Infinity };
    const done = await run({ source: 'mysql_retry_pause: 1m' }, async (child) => {
      const text = told(child);
      await until(child, () => text().includes('begun again in'));
      child.kill('SIGTERM');
    });
    expect(done.code, done.stderr).toBe(143);
    await expectUntouched({});
  });

  it('SIGTERM ends the wait for a server that is busy', async () => {
    const busy = await connect('busy', lms.address);
    const sleeping = execute(busy, 'busy', 'DO SLEEP(600)').catch(() => {});
    const done = await run({ source: 'mysql_max_threads_running: 1' }, async (child) => {
      const text = told(child);
      await until(child, () => text().includes('reading waits'));
      child.kill('SIGTERM');
    });
    await lms.run(`KILL ${busy.threadId}`);
    await sleeping;
    await closeConnection(busy);
    expect(done.code, done.stderr).toBe(143);
    expect(done.stderr).toMatch(/lms: \d+ threads are running, more than 1: reading waits/);
    await expectUntouched({});
  });

  it.runIf(s3Available())('SIGTERM ends a run into S3, which keeps nothing of it', async () => {
    const client = s3!.client();
    const bucket = await s3!.makeBucket();
    const lake = `panorama_raw_data_bucket: ${bucket}, aws_endpoint: '${s3!.endpoint}', aws_region: ${s3!.region}, format: csv`;
    stall('middle row');
    const done = await run({ lake, env: s3!.env }, async (child) => {
      await until(child, () => proxy.struck > 0);
      child.kill('SIGTERM');
    });
    expect(done.code, done.stderr).toBe(143);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key).filter((key) => key!.includes('many'))).toEqual([]);
    await expect.poll(() => proxy.open).toBe(0);
    client.destroy();
    proxy.strike = undefined;
    const next = await run({ lake, env: s3!.env });
    expect(next.code, next.stderr).toBe(0);
  });

  it.each(['0s', '10', 'soon', '25d'])('--timeout %s is wrong usage', async (text) => {
    const done = await run({ args: ['--timeout', text] });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('--timeout must be a duration');
  });
});
