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
  /** Told of every key that gets its value from outside the settings file. */
  readonly note?: ((key: keyof RawMysql, value: string | Secret, origin: OutsideOrigin) => void) | undefined;
}

/** Where a value comes from that is not in the settings file: an environment variable, or a MySQL option file. */
export type OutsideOrigin =
  { readonly kind: 'environment'; readonly variable: string } | { readonly kind: 'option-file' };

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
  const from = <T extends string | Secret>(
    key: keyof RawMysql,
    value: T | undefined,
    origin: OutsideOrigin,
  ): T | undefined => {
    if (value !== undefined) sources.note?.(key, value, origin);
    return value;
  };
  const variable = (key: keyof RawMysql, name: string) =>
    from(key, filled(env[name]), { kind: 'environment', variable: name });
  const option: FromOptionFile = (key, value) =>
    from(key, value === '' ? undefined : value, { kind: 'option-file' });

  const host = filled(raw.mysql_host) ?? variable('mysql_host', 'MYSQL_HOST');
  const port =
    raw.mysql_port ??
    portOf(variable('mysql_port', 'MYSQL_TCP_PORT'), 'the environment variable MYSQL_TCP_PORT', fault);
  const password =
    raw.mysql_password ??
    from('mysql_password', secretOf(filled(env['MYSQL_PWD'])), {
      kind: 'environment',
      variable: 'MYSQL_PWD',
    }) ??
    from('mysql_password', secretOf(optionFile.password), { kind: 'option-file' });
  const socket =
    filled(raw.mysql_socket) ??
    (host === undefined && port === undefined ? option('mysql_socket', cnfSocket(optionFile)) : undefined);
  return {
    host: host ?? option('mysql_host', optionFile.host) ?? DEFAULTS.mysqlHost,
    port:
      port ??
      portOf(option('mysql_port', optionFile.port), 'the port of the MySQL option file', fault) ??
      DEFAULTS.mysqlPort,
    user: filled(raw.mysql_username) ?? option('mysql_username', optionFile.user) ?? DEFAULTS.mysqlUser,
    database: filled(raw.mysql_database) ?? DEFAULTS.mysqlDatabase,
    ...present({
      socket: socket === undefined ? undefined : resolvePath(socket, paths),
      password,
      connectTimeout: raw.mysql_connect_timeout,
      readTimeout: raw.mysql_read_timeout,
      statementTimeout: raw.mysql_statement_timeout,
      ssl: resolveSsl(raw, optionFile, paths, option),
    }),
  };
}

/** Takes a value of the option file for a key, and tells of it. */
type FromOptionFile = <T extends string>(key: keyof RawMysql, value: T | undefined) => T | undefined;

/** The socket of an option file holds where the file does not also name another machine. */
function cnfSocket(options: ClientOptions): string | undefined {
  return options.host === undefined || options.host === 'localhost' ? filled(options.socket) : undefined;
}

function resolveSsl(
  raw: RawMysql,
  options: ClientOptions,
  paths: PathBase,
  option: FromOptionFile,
): SslSettings | undefined {
  const file = (key: 'mysql_ssl_ca' | 'mysql_ssl_cert' | 'mysql_ssl_key', other: string | undefined) => {
    const written = filled(raw[key]) ?? option(key, other);
    return written === undefined ? undefined : resolvePath(written, paths);
  };
  const ca = file('mysql_ssl_ca', options.sslCa);
  const cert = file('mysql_ssl_cert', options.sslCert);
  const key = file('mysql_ssl_key', options.sslKey);
  const mode =
    raw.mysql_ssl ??
    option('mysql_ssl', cnfSslMode(options.sslMode)) ??
    (ca ? 'verify' : cert ? 'required' : 'disabled');
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
