import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { RunEvent, RunReport } from '../../src/pipeline/events.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { Secret } from '../../src/settings/secret.ts';
import type { LocalDatalake, MysqlDatasource } from '../../src/settings/settings.ts';
import { lakeContents } from '../cli/cli.ts';
import {
  type Fault,
  FAULTS,
  type MysqlFaultProxy,
  type Point,
  POINTS,
  startMysqlFaultProxy,
} from '../servers/mysql-fault-proxy.ts';
import { LmsDatabase, SERVERS } from '../sources/mysql/both-servers.ts';
import { tempDir } from '../temp-dir.ts';
import { datasourceOf } from './datasource-of.ts';

/** Rows of the table that is read when the fault strikes; some are on their way into a file before the middle one. */
const ROWS = 20_000;
/** Its answer and no other. */
const STATEMENT = /^SELECT `id`.* FROM `(lms|wide)`.`many`/;
/** Rows of a table of the same name that no buffer between server and reader holds. */
const WIDE_ROWS = 100;

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
      CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO other VALUES (1), (2);
      CREATE DATABASE wide; USE wide; SET GLOBAL max_allowed_packet = 16777216;
      CREATE TABLE many (id INT PRIMARY KEY, body MEDIUMTEXT);
      INSERT INTO many SELECT a.n + 10 * b.n, REPEAT('x', 300000) FROM lms.ten a, lms.ten b;`);
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
    datasource = {
      ...datasourceOf(lms.server, 'lms'),
      port: proxy.port,
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
  /** MySQL's word that it knows the password already is one that a client can do without. */
  const isHarmless = (fault: Fault, point: Point): boolean =>
    fault === 'slow' || (kind.kind === 'MySQL' && fault === 'lose' && point === 'log-in');
  const retries = (): RunEvent[] => events.filter((event) => event.type === 'retry');

  /** Waits until the rows of the table come to a halt, so that what happens now happens in the middle of its read. */
  const inTheMiddle = async (rows: number): Promise<void> => {
    proxy.strike = { fault: 'hold', point: 'middle row', statement: STATEMENT, rows, times: 1 };
    await expect.poll(() => proxy.struck, { interval: 5, timeout: 20_000 }).toBe(1);
  };
  /** The number of the connection that reads the table, at the server. */
  const reader = async (): Promise<number> => {
    const rows = (await lms.run(
      "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT `id`%many%'",
    )) as { id: number | string }[];
    return Number(rows[0]!.id);
  };

  describe('the server', () => {
    const wide = { database: 'wide' };

    it.each([
      ['ends the connection', (id: number) => `KILL ${id}`],
      ['ends the query', (id: number) => `KILL QUERY ${id}`],
    ])('%s in the middle of a read: the table comes whole', async (_, kill) => {
      await load(wide);
      const expected = files();
      reset();
      const loading = load(wide);
      await inTheMiddle(WIDE_ROWS);
      await lms.run(kill(await reader()));
      proxy.release();
      const report = await loading;
      expect([report.exit, report.failures]).toEqual([0, []]);
      expect(report.tables[0]!.rows).toBe(WIDE_ROWS);
      expect(files()).toEqual(expected);
      expect(retries()).toHaveLength(1);
    });

    it.each(['KILL', 'KILL QUERY'])('%s at each try: an error, and nothing is published', async (kill) => {
      for (let held = 0; held < 2; held++) {
        reset();
        const loading = load({ ...wide, retries: 0 });
        await inTheMiddle(WIDE_ROWS);
        await lms.run(`${kill} ${await reader()}`);
        proxy.release();
        const report = await loading;
        expect(report.exit).toBe(1);
        expect(report.failures.map(({ error }) => error.code)).toEqual(['source-failed']);
        expect([files(), staged()]).toEqual([{}, []]);
      }
    });

    it('lets columns be changed after the read of a table: it is read anew, with what it has now', async () => {
      const loading = load();
      await inTheMiddle(ROWS);
      // It waits for the lock of the table, which is free when the last row has come.
      const changed = lms.server.exec('ALTER TABLE lms.many ADD COLUMN more INT NOT NULL DEFAULT 7');
      proxy.release();
      const [report] = await Promise.all([loading, changed]);
      await lms.server.exec('ALTER TABLE lms.many DROP COLUMN more');
      expect([report.exit, report.failures]).toEqual([0, []]);
      const { 'many/many.csv': many, ...others } = files();
      expect(whole).toMatchObject(others);
      // Where the check came before the change, all is as it was before it.
      if (retries().length === 0) expect(many).toBe(whole['many/many.csv']);
      else {
        const text = readFileSync(join(datalake.path, 'many/many.csv'), 'utf8');
        expect(text.match(/,7$/gm)).toHaveLength(ROWS);
      }
    });

    it('is not asked for another snapshot while a connection of this one lives', async () => {
      proxy.strike = { fault: 'reset', point: 'middle row', statement: STATEMENT, rows: ROWS, times: 1 };
      const report = await load({ jobs: 2 });
      expect([report.exit, report.failures]).toEqual([0, []]);
      expect(files()).toEqual(whole);
      expect(events.filter((event) => event.type === 'source-open')).toMatchObject([{ parallel: 2 }]);
      expect(retries()).toMatchObject([{ table: 'many', attempt: 1, of: 3 }]);
      expect(new Set(report.tables.map(({ snapshot }) => snapshot)).size).toBe(1);
    });

    it('refuses the user: that is not tried again', async () => {
      const report = await load({ password: new Secret('wrong') });
      expect(report.failures.map(({ error }) => error.code)).toEqual(['source-access-denied']);
      expect(retries()).toEqual([]);
    });

    it('is lost at every table: the run gives up after some rounds in vain, not after some for each table', async () => {
      const statement = /^SELECT .* FROM `lms`\./;
      proxy.strike = { fault: 'reset', point: 'columns', statement, rows: 1, times: Infinity };
      const report = await load({ retries: 2 });
      expect(report.exit).toBe(1);
      expect(report.tables).toEqual([]);
      // A round each for the first try and both retries.
      expect(events.filter((event) => event.type === 'source-open')).toHaveLength(3);
      expect([files(), staged()]).toEqual([{}, []]);
    });

    it('the tables say which snapshot they are of, and a table that was begun anew is of a newer one', async () => {
      proxy.strike = { fault: 'reset', point: 'middle row', statement: STATEMENT, rows: ROWS, times: 1 };
      const report = await load({ retryPause: 2_500 });
      const snapshots = Object.fromEntries(report.tables.map(({ table, snapshot }) => [table, snapshot!]));
      expect(Object.keys(snapshots).sort()).toEqual(['many', 'other', 'ten']);
      expect(snapshots['many']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(snapshots['many']! >= snapshots['other']!).toBe(true);
    });
  });

  it('a run that is told to stop while it publishes ends between two tables, and the next one is well', async () => {
    const stop = new AbortController();
    const running = extractAndLoad({
      settings: { datalake, datasources: [datasource] },
      selection: { all: true },
      onEvent: (event) => {
        if (event.type === 'table-done') stop.abort();
      },
      signal: stop.signal,
    });
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    expect(Object.keys(files())).toHaveLength(1);
    expect(whole).toMatchObject(files());
    expect(staged()).toEqual([]);
    expect((await load()).exit).toBe(0);
    expect(files()).toEqual(whole);
  });

  describe.each(FAULTS)('%s', (fault) => {
    it.each(POINTS)('once, at the %s: all tables come whole', async (point) => {
      proxy.strike = { fault, point, statement: STATEMENT, rows: ROWS, times: 1 };
      const report = await load();
      expect(proxy.struck).toBe(1);
      expect([report.exit, report.failures]).toEqual([0, []]);
      expect(files()).toEqual(whole);
      expect(staged()).toEqual([]);
      expect(retries()).toHaveLength(isHarmless(fault, point) ? 0 : 1);
    });

    it.each(POINTS)('always, at the %s: an error, and no table that is short', async (point) => {
      proxy.strike = { fault, point, statement: STATEMENT, rows: ROWS, times: Infinity };
      const report = await load({ retries: 0 });
      expect(proxy.struck).toBeGreaterThan(0);
      const { many, other, ten } = Object.fromEntries(
        Object.entries(files()).map(([name, hash]) => [name.split('/')[0]!, { [name]: hash }]),
      );
      if (isHarmless(fault, point)) {
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
