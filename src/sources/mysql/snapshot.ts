import { setTimeout as wait } from 'node:timers/promises';

import type { Connection } from 'mysql2';

import { closeConnection, connect, execute, type MysqlAddress, quoteName } from './connection.ts';
import { nothingCommitted, openWriters, type OpenWriters } from './innodb-status.ts';
import { RIGHT_MISSING, serverErrno } from './mysql-errors.ts';

/** How often and how long (ms) a moment without a commit is waited for before one connection has to do. */
const TRIES = 60;
const TRY_MS = 1_500;

/** Connections in one snapshot, at least one. */
export interface SharedSnapshot {
  readonly connections: readonly [Connection, ...Connection[]];
  /** Why there are fewer than were asked for; plain text. */
  readonly note?: string;
}

/** The server's clock in UTC (`2026-01-31 12:00:00.000000`) before the snapshot of the connection began. */
export const OPENED = '@panorama_opened';

/**
 * UTC, UTF-8, no sql_mode that changes how values are shown (PAD_CHAR_TO_FULL_LENGTH) or names are quoted, no limit that
 * cuts answers off without a word (sql_select_limit); nothing can be written. The server waits long for slow consumers
 * of large tables, and five minutes, not a day, for a table that a migration has locked.
 */
export async function prepareConnection(connection: Connection, name: string): Promise<void> {
  await execute(connection, name, 'SET NAMES utf8mb4');
  await execute(
    connection,
    name,
    "SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = 3600, net_read_timeout = 600, " +
      `wait_timeout = 28800, lock_wait_timeout = 300, sql_select_limit = 18446744073709551615, ${OPENED} = UTC_TIMESTAMP(6)${NO_LIMIT}`,
  );
  await execute(connection, name, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  // MariaDB with a binary log frees the metadata locks of a savepoint only where the session does not write to it.
  await unlessRightMissing(execute(connection, name, 'SET SESSION sql_log_bin = 0'));
}

/** Undefined where the server says that the user lacks a right. */
async function unlessRightMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (serverErrno(error) === RIGHT_MISSING) return undefined;
    throw error;
  }
}

/** MySQL and MariaDB each read one of these comments: a server's limit is meant for short queries. */
const NO_LIMIT = '/*!50708 , max_execution_time = 0 *//*M!100101 , max_statement_time = 0 */';

function begin(connection: Connection, name: string): Promise<unknown> {
  return execute(connection, name, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
}

/**
 * Begins a snapshot on a prepared connection, and the same one on up to `wanted - 1` further connections. It is
 * the same where InnoDB's own list of transactions shows that none was committed while the snapshots were taken;
 * the list costs the server what a monitoring program's look at it does, and stops nobody. Where that cannot be
 * shown, the one connection is what comes back, with the reason.
 * @throws PanoramaError where the first connection fails
 */
export async function shareSnapshot(
  first: Connection,
  wanted: number,
  name: string,
  address: MysqlAddress,
  signal?: AbortSignal,
): Promise<SharedSnapshot> {
  const refusal = wanted > 1 ? await whyNot(first, name, address) : undefined;
  if (wanted <= 1 || refusal !== undefined) {
    await begin(first, name);
    return { connections: [first], ...(refusal === undefined ? {} : { note: refusal }) };
  }
  const { further, note } = await openFurther(wanted - 1, name, address, signal);
  try {
    const all = [first, ...further] as const;
    if (further.length > 0 && (await beginTogether(all, name)))
      return { connections: all, ...(note === undefined ? {} : { note }) };
  } catch (error) {
    await Promise.all(further.map(closeConnection));
    throw error;
  }
  await Promise.all(further.map(closeConnection));
  await begin(first, name);
  return {
    connections: [first],
    note: note ?? 'there was no moment without a commit, so one snapshot on several connections was not had',
  };
}

/** What stands against several connections whatever the moment. */
async function whyNot(
  connection: Connection,
  name: string,
  address: MysqlAddress,
): Promise<string | undefined> {
  const status = await unlessRightMissing(innodbStatus(connection, name));
  if (status === undefined)
    return 'the user may not see which transactions write (GRANT PROCESS ON *.* TO the user)';
  if (openWriters(status) === undefined) return 'the status of InnoDB does not tell which transactions write';
  const [row] = await execute(
    connection,
    name,
    `SELECT @@innodb_read_only AS copy, (
       SELECT MIN(t.ENGINE) FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
       WHERE t.TABLE_SCHEMA = ? AND e.TRANSACTIONS = 'YES' AND t.ENGINE <> 'InnoDB') AS engine`,
    [address.database],
  );
  // Changes reach such a server by other ways than transactions of its own.
  if (Number(row?.['copy']) !== 0) return 'the server is a copy that only reads';
  const engine = row?.['engine'];
  if (engine !== null && engine !== undefined)
    return `${quoteName(address.database)} has tables of ${engine}, whose snapshots are its own`;
  return undefined;
}

async function openFurther(
  count: number,
  name: string,
  address: MysqlAddress,
  signal?: AbortSignal,
): Promise<{ further: Connection[]; note?: string }> {
  const attempts = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      const connection = await connect(name, address, signal);
      try {
        await prepareConnection(connection, name);
        return connection;
      } catch (error) {
        await closeConnection(connection);
        throw error;
      }
    }),
  );
  const further = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const failed = attempts.find((attempt) => attempt.status === 'rejected');
  // A limit on the user's connections, or a full server: what was got is enough.
  return failed === undefined
    ? { further }
    : { further, note: `no more connections: ${(failed.reason as Error).message}` };
}

/** Begins a snapshot on every connection; false where it could not be shown that all are the same. */
async function beginTogether(connections: readonly Connection[], name: string): Promise<boolean> {
  const [first] = connections as readonly [Connection, ...Connection[]];
  const until = performance.now() + TRY_MS;
  let before = await writersNow(first, name);
  for (let attempt = 0; attempt < TRIES && performance.now() < until; attempt++) {
    await Promise.all(connections.map((connection) => begin(connection, name)));
    const after = await writersNow(first, name);
    if (before !== undefined && after !== undefined && nothingCommitted(before, after)) return true;
    await Promise.all(connections.map((connection) => execute(connection, name, 'ROLLBACK')));
    // Not in step with writers that are.
    await wait(Math.random() * 20);
    before = await writersNow(first, name);
  }
  return false;
}

async function writersNow(connection: Connection, name: string): Promise<OpenWriters | undefined> {
  return openWriters(await innodbStatus(connection, name));
}

async function innodbStatus(connection: Connection, name: string): Promise<string> {
  const [row] = await execute(connection, name, 'SHOW ENGINE INNODB STATUS');
  return row?.['Status'] ?? '';
}
