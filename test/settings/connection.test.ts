import { expect, test } from 'vitest';
import { resolveConnection } from '../../src/settings/connection.ts';
import type { ClientOptions } from '../../src/settings/my-cnf.ts';
import type { RawMysql } from '../../src/settings/schema.ts';
import { Secret } from '../../src/settings/secret.ts';
import type { MysqlConnection } from '../../src/settings/settings.ts';

type Environment = Record<string, string | undefined>;

function resolve(raw: RawMysql, env: Environment, optionFile: ClientOptions, faults: string[] = []) {
  const paths = { folder: '/etc/panorama', home: '/home/p' };
  const connection = resolveConnection(raw, { env, optionFile, paths }, (text) => faults.push(text));
  // Secrets compare by their value here.
  return { ...connection, ...(connection.password && { password: connection.password.reveal() }) };
}

const DEFAULT = { host: '127.0.0.1', port: 3306, user: 'root', database: 'edxapp' };
type Expected = Partial<Omit<MysqlConnection, 'password'>> & { password?: string };

test.each<[string, RawMysql, Environment, ClientOptions, Expected]>([
  ['defaults', {}, {}, {}, {}],
  [
    'settings first',
    {
      mysql_host: 'f',
      mysql_port: 1,
      mysql_username: 'f',
      mysql_password: new Secret('f'),
      mysql_database: 'f',
    },
    { MYSQL_HOST: 'e', MYSQL_TCP_PORT: '2', MYSQL_PWD: 'e' },
    { host: 'c', port: '3', user: 'c', password: 'c' },
    { host: 'f', port: 1, user: 'f', password: 'f', database: 'f' },
  ],
  [
    'environment second',
    {},
    { MYSQL_HOST: 'e', MYSQL_TCP_PORT: '2', MYSQL_PWD: 'e' },
    { host: 'c', port: '3', user: 'c', password: 'c' },
    { host: 'e', port: 2, user: 'c', password: 'e' },
  ],
  [
    'option file third',
    {},
    {},
    { host: 'c', port: '3', user: 'c', password: 'c' },
    { host: 'c', port: 3, user: 'c', password: 'c' },
  ],
  [
    'empty variables are none',
    {},
    { MYSQL_HOST: '', MYSQL_TCP_PORT: '', MYSQL_PWD: '' },
    { host: 'c' },
    { host: 'c' },
  ],
  ['empty settings are none', { mysql_host: '', mysql_username: '', mysql_database: '' }, {}, {}, {}],
  [
    'an empty password is a password',
    { mysql_password: new Secret('') },
    { MYSQL_PWD: 'e' },
    {},
    { password: '' },
  ],
  [
    'socket of the settings',
    { mysql_socket: 's.sock', mysql_host: 'f' },
    {},
    {},
    { host: 'f', socket: '/etc/panorama/s.sock' },
  ],
  ['socket of the option file', {}, {}, { socket: '/c.sock' }, { socket: '/c.sock' }],
  [
    'socket beside localhost',
    {},
    {},
    { socket: '/c.sock', host: 'localhost' },
    { host: 'localhost', socket: '/c.sock' },
  ],
  ['no socket beside another host', {}, {}, { socket: '/c.sock', host: 'c' }, { host: 'c' }],
  ['no socket beside a host of the settings', { mysql_host: 'f' }, {}, { socket: '/c.sock' }, { host: 'f' }],
  [
    'no socket beside a port of the environment',
    {},
    { MYSQL_TCP_PORT: '3307' },
    { socket: '/c.sock' },
    { port: 3307 },
  ],
  [
    'a certificate authority verifies',
    { mysql_ssl_ca: '~/ca.pem' },
    {},
    {},
    { ssl: { mode: 'verify', verify: true, ca: '/home/p/ca.pem' } },
  ],
  [
    'a client certificate requires',
    { mysql_ssl_cert: 'c', mysql_ssl_key: 'k' },
    {},
    {},
    { ssl: { mode: 'required', verify: false, cert: '/etc/panorama/c', key: '/etc/panorama/k' } },
  ],
  [
    'a mode of its own',
    { mysql_ssl_ca: '/ca', mysql_ssl: 'preferred' },
    {},
    {},
    { ssl: { mode: 'preferred', verify: false, ca: '/ca' } },
  ],
  ['disabled', { mysql_ssl_ca: '/ca', mysql_ssl: 'disabled' }, {}, {}, {}],
  ['disabled in the option file', { mysql_ssl_ca: '/ca' }, {}, { sslMode: 'disabled' }, {}],
  [
    'TLS of the option file',
    {},
    {},
    { sslMode: 'VERIFY_CA', sslCa: '/ca', sslCert: '/c', sslKey: '/k' },
    { ssl: { mode: 'verify', verify: true, ca: '/ca', cert: '/c', key: '/k' } },
  ],
  [
    'preferred in the option file',
    {},
    {},
    { sslMode: 'PREFERRED' },
    { ssl: { mode: 'preferred', verify: false } },
  ],
  [
    'required in the option file',
    {},
    {},
    { sslMode: 'REQUIRED' },
    { ssl: { mode: 'required', verify: false } },
  ],
])('%s', (_, raw, env, optionFile, expected) => {
  const faults: string[] = [];
  expect(resolve(raw, env, optionFile, faults)).toEqual({ ...DEFAULT, ...expected });
  expect(faults).toEqual([]);
});

test.each(['0', '65536', 'abc', '-1', '3306.5', '1e3'])(
  'port %j of the environment or option file is refused',
  (port) => {
    const faults: string[] = [];
    resolve({}, { MYSQL_TCP_PORT: port }, {}, faults);
    resolve({}, {}, { port }, faults);
    expect(faults).toEqual([
      'the environment variable MYSQL_TCP_PORT is not a port number from 1 to 65535',
      'the port of the MySQL option file is not a port number from 1 to 65535',
    ]);
  },
);
