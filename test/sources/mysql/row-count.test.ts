import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { guardCount } from '../../../src/sources/mysql/row-count.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { startMysqlFaultProxy } from '../../servers/mysql-fault-proxy.ts';
import { LmsDatabase, SERVERS } from './both-servers.ts';

describe.each(SERVERS)('the rows of $kind are counted', (server) => {
  let lms: LmsDatabase;
  beforeAll(async () => {
    lms = await LmsDatabase.start(server);
    await lms.server.exec(`USE lms;
      CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1),(2),(3),(4),(5);
      CREATE TABLE still (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO still VALUES (1),(2);
      CREATE VIEW v AS SELECT id FROM t WHERE id > 3;`);
  });
  afterAll(() => lms?.stop());

  async function rowsOf(session: SourceSession, table: string): Promise<number> {
    const { fields } = await session.describe(table);
    let rows = 0;
    for await (const batch of session.read({ table, fields })) {
      rows += batch.rows;
      batch.release();
    }
    return rows;
  }

  async function opened<T>(work: (session: SourceSession) => Promise<T>, port: number): Promise<T> {
    const session = await mysqlSource({ name: 'lms', address: { ...lms.address, port } }).open();
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  it('in the snapshot, whatever comes meanwhile', async () => {
    await lms.inSession(async (session) => {
      await lms.server.exec('INSERT INTO lms.t VALUES (6)');
      expect(await rowsOf(session, 't')).toBe(5);
    });
    await lms.server.exec('DELETE FROM lms.t WHERE id = 6');
  });

  it('by a statement of the same connection; not those of views and of engines without snapshots', async () => {
    const proxy = await startMysqlFaultProxy(lms.address.port!);
    try {
      await opened(async (session) => {
        for (const [table, rows] of [
          ['t', 5],
          ['still', 2],
          ['v', 2],
        ] as const)
          expect(await rowsOf(session, table)).toBe(rows);
      }, proxy.port);
      const counts = proxy.statements.filter((sql) => sql.includes('COUNT(*) AS n FROM `lms`'));
      expect(counts.map((sql) => sql.trim())).toEqual(['SELECT COUNT(*) AS n FROM `lms`.`t`']);
      expect(proxy.connections).toBe(1);
    } finally {
      await proxy.stop();
    }
  });

  it('and all come, also where the server cuts answers of others off', async () => {
    await lms.server.exec('SET GLOBAL sql_select_limit = 2');
    try {
      expect(await lms.inSession((session) => rowsOf(session, 't'))).toBe(5);
    } finally {
      await lms.server.exec('SET GLOBAL sql_select_limit = DEFAULT');
    }
  });
});

it('another number is a failure that can pass', () => {
  expect(() => guardCount('lms', 't', 5, 5)).not.toThrow();
  for (const read of [4, 6])
    expect(() => guardCount('lms', 't', 5, read)).toThrow(
      expect.objectContaining({
        code: 'source-failed',
        message: `Source lms: the table t has 5 rows in its snapshot, and ${read} came.`,
      }),
    );
});
