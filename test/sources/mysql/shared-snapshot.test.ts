import { setTimeout as wait } from 'node:timers/promises';

import type { Connection } from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  closeConnection,
  connect,
  execute,
  type MysqlAddress,
} from '../../../src/sources/mysql/connection.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { shareSnapshot } from '../../../src/sources/mysql/snapshot.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { collectRows } from '../../contracts/source.ts';
import type { DatabaseServer } from '../../servers/server-process.ts';
import { SERVERS } from './both-servers.ts';

const KINDS = SERVERS.flatMap(({ kind, start }) => [
  { kind, start, args: [] },
  { kind: `${kind} with a binary log`, start, args: ['--log-bin=bin'] },
]);

const SETUP = `
CREATE DATABASE bank; USE bank;
CREATE TABLE a (id INT PRIMARY KEY, v INT NOT NULL); CREATE TABLE b LIKE a; CREATE TABLE c (id INT PRIMARY KEY);
INSERT INTO a VALUES (1, 100), (2, 100), (3, 100), (4, 100); INSERT INTO b SELECT * FROM a;
CREATE USER reader IDENTIFIED BY 'r'; GRANT SELECT ON bank.* TO reader;
CREATE USER seer IDENTIFIED BY 's'; GRANT SELECT ON bank.* TO seer; GRANT PROCESS ON *.* TO seer;
CREATE USER few IDENTIFIED BY 'f' WITH MAX_USER_CONNECTIONS 2; GRANT SELECT ON bank.* TO few;
GRANT PROCESS ON *.* TO few;
CREATE USER lone IDENTIFIED BY 'l' WITH MAX_USER_CONNECTIONS 1; GRANT SELECT ON bank.* TO lone;
GRANT PROCESS ON *.* TO lone;`;

/** Moves one from a row of one table to a row of the other, again and again; tears show in the sum of both. */
interface Writers {
  commits: number;
  stop(): Promise<void>;
}

async function startWriters(
  address: MysqlAddress,
  count: number,
  pause: number,
  logged: boolean,
): Promise<Writers> {
  let going = true;
  const writers: Writers = { commits: 0, stop: () => Promise.resolve() };
  const write = async (connection: Connection): Promise<void> => {
    const run = (sql: string): Promise<unknown> => execute(connection, 'writer', sql);
    if (!logged) await run('SET SESSION sql_log_bin = 0');
    const any = (): number => 1 + Math.floor(Math.random() * 4);
    while (going) {
      const [from, to] = Math.random() < 0.5 ? ['a', 'b'] : ['b', 'a'];
      try {
        await run('START TRANSACTION');
        await run(`UPDATE ${from} SET v = v - 1 WHERE id = ${any()}`);
        await run(`UPDATE ${to} SET v = v + 1 WHERE id = ${any()}`);
        await run('COMMIT');
        writers.commits++;
      } catch {
        // Two writers that wait for each other: the server has undone this one.
        await run('ROLLBACK');
      }
      if (pause > 0) await wait(Math.random() * 2 * pause);
    }
  };
  const connections = await Promise.all(Array.from({ length: count }, () => connect('writer', address)));
  const work = Promise.all(connections.map(write));
  writers.stop = async () => {
    going = false;
    await work;
    await Promise.all(connections.map(closeConnection));
  };
  return writers;
}

const sum = async (connection: Connection, table: string): Promise<number> => {
  const [row] = await execute(connection, 'reader', `SELECT SUM(v) AS n FROM ${table}`);
  return Number(row!['n']);
};
const rowsOf = async (session: SourceSession, table: string): Promise<unknown> => {
  const { fields } = await session.describe(table);
  return collectRows(session.read({ table, fields }));
};

describe.each(KINDS)('one snapshot: $kind', ({ start, args }) => {
  let server: DatabaseServer;
  const address = (user = server.user, password = server.password): MysqlAddress => ({
    host: server.host,
    port: server.port,
    user,
    password: () => password,
    database: 'bank',
    tls: { mode: 'disabled' },
  });
  const source = (user: string, password: string) =>
    mysqlSource({ name: 'bank', address: address(user, password) });

  beforeAll(async () => {
    server = await start({ args: [...args, '--server-id=1'] });
    await server.exec(SETUP);
  });
  afterAll(() => server?.stop());

  it('without the proof, snapshots taken together do differ', async () => {
    const writers = await startWriters(address(), 4, 0, true);
    const [one, two] = [await connect('reader', address()), await connect('reader', address())];
    const begin = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';
    let torn = 0;
    // On a busy machine the writers take their time.
    for (let attempt = 0; torn === 0 && attempt < 50_000; attempt++) {
      await Promise.all([one, two].map((connection) => execute(connection, 'reader', begin)));
      const [a, b] = [await sum(one, 'a'), await sum(two, 'b')];
      if (a + b !== 800) torn++;
      await Promise.all([one, two].map((connection) => execute(connection, 'reader', 'COMMIT')));
    }
    await writers.stop();
    await Promise.all([one, two].map(closeConnection));
    expect(torn).toBeGreaterThan(0);
  });

  it.each([
    { load: 'some writers', writers: 4, pause: 10, attempts: 120, logged: true },
    {
      load: 'writers whose changes the binary log does not hold',
      writers: 4,
      pause: 10,
      attempts: 60,
      logged: false,
    },
    { load: 'writers without a pause', writers: 4, pause: 0, attempts: 12, logged: true },
  ])('is never torn: $load', async ({ writers: count, pause, attempts, logged }) => {
    const writers = await startWriters(address(), count, pause, logged);
    let shared = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const first = await connect('reader', address());
      const { connections, note } = await shareSnapshot(first, 3, 'reader', address());
      if (connections.length > 1) {
        shared++;
        const [one, two, three] = connections;
        await wait(1);
        const sums = await Promise.all([sum(one, 'a'), sum(two!, 'b'), sum(three!, 'a'), sum(one, 'b')]);
        expect(sums[0]! + sums[1]!).toBe(800);
        expect(sums[2]! + sums[3]!).toBe(800);
        expect(sums[0]).toBe(sums[2]);
      } else {
        expect(note).toMatch(/no moment without a commit/);
        expect((await sum(first, 'a')) + (await sum(first, 'b'))).toBe(800);
      }
      await Promise.all(connections.map(closeConnection));
    }
    await writers.stop();
    expect(writers.commits).toBeGreaterThan(10);
    // Under writers that never rest the one connection is right as well.
    if (pause > 0) expect(shared).toBeGreaterThan(attempts / 2);
  });

  it('is had beside a transaction that stays open for long', async () => {
    const writer = await connect('writer', address());
    await execute(writer, 'writer', 'START TRANSACTION');
    await execute(writer, 'writer', 'INSERT INTO c VALUES (1)');
    const session = await source('seer', 's').open({ parallel: 3 });
    expect(session.parallel).toBe(3);
    await execute(writer, 'writer', 'COMMIT');
    expect(await Promise.all([rowsOf(session, 'c'), rowsOf(session, 'c'), rowsOf(session, 'c')])).toEqual([
      [],
      [],
      [],
    ]);
    await session.close();
    await execute(writer, 'writer', 'DELETE FROM c');
    await closeConnection(writer);
  });

  it.each([
    ['without the right to see who writes', 'reader', 'r', 1, /GRANT PROCESS/],
    ['with the right', 'seer', 's', 4, undefined],
    ['a user with a limit of two connections', 'few', 'f', 2, /no more connections/],
    ['a user with a limit of one connection', 'lone', 'l', 1, /no more connections/],
  ] as const)('%s', async (_, user, password, parallel, note) => {
    const session = await source(user, password).open({ parallel: 4 });
    expect(session.parallel).toBe(parallel);
    if (note === undefined) expect(session.parallelNote).toBeUndefined();
    else expect(session.parallelNote).toMatch(note);
    const line = (await session.check()).at(-1)!;
    expect(line).toMatch(
      parallel === 1 ? /^one connection: / : new RegExp(`^${parallel} connections in one snapshot`),
    );
    expect(await rowsOf(session, 'a')).toHaveLength(4);
    await session.close();
  });

  it('one connection is opened where one is asked for', async () => {
    const session = await source('seer', 's').open();
    expect([session.parallel, session.parallelNote]).toEqual([1, undefined]);
    expect(await session.check()).toHaveLength(1);
    await session.close();
  });

  it('connections are gone when the session is closed or is told to stop', async () => {
    const count = async (): Promise<number> => {
      const connection = await connect('admin', address());
      const [row] = await execute(
        connection,
        'admin',
        "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = 'seer'",
      );
      await closeConnection(connection);
      return Number(row!['n']);
    };
    // The server may still be busy with the end of another test's connection.
    await expect.poll(count).toBe(0);
    const session = await source('seer', 's').open({ parallel: 4 });
    expect(await count()).toBe(4);
    await session.close();
    await expect.poll(count).toBe(0);
    const abort = new AbortController();
    const other = await source('seer', 's').open({ parallel: 4, signal: abort.signal });
    abort.abort();
    await expect(Promise.all([1, 2, 3, 4].map(() => rowsOf(other, 'a')))).rejects.toThrow();
    await other.close();
    await expect.poll(count).toBe(0);
  });

  it('every connection frees the metadata lock of the table that it has read', async () => {
    // MariaDB with a binary log does so only for a user who may turn it off for the session.
    const session = await source(server.user, server.password).open({ parallel: 3 });
    await Promise.all([rowsOf(session, 'a'), rowsOf(session, 'b'), rowsOf(session, 'c')]);
    const changed = server.exec(
      'SET SESSION lock_wait_timeout = 2; ALTER TABLE bank.a ADD x INT; ALTER TABLE bank.b ADD x INT; ALTER TABLE bank.c ADD x INT;',
    );
    await expect(changed).resolves.toBeUndefined();
    await server.exec('ALTER TABLE bank.a DROP x; ALTER TABLE bank.b DROP x; ALTER TABLE bank.c DROP x;');
    await session.close();
  });
});
