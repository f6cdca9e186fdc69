import type { Socket } from 'node:net';

import type { Connection, ConnectionOptions, SslOptions } from 'mysql2';

import { readTlsFile } from '../tls-file.ts';
import { MYSQL_LIMITS, type MysqlLimits } from './limits.ts';
import { mysqlError } from './mysql-errors.ts';
import { type SilenceWatch, watchSilence } from './silence.ts';
import { KEEP_ALIVE_MS, openSocket } from './socket.ts';

/** How to reach a MySQL or MariaDB server. */
export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket; used instead of host and port. */
  readonly socket?: string;
  readonly user: string;
  /** Asked for when the connection is made, so that the secret is nowhere else. */
  readonly password?: () => string;
  readonly database: string;
  readonly tls: MysqlTls;
  /** What is not given is as {@link MYSQL_LIMITS} says. */
  readonly limits?: Partial<MysqlLimits>;
}

/**
 * `disabled`: never. `preferred`: where the server offers it. `required`: always, any certificate.
 * `verify`: always, with a certificate that `ca` (or the system) vouches for and that names the host.
 */
export interface MysqlTls {
  readonly mode: 'disabled' | 'preferred' | 'required' | 'verify';
  /** Paths of PEM files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The limits that each connection was made with. */
const limits = new WeakMap<Connection, MysqlLimits>();

export function limitsOf(address: MysqlAddress): MysqlLimits {
  return { ...MYSQL_LIMITS, ...address.limits };
}

/** Opens and authenticates a connection. @throws PanoramaError */
export async function connect(
  name: string,
  address: MysqlAddress,
  signal?: AbortSignal,
): Promise<Connection> {
  const tls = address.socket === undefined ? address.tls.mode : 'disabled';
  if (tls === 'disabled') return connectOnce(name, address, undefined, signal);
  try {
    return await connectOnce(name, address, await tlsOptions(address.tls), signal);
  } catch (error) {
    const plain = (error as { cause?: { code?: string } }).cause?.code === 'HANDSHAKE_NO_SSL_SUPPORT';
    if (tls === 'preferred' && plain) return connectOnce(name, address, undefined, signal);
    throw error;
  }
}

async function connectOnce(
  name: string,
  address: MysqlAddress,
  ssl: SslOptions | undefined,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const { createConnection } = await import('mysql2');
  const where =
    address.socket === undefined ? { host: address.host, port: address.port } : { path: address.socket };
  const options: ConnectionOptions = {
    user: address.user,
    database: address.database,
    charset: 'utf8mb4_general_ci',
    connectTimeout: limitsOf(address).connectMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    // TLS needs a socket that the driver has made itself.
    ...(ssl === undefined ? { stream: () => openSocket(where) } : {}),
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    ...(address.socket === undefined
      ? { host: address.host, port: address.port }
      : { socketPath: address.socket }),
    ...(address.password === undefined ? {} : { password: address.password() }),
    ...(ssl === undefined ? {} : { ssl }),
  };
  const connection = createConnection(options);
  limits.set(connection, limitsOf(address));
  await new Promise<void>((resolve, reject) => {
    // A connection that breaks between two statements says so with the next one.
    connection.on('error', () => {});
    const abort = (): void => breakConnection(connection);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    connection.connect((error) => {
      signal?.removeEventListener('abort', abort);
      if (error) reject(mysqlError(error, name, { address }));
      else resolve();
    });
  });
  return connection;
}

async function tlsOptions(tls: MysqlTls): Promise<SslOptions> {
  const verify = tls.mode === 'verify';
  return {
    rejectUnauthorized: verify,
    verifyIdentity: verify,
    ...(tls.ca === undefined ? {} : { ca: await readTlsFile(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: await readTlsFile(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: await readTlsFile(tls.key) }),
  };
}

/**
 * Runs a statement and gives its rows as objects of strings and numbers; for metadata only. The server ends it after
 * the time that such a statement may take, unless told otherwise.
 */
export function execute(
  connection: Connection,
  name: string,
  sql: string,
  values: readonly string[] = [],
  { limited: isLimited = true } = {},
): Promise<Record<string, string | null>[]> {
  return new Promise((resolve, reject) => {
    const silence = watchConnection(connection);
    const { statementMs } = limits.get(connection)!;
    connection.query(
      isLimited ? limited(sql, statementMs) : sql,
      [...values],
      (error: Error | null, rows: unknown) => {
        silence.stop();
        if (error) reject(mysqlError(error, name));
        else resolve(rows as Record<string, string | null>[]);
      },
    );
  });
}

/**
 * MySQL and MariaDB each read one of the two comments. A session-wide limit would have to be taken off before every
 * read of rows.
 */
function limited(sql: string, ms: number): string {
  if (!/^SELECT\b/.test(sql)) return sql;
  const select = `SELECT /*+ MAX_EXECUTION_TIME(${Math.ceil(ms)}) */${sql.slice('SELECT'.length)}`;
  return `/*M!100101 SET STATEMENT max_statement_time = ${ms / 1000} FOR */ ${select}`;
}

/** Breaks a connection over which no answer comes. */
export function watchConnection(connection: Connection): SilenceWatch {
  return watchSilence(limits.get(connection)!.silenceMs, (reason) => breakConnection(connection, reason));
}

/** True where nothing can be done any more over a connection. */
export function isLost(connection: Connection): boolean {
  const { stream, _fatalError, _protocolError, _closing } = connection as unknown as DriverState;
  return _closing || _fatalError !== null || _protocolError !== null || stream.destroyed;
}

/** What the driver notes of a connection that it has given up. */
interface DriverState {
  readonly stream: Socket;
  readonly _fatalError: Error | null;
  readonly _protocolError: Error | null;
  readonly _closing: boolean;
}

/** Closes politely, and at once where the server no longer answers. */
export function closeConnection(connection: Connection): Promise<void> {
  const { stream } = connection as unknown as { stream: Socket };
  if (stream.destroyed || stream.writableEnded) {
    connection.destroy();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve();
    };
    const timer = setTimeout(done, 2_000);
    connection.end(done);
  });
}

/** Cuts a connection at once, so that what waits for it fails now and not when the server answers. */
export function breakConnection(connection: Connection, reason = new Error('the run was interrupted')): void {
  (connection as unknown as { stream: Socket }).stream.destroy(reason);
}

/** An identifier in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
