import type { Connection } from 'mysql2';

import type { Field } from '../../../src/rows/field.ts';
import {
  closeConnection,
  connect,
  execute,
  type MysqlAddress,
} from '../../../src/sources/mysql/connection.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { prepareConnection } from '../../../src/sources/mysql/snapshot.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { mariadbAvailable, startMariadb } from '../../servers/mariadb.ts';
import { mysqlAvailable, startMysql } from '../../servers/mysql.ts';
import type { DatabaseServer, StartOptions } from '../../servers/server-process.ts';

interface ServerKind {
  readonly kind: string;
  readonly start: (options?: StartOptions) => Promise<DatabaseServer>;
  /** A collation without case under which spaces at the end count. */
  readonly nopad: string;
}

/** The servers that are there to test with. */
export const SERVERS: readonly ServerKind[] = [
  { kind: 'MariaDB', available: mariadbAvailable(), start: startMariadb, nopad: 'utf8mb4_general_nopad_ci' },
  { kind: 'MySQL', available: mysqlAvailable(), start: startMysql, nopad: 'utf8mb4_0900_ai_ci' },
].filter(({ available }) => available);

/** A server with the database `lms`, and a connection that is prepared as those of a session, in no snapshot. */
export class LmsDatabase {
  readonly server: DatabaseServer;
  readonly address: MysqlAddress;
  readonly connection: Connection;

  private constructor(server: DatabaseServer, address: MysqlAddress, connection: Connection) {
    this.server = server;
    this.address = address;
    this.connection = connection;
  }

  static async start({ start }: ServerKind): Promise<LmsDatabase> {
    const server = await start();
    await server.exec('CREATE DATABASE lms CHARACTER SET utf8mb4');
    const { host, port, user, password } = server;
    const tls = { mode: 'disabled' } as const;
    const address = { host, port, user, password: () => password, database: 'lms', tls };
    const connection = await connect('lms', address);
    await prepareConnection(connection, 'lms');
    // Unlike a session's, this one makes the tables as well.
    await execute(connection, 'lms', 'SET SESSION TRANSACTION READ WRITE');
    return new LmsDatabase(server, address, connection);
  }

  /** Runs a statement with bound values. */
  run(sql: string, values: readonly (string | Buffer | null)[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.connection.query(sql, [...values], (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  async inSession<T>(work: (session: SourceSession) => Promise<T>): Promise<T> {
    const session = await mysqlSource({ name: 'lms', address: this.address }).open();
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async stop(): Promise<void> {
    await closeConnection(this.connection);
    await this.server.stop();
  }
}

/** Fields of a table in the order of the names. */
export async function fieldsOf(
  session: SourceSession,
  table: string,
  names: readonly string[],
): Promise<Field[]> {
  const { fields } = await session.describe(table);
  return names.map((name) => fields.find((field) => field.name === name)!);
}
