import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { RunEvent, RunReport } from '../../src/pipeline/events.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { Secret } from '../../src/settings/secret.ts';
import type { LocalDatalake, MysqlDatasource } from '../../src/settings/settings.ts';
import { lakeContents } from '../cli/cli.ts';
import { FAULTS, type MysqlFaultProxy, POINTS, startMysqlFaultProxy } from '../servers/mysql-fault-proxy.ts';
import { LmsDatabase, SERVERS } from '../sources/mysql/both-servers.ts';
import { tempDir } from '../temp-dir.ts';

/** Rows of the table that is read when the fault strikes; some are on their way into a file before the middle one. */
const ROWS = 20_000;
/** Its answer and no other. */
const STATEMENT = /^SELECT `id`.* FROM `lms`.`many`/;

describe.each(SERVERS)('a network that fails: $kind', (kind) => {
  let lms: LmsDatabase;
  let proxy: MysqlFaultProxy;
  let datalake: LocalDatalake;
  let datasource: MysqlDatasource;
  let events: RunEvent[];
  /** The files of a lake that was loaded without a fault. */
  let whole: Record<string, string>;

  beforeAll(async () => {
    lms = await LmsDatabase.start(kind);
    await lms.server.exec(`USE lms; CREATE TABLE ten (n INT PRIMARY KEY);
      INSERT INTO ten VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
      CREATE TABLE many (id INT PRIMARY KEY, body VARCHAR(200) NOT NULL);
      INSERT INTO many SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n, REPEAT('x', 100)
      FROM ten a, ten b, ten c, ten d, ten e WHERE e.n < ${ROWS / 10_000};
      CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO other VALUES (1), (2);`);
    proxy = await startMysqlFaultProxy(lms.address.port);
    reset();
    expect((await load()).exit).toBe(0);
    whole = files();
    expect(Object.keys(whole)).toHaveLength(3);
  });
  afterAll(async () => {
    await proxy?.stop();
    await lms?.stop();
  });
  beforeEach(reset);
  afterEach(() => {
    proxy.strike = undefined;
  });

  function reset(): void {
    proxy.strike = undefined;
    proxy.struck = 0;
    events = [];
    datalake = {
      type: 'local',
      path: join(tempDir(), 'lake'),
      format: 'csv',
      layout: 'hive',
      basePartitions: [],
    };
    const { user, password } = lms.server;
    datasource = {
      type: 'mysql',
      name: 'lms',
      host: '127.0.0.1',
      port: proxy.port,
      user,
      password: new Secret(password),
      database: 'lms',
      jobs: 1,
      connectTimeout: 500,
      readTimeout: 500,
      retryPause: 1,
    };
  }

  const load = (more: Partial<MysqlDatasource> = {}): Promise<RunReport> =>
    extractAndLoad({
      settings: { datalake, datasources: [{ ...datasource, ...more }] },
      selection: { all: true },
      onEvent: (event) => events.push(event),
    });
  /** The files of tables, by name. */
  const files = (): Record<string, string> =>
    Object.fromEntries(Object.entries(lakeContents(datalake.path)).filter(([name]) => name.endsWith('.csv')));
  /** Files that a run has left behind. */
  const staged = (): string[] =>
    readdirSync(join(datalake.path, '_panorama/staging'), { withFileTypes: true, recursive: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name);
  const retries = (): RunEvent[] => events.filter((event) => event.type === 'retry');

  describe.each(FAULTS)('%s', (fault) => {
    it.each(POINTS)('once, at the %s: all tables come whole', async (point) => {
      proxy.strike = { fault, point, statement: STATEMENT, rows: ROWS, times: 1 };
      const report = await load();
      expect(proxy.struck).toBe(1);
      expect([report.exit, report.failures]).toEqual([0, []]);
      expect(files()).toEqual(whole);
      expect(staged()).toEqual([]);
      expect(retries()).toHaveLength(fault === 'slow' ? 0 : 1);
    });

    it.each(POINTS)('always, at the %s: an error, and no table that is short', async (point) => {
      proxy.strike = { fault, point, statement: STATEMENT, rows: ROWS, times: Infinity };
      const report = await load({ retries: 0 });
      expect(proxy.struck).toBeGreaterThan(0);
      const { many, other, ten } = Object.fromEntries(
        Object.entries(files()).map(([name, hash]) => [name.split('/')[0]!, { [name]: hash }]),
      );
      if (fault === 'slow') {
        expect(report.exit).toBe(0);
        expect(files()).toEqual(whole);
        return;
      }
      expect(many).toBeUndefined();
      for (const file of [other, ten]) if (file !== undefined) expect(whole).toMatchObject(file);
      expect(report.exit).toBe(report.tables.length > 0 ? 3 : 1);
      expect(report.failures.length).toBeGreaterThan(0);
      for (const { error } of report.failures)
        expect(['source-failed', 'source-unreachable']).toContain(error.code);
      expect(staged()).toEqual([]);
    });
  });
});
