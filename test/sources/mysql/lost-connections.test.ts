import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  closeConnection,
  connect,
  execute,
  isLost,
  type MysqlAddress,
} from '../../../src/sources/mysql/connection.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { type GuestRules, replicaLag } from '../../../src/sources/mysql/pace.ts';
import { prepareConnection } from '../../../src/sources/mysql/snapshot.ts';
import { savepoint } from '../../../src/sources/mysql/table-query.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { collectRows } from '../../contracts/source.ts';
import { type MysqlFaultProxy, startMysqlFaultProxy } from '../../servers/mysql-fault-proxy.ts';
import { LmsDatabase, SERVERS } from './both-servers.ts';

describe.each(SERVERS)('connections that are lost or changed under: $kind', (kind) => {
  let lms: LmsDatabase;
  let proxy: MysqlFaultProxy;

  beforeAll(async () => {
    lms = await LmsDatabase.start(kind);
    await lms.server.exec(`USE lms; CREATE TABLE few (id INT PRIMARY KEY, v INT);
      INSERT INTO few VALUES (1, 1), (2, 2), (3, 3);
      CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, v INT);
      INSERT INTO many (v) SELECT a.v FROM few a, few b, few c, few d, few e, few f, few g, few h, few i;
      CREATE USER plain IDENTIFIED BY 'p'; GRANT SELECT ON lms.* TO plain;`);
    proxy = await startMysqlFaultProxy(lms.address.port);
  });
  afterAll(async () => {
    await proxy?.stop();
    await lms?.stop();
  });
  afterEach(() => {
    proxy.strike = undefined;
    proxy.struck = 0;
  });

  const address = (limits: MysqlAddress['limits'] = {}): MysqlAddress => ({
    ...lms.address,
    port: proxy.port,
    limits,
  });
  const open = (
    limits: MysqlAddress['limits'] = {},
    parallel = 1,
    guest?: GuestRules,
    tell: (text: string) => void = () => {},
  ): Promise<SourceSession> =>
    mysqlSource({ name: 'lms', address: address(limits), ...(guest && { guest }) }).open({ parallel, tell });
  const rowsOf = async (session: SourceSession, table: string): Promise<unknown[]> => {
    const { fields } = await session.describe(table);
    return collectRows(session.read({ table, fields }));
  };
  /** The numbers of the connections of sessions, at the server. */
  const others = async (): Promise<number[]> => {
    const rows = await execute(
      lms.connection,
      'lms',
      "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'panorama' AND ID <> CONNECTION_ID()",
    );
    return rows.map((row) => Number(row['id']));
  };

  it('a statement that is not answered ends with the connection', async () => {
    proxy.strike = { fault: 'stall', point: 'end', statement: /STATISTICS/, rows: 9, times: 1 };
    const session = await open({ silenceMs: 200 });
    await expect(session.describe('few')).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringMatching(/the server has sent nothing for 0.2 seconds/),
    });
    expect(session.alive!()).toBe(false);
    await expect(session.tables()).rejects.toMatchObject({ code: 'source-failed' });
    await session.close();
  });

  it('is patient with a reader that is slow itself', async () => {
    const session = await open({ silenceMs: 300 });
    const { fields } = await session.describe('many');
    let rows = 0;
    for await (const batch of session.read({ table: 'many', fields })) {
      await wait(400);
      rows += batch.rows;
      batch.release();
    }
    expect(rows).toBe(3 ** 9);
    await session.close();
  });

  it('connections that wait show the server that they live', async () => {
    const session = await open({ idleMs: 20 });
    const from = proxy.statements.length;
    await expect
      .poll(() => proxy.statements.slice(from).filter((sql) => sql === 'DO 0').length)
      .toBeGreaterThan(2);
    expect(await rowsOf(session, 'few')).toHaveLength(3);
    await session.close();
    const until = proxy.statements.length;
    await wait(100);
    expect(proxy.statements.length).toBe(until);
  });

  it('of several connections those go on that live, in the same snapshot; with the last the session is over', async () => {
    const session = await open({ idleMs: 20 }, 2);
    expect(session.parallel).toBe(2);
    const [one, two] = await others();
    await lms.run(`KILL ${one}`);
    await expect.poll(others).toEqual([two]);
    await lms.run('INSERT INTO few VALUES (4, 4)');
    expect(session.alive!()).toBe(true);
    const both = Promise.all([rowsOf(session, 'few'), rowsOf(session, 'few')]);
    await expect(both).resolves.toMatchObject([{ length: 3 }, { length: 3 }]);
    await lms.run(`KILL ${two}`);
    await expect(rowsOf(session, 'few')).rejects.toMatchObject({ retryable: true });
    expect(session.alive!()).toBe(false);
    await session.close();
    await lms.run('DELETE FROM few WHERE id = 4');
  });

  it('a connection whose transaction the server has ended is not used again', async () => {
    const connection = await connect('lms', address());
    await prepareConnection(connection, 'lms');
    await execute(connection, 'lms', 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const back = await savepoint(connection, 'lms');
    await back();
    expect(isLost(connection)).toBe(false);
    await savepoint(connection, 'lms').then(async (again) => {
      // As a server does by itself, for one after a deadlock.
      await execute(connection, 'lms', 'ROLLBACK');
      await again();
    });
    expect(isLost(connection)).toBe(true);
    await closeConnection(connection);
  });

  it.each([
    ['a column that is new at once', 'ALTER TABLE t ADD COLUMN w INT, ALGORITHM=INSTANT'],
    ['a column that is gone', 'ALTER TABLE t DROP COLUMN v'],
    ['a column of another type', 'ALTER TABLE t MODIFY v VARCHAR(9)'],
    ['a column of another name', 'ALTER TABLE t RENAME COLUMN v TO w'],
    ['a table that was copied and is as before', 'ALTER TABLE t ENGINE=InnoDB, ALGORITHM=COPY'],
    ['a table that is gone', 'DROP TABLE t'],
  ])('%s since it was described is an error that may pass', async (_, change) => {
    await lms.run('DROP TABLE IF EXISTS t');
    await lms.run('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
    await lms.run('INSERT INTO t VALUES (1, 1), (2, 2)');
    const session = await open();
    await session.describe('t');
    await lms.run(change);
    await expect(rowsOf(session, 't')).rejects.toMatchObject({ code: 'source-changed', retryable: true });
    // The others are as they were.
    expect(await rowsOf(session, 'few')).toHaveLength(3);
    await session.close();
  });

  it('a statement that is no read of rows is ended when it takes too long, and a read is not', async () => {
    const connection = await connect('lms', address({ statementMs: 100 }));
    const slow = 'SELECT COUNT(*) AS n FROM many a, many b, many c WHERE a.v + b.v + c.v = 0';
    await expect(execute(connection, 'lms', slow)).rejects.toMatchObject({
      code: 'source-limit',
      retryable: false,
    });
    await closeConnection(connection);
    const session = await open({ statementMs: 1_000 });
    const { fields } = await session.describe('many');
    for await (const batch of session.read({ table: 'many', fields })) {
      await wait(600);
      batch.release();
    }
    await session.close();
  });

  it('nothing can be written over a connection of a session, in its transaction or out of it', async () => {
    const connection = await connect('lms', address());
    await prepareConnection(connection, 'lms');
    await expect(execute(connection, 'lms', 'INSERT INTO few VALUES (9, 9)')).rejects.toThrow(/READ ONLY/i);
    await closeConnection(connection);
  });

  describe('a busy server', () => {
    const rules = { maxPause: 60_000, lookEvery: 10 };
    /** Keeps a thread of the server running until it is told to end. */
    const busy = async (): Promise<() => Promise<void>> => {
      const connection = await connect('busy', lms.address);
      const sleeping = execute(connection, 'busy', 'DO SLEEP(600)').catch(() => {});
      return async () => {
        await lms.run(`KILL QUERY ${connection.threadId}`);
        await sleeping;
        await closeConnection(connection);
      };
    };
    /** How many threads the server says are running beside those of sessions. */
    const running = async (): Promise<number> => {
      const [row] = await execute(lms.connection, 'lms', "SHOW GLOBAL STATUS LIKE 'Threads_running'");
      return Number(row!['Value']);
    };

    it('is waited for, and that is told', async () => {
      const maxThreadsRunning = await running();
      const told: string[] = [];
      const session = await open({}, 1, { ...rules, maxThreadsRunning }, (text) => told.push(text));
      const end = await busy();
      const from = proxy.statements.length;
      const reading = rowsOf(session, 'few');
      await expect.poll(() => told).toEqual([expect.stringMatching(/^\d+ threads are running, .* waits$/)]);
      expect(proxy.statements.slice(from).filter((sql) => /FROM `lms`.`few`/.test(sql))).toEqual([]);
      await end();
      expect(await reading).toHaveLength(3);
      expect(told).toHaveLength(2);
      expect(told[1]).toBe('reading goes on');
      await session.close();
    });

    it('is not waited for for ever', async () => {
      const maxThreadsRunning = await running();
      const session = await open({}, 1, { maxPause: 50, lookEvery: 10, maxThreadsRunning });
      const end = await busy();
      await expect(rowsOf(session, 'few')).rejects.toMatchObject({ code: 'source-busy' });
      await end();
      expect(await rowsOf(session, 'few')).toHaveLength(3);
      await session.close();
    });

    it('that is no replica is not behind', async () => {
      const session = await open({}, 1, { ...rules, maxReplicaLag: 1_000 });
      expect(await rowsOf(session, 'few')).toHaveLength(3);
      await session.close();
    });

    it('whose lag the user may not see is an error that names the right', async () => {
      const plain = { ...address(), user: 'plain', password: () => 'p' };
      const guest = { ...rules, maxReplicaLag: 1_000 };
      const session = await mysqlSource({ name: 'lms', address: plain, guest }).open();
      await expect(rowsOf(session, 'few')).rejects.toMatchObject({
        code: 'source-permission',
        hint: expect.stringMatching(/GRANT REPLICA MONITOR/),
      });
      await session.close();
    });
  });
});

it.each([
  ['no replica', [], 0],
  ['up to date', [{ Seconds_Behind_Source: '0' }], 0],
  ['behind', [{ Seconds_Behind_Master: '75' }], 75],
  ['of two sources', [{ Seconds_Behind_Master: '3' }, { Seconds_Behind_Master: '9' }], 9],
  ['standing still', [{ Seconds_Behind_Source: null }], undefined],
  ['one of two standing still', [{ Seconds_Behind_Source: '1' }, { Seconds_Behind_Source: null }], undefined],
])('the lag of a replica: %s', (_, status, lag) => {
  expect(replicaLag(status)).toBe(lag);
});
