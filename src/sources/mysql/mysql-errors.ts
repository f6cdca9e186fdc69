import { type ErrorCode, PanoramaError } from '../../errors.ts';
import type { MysqlAddress } from './connection.ts';

/** What the driver and the server say, in numbers of the MySQL error reference and codes of Node and mysql2. */
interface DriverError {
  code?: string | undefined;
  errno?: number | undefined;
  message: string;
}

/** Numbers of errors that somebody goes on after: a right is missing; the statement cannot be parsed. */
export const RIGHT_MISSING = 1227;
export const SYNTAX = 1064;

/** The server's number of what {@link mysqlError} has made. */
export function serverErrno(error: unknown): number | undefined {
  return (error as { cause?: DriverError }).cause?.errno;
}

const BY_NUMBER: Record<number, ErrorCode> = {
  1040: 'source-unreachable', // too many connections
  1044: 'source-access-denied', // no right to the database
  1045: 'source-access-denied', // wrong user or password
  1049: 'source-access-denied', // unknown database
  1054: 'unknown-column',
  1130: 'source-access-denied', // host not allowed
  1142: 'source-permission',
  1143: 'source-permission',
  1146: 'unknown-table',
  1412: 'source-changed', // the table definition has changed since the snapshot
  1698: 'source-access-denied', // the account logs in through the operating system
  1820: 'source-access-denied', // password expired, told by the first statement
  1927: 'source-failed', // the connection was killed (MariaDB)
  1969: 'source-limit', // max_statement_time (MariaDB)
  1862: 'source-access-denied', // password expired
  3024: 'source-limit', // max_execution_time (MySQL)
  3118: 'source-access-denied', // account locked
  3159: 'source-access-denied', // the server takes no connection without TLS
  3955: 'source-access-denied', // account blocked after wrong passwords
  4151: 'source-access-denied', // account locked (MariaDB)
};

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOENT',
  'EACCES',
]);

/** Codes of errors that another attempt meets as well. */
const LASTING = new Set(['HANDSHAKE_NO_SSL_SUPPORT', 'EACCES']);

const EXPIRED =
  'Give the user a new password on the server (ALTER USER ... IDENTIFIED BY ...) and put it in the settings.';
const LOCKED = 'Unlock the account on the server: ALTER USER ... ACCOUNT UNLOCK.';

const HINTS: Record<string, string> = {
  1049: 'Check mysql_database; SHOW DATABASES lists those that the user may see.',
  1040: 'The server has no free connection. Wait, or raise max_connections.',
  1820: EXPIRED,
  1862: EXPIRED,
  3118: LOCKED,
  3159: 'Set mysql_ssl: required, or verify.',
  3955: `Correct the password in the settings. ${LOCKED}`,
  4151: LOCKED,
  HANDSHAKE_NO_SSL_SUPPORT:
    'The server offers no TLS. Set mysql_ssl: preferred or disabled, or configure TLS on the server.',
  HANDSHAKE_SSL_ERROR: 'Check mysql_ssl_ca and that the certificate names the host of the settings.',
};

/**
 * A driver's error as ours. The server's own words are kept (they name users, tables and columns, never
 * values of rows).
 */
export function mysqlError(
  error: DriverError,
  source: string,
  context: { table?: string; address?: MysqlAddress; reading?: boolean } = {},
): PanoramaError {
  const where = context.table === undefined ? `Source ${source}` : `Source ${source}, table ${context.table}`;
  const code = errorCode(error, context.reading === true);
  const place = context.address === undefined ? '' : ` at ${addressText(context.address)}`;
  const hint = HINTS[String(error.errno)] ?? HINTS[error.code ?? ''];
  return new PanoramaError(code, `${where}${place}: ${error.message || error.code}.`.replace(/\.\.$/, '.'), {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(LASTING.has(error.code ?? '') ? { retryable: false } : {}),
  });
}

function errorCode(error: DriverError, reading: boolean): ErrorCode {
  const known = BY_NUMBER[error.errno ?? 0];
  if (known !== undefined) return known;
  if (!reading && UNREACHABLE.has(error.code ?? '')) return 'source-unreachable';
  return reading || error.code === 'PROTOCOL_CONNECTION_LOST' ? 'source-failed' : 'source-unreachable';
}

/** Where the server is, e.g. `db.example.com:3306`. */
export function addressText(address: MysqlAddress): string {
  return address.socket ?? `${address.host}:${address.port}`;
}
