import type { ClientOptions } from './my-cnf.ts';
import { resolvePath } from './paths.ts';
import type { PathBase } from './paths.ts';
import { present } from './present.ts';
import { DEFAULTS } from './schema.ts';
import type { RawMysql } from './schema.ts';
import { Secret } from './secret.ts';
import type { MysqlConnection, SslSettings } from './settings.ts';

/** What may complete the `mysql_*` keys of a settings file, in falling rank. */
export interface ConnectionSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly optionFile: ClientOptions;
  readonly paths: PathBase;
}

/**
 * A connection from the settings file, else the environment (MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_PWD), else the
 * option file, else the defaults. `fault` is called with what is wrong outside the settings file.
 */
export function resolveConnection(
  raw: RawMysql,
  sources: ConnectionSources,
  fault: (text: string) => void,
): MysqlConnection {
  const { env, optionFile, paths } = sources;
  const host = filled(raw.mysql_host) ?? filled(env['MYSQL_HOST']);
  const port =
    raw.mysql_port ?? portOf(env['MYSQL_TCP_PORT'], 'the environment variable MYSQL_TCP_PORT', fault);
  const password = raw.mysql_password ?? secretOf(filled(env['MYSQL_PWD'])) ?? secretOf(optionFile.password);
  const socket =
    filled(raw.mysql_socket) ??
    (host === undefined && port === undefined ? cnfSocket(optionFile) : undefined);
  return {
    host: host ?? filled(optionFile.host) ?? DEFAULTS.mysqlHost,
    port: port ?? portOf(optionFile.port, 'the port of the MySQL option file', fault) ?? DEFAULTS.mysqlPort,
    user: filled(raw.mysql_username) ?? filled(optionFile.user) ?? DEFAULTS.mysqlUser,
    database: filled(raw.mysql_database) ?? DEFAULTS.mysqlDatabase,
    ...present({
      socket: socket === undefined ? undefined : resolvePath(socket, paths),
      password,
      ssl: resolveSsl(raw, optionFile, paths),
    }),
  };
}

/** The socket of an option file holds where the file does not also name another machine. */
function cnfSocket(options: ClientOptions): string | undefined {
  return options.host === undefined || options.host === 'localhost' ? filled(options.socket) : undefined;
}

function resolveSsl(raw: RawMysql, options: ClientOptions, paths: PathBase): SslSettings | undefined {
  const file = (own: string | undefined, other: string | undefined) => {
    const written = filled(own) ?? filled(other);
    return written === undefined ? undefined : resolvePath(written, paths);
  };
  const ca = file(raw.mysql_ssl_ca, options.sslCa);
  const cert = file(raw.mysql_ssl_cert, options.sslCert);
  const key = file(raw.mysql_ssl_key, options.sslKey);
  const mode =
    raw.mysql_ssl ?? cnfSslMode(options.sslMode) ?? (ca ? 'verify' : cert ? 'required' : 'disabled');
  if (mode === 'disabled') return undefined;
  return { mode, verify: mode === 'verify', ...present({ ca, cert, key }) };
}

function cnfSslMode(mode: string | undefined): SslSettings['mode'] | 'disabled' | undefined {
  switch (mode?.toUpperCase()) {
    case 'DISABLED':
      return 'disabled';
    case 'PREFERRED':
      return 'preferred';
    case 'REQUIRED':
      return 'required';
    case 'VERIFY_CA':
    case 'VERIFY_IDENTITY':
      return 'verify';
    default:
      return undefined;
  }
}

function portOf(text: string | undefined, where: string, fault: (text: string) => void): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port >= 1 && port <= 65_535) return port;
  fault(`${where} is not a port number from 1 to 65535`);
  return undefined;
}

function secretOf(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}

/** Empty text is as good as no text for every key but a password. */
export function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
