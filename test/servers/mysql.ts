import { join } from 'node:path';

import { mysqlCommand, type UnpackedMysql, unpackedMysql } from './mysql-packages.ts';
import {
  asRoot,
  type DatabaseServer,
  makeOnce,
  run,
  type StartOptions,
  startServer,
} from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

/** A private MySQL server. */
export type MysqlServer = DatabaseServer;

const SETTINGS = [
  '--innodb-redo-log-capacity=32M',
  '--innodb-autoextend-increment=1',
  '--secure-file-priv=NULL',
];

let answer: boolean | undefined;

/**
 * True where `npm run provision` has unpacked a MySQL server. Where it has not, suites skip with a loud line,
 * except in CI, where that is a failure.
 */
export function mysqlAvailable(): boolean {
  if (answer !== undefined) return answer;
  answer = unpackedMysql() !== undefined;
  if (answer) return true;
  tellMissing('there is no MySQL server to test with: npm run provision');
  return false;
}

/** Starts a server and waits until it takes connections. Its accounts log in with `caching_sha2_password`. */
export function startMysql(options: StartOptions = {}): Promise<MysqlServer> {
  const mysql = unpackedMysql();
  if (mysql === undefined) throw new Error('there is no MySQL server: npm run provision');
  const places = [
    `--basedir=${join(mysql.folder, 'root/usr')}`,
    `--plugin-dir=${join(mysql.folder, 'root/usr/lib/mysql/plugin')}`,
  ];
  return startServer(
    {
      name: 'mysql',
      server: mysqlCommand(mysql, 'usr/sbin/mysqld'),
      client: mysqlCommand(mysql, 'usr/bin/mysql'),
      dump: mysqlCommand(mysql, 'usr/bin/mysqldump'),
      template: () => template(mysql, places),
      args: [...places, ...SETTINGS, '--mysqlx=OFF'],
      withoutTls: ['--tls-version='],
    },
    options,
  );
}

/** Made once and kept beside the server. */
function template(mysql: UnpackedMysql, places: readonly string[]): Promise<string> {
  const [program, ...first] = mysqlCommand(mysql, 'usr/sbin/mysqld');
  return makeOnce(join(mysql.folder, 'data'), async (fresh) => {
    await run(program, [
      ...first,
      '--no-defaults',
      '--initialize-insecure',
      ...asRoot(),
      `--datadir=${fresh}`,
      ...places,
      ...SETTINGS,
    ]);
  });
}
