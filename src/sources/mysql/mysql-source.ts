import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { mysqlFieldType, parseDeclaredType } from '../mysql-types.ts';
import type { ReadRequest, Source, SourceSession } from '../source.ts';
import {
  breakConnection,
  closeConnection,
  connect,
  execute,
  type MysqlAddress,
  quoteName,
} from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import { type RowStream, streamRows } from './row-stream.ts';
import { prepareConnection, type SharedSnapshot, shareSnapshot } from './snapshot.ts';

/**
 * A MySQL or MariaDB database, read in one consistent, read-only snapshot over one connection, or several where
 * they can be had in the same snapshot.
 */
export function mysqlSource(options: { name: string; address: MysqlAddress }): Source {
  const { name, address } = options;
  return {
    name,
    type: 'mysql',
    async open({ signal, parallel = 1 } = {}) {
      const first = await connect(name, address, signal);
      breakOnAbort(first, signal);
      try {
        await prepareConnection(first, name);
        const snapshot = await shareSnapshot(first, parallel, name, address, signal);
        for (const further of snapshot.connections.slice(1)) breakOnAbort(further, signal);
        return mysqlSession(name, address, snapshot);
      } catch (error) {
        await closeConnection(first);
        throw error;
      }
    },
  };
}

function breakOnAbort(connection: Connection, signal: AbortSignal | undefined): void {
  const abort = (): void => breakConnection(connection);
  signal?.addEventListener('abort', abort, { once: true });
  connection.once('end', () => signal?.removeEventListener('abort', abort));
}

function mysqlSession(name: string, address: MysqlAddress, snapshot: SharedSnapshot): SourceSession {
  const { connections, note } = snapshot;
  const pool = new ConnectionPool(connections);
  const schemas = new Map<string, TableSchema>();
  let open = true;
  let names: string[] | undefined;

  async function tables(): Promise<string[]> {
    if (names === undefined) {
      const rows = await pool.use((connection) =>
        execute(
          connection,
          name,
          `SELECT TABLE_NAME AS name FROM information_schema.TABLES
           WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME`,
          [address.database],
        ),
      );
      names = rows.map((row) => row['name']!);
    }
    return names;
  }

  async function describe(table: string): Promise<TableSchema> {
    const known = schemas.get(table);
    if (known !== undefined) return known;
    const schema = await pool.use((connection) => readSchema(connection, name, address.database, table));
    schemas.set(table, schema);
    return schema;
  }

  async function* read(request: ReadRequest): AsyncGenerator<Batch, void, undefined> {
    const connection = await pool.acquire();
    try {
      yield* readTable(connection, name, address, request);
    } finally {
      pool.release(connection);
    }
  }

  return {
    parallel: connections.length,
    ...(note === undefined ? {} : { parallelNote: note }),
    tables,
    describe,
    read,

    async estimateRows(table) {
      const sql =
        'SELECT TABLE_ROWS AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?';
      const rows = await pool.use((connection) => execute(connection, name, sql, [address.database, table]));
      const estimate = Number(rows[0]?.['n'] ?? Number.NaN);
      return Number.isFinite(estimate) ? estimate : undefined;
    },

    async check() {
      const [row] = await pool.use((connection) => execute(connection, name, 'SELECT VERSION() AS v'));
      const version = row?.['v'] ?? '';
      const product = /mariadb/i.test(version) ? version : `MySQL ${version}`;
      const count = (await tables()).length;
      if (count === 0) {
        throw new PanoramaError(
          'source-permission',
          `Source ${name}: the database ${address.database} shows no table to the user ${address.user}.`,
          { hint: `Grant it: GRANT SELECT ON ${quoteName(address.database)}.* TO the user.` },
        );
      }
      const reached = address.socket ?? `${address.host}:${address.port}`;
      return [
        `${product} at ${reached}, database ${address.database}, ${count} tables`,
        ...connectionsText(connections.length, note),
      ];
    },

    async close() {
      if (!open) return;
      open = false;
      await Promise.all(connections.map(closeConnection));
    },
  };
}

function connectionsText(count: number, note: string | undefined): string[] {
  if (count === 1) return note === undefined ? [] : [`one connection: ${note}`];
  return [`${count} connections in one snapshot${note === undefined ? '' : ` (${note})`}`];
}

async function readSchema(
  connection: Connection,
  name: string,
  database: string,
  table: string,
): Promise<TableSchema> {
  const columns = await execute(
    connection,
    name,
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS declared, IS_NULLABLE AS nullable FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [database, table],
  );
  if (columns.length === 0) {
    throw new PanoramaError(
      'unknown-table',
      `Source ${name}: there is no table ${table} in the database ${database}, or the user may not see it.`,
    );
  }
  const keys = await execute(
    connection,
    name,
    `SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
    [database, table],
  );
  return {
    table,
    fields: columns.map((column): Field => {
      const declared = column['declared']!;
      return {
        name: column['name']!,
        type: mysqlFieldType(declared),
        nullable: column['nullable'] === 'YES',
        declared,
      };
    }),
    primaryKey: keys.map((key) => key['name']!),
  };
}

async function* readTable(
  connection: Connection,
  name: string,
  address: MysqlAddress,
  request: ReadRequest,
): AsyncGenerator<Batch, void, undefined> {
  const { table, fields } = request;
  const list = fields.map(selectExpression).join(', ');
  const sql = `SELECT ${list} FROM ${quoteName(address.database)}.${quoteName(table)}`;
  // Going back to a savepoint frees the table's metadata lock and keeps the snapshot, so that a migration waits
  // for the read of its table and not for the whole run (mysqldump does the same).
  await execute(connection, name, 'SAVEPOINT panorama');
  const rows = streamRows(connection, name, table, sql, fields.length);
  try {
    yield* rows.batches();
  } finally {
    if (!rows.ended) await stop(connection, name, address, rows);
    // A connection that is lost has no locks, and says so with the next statement.
    await execute(connection, name, 'ROLLBACK TO SAVEPOINT panorama').catch(() => {});
  }
}

/** Ends a query whose reader has gone: the session and its snapshot live on. */
async function stop(
  connection: Connection,
  name: string,
  address: MysqlAddress,
  rows: RowStream,
): Promise<void> {
  try {
    const killer = await connect(name, address);
    await execute(killer, name, `KILL QUERY ${Number(connection.threadId)}`);
    await closeConnection(killer);
  } catch {
    // Without the right or a free connection the rest of the rows is read and dropped instead.
  }
  await rows.drain();
}

/**
 * The text of a column as the batch contract wants it. FLOAT is widened by the server, for its own text has six
 * digits only; BIT becomes its number.
 */
function selectExpression(field: Field): string {
  const column = quoteName(field.name);
  const { base } = parseDeclaredType(field.declared);
  if (base === 'float') return `${column} + 0e0`;
  if (base === 'bit') return `CAST(${column} AS UNSIGNED)`;
  return column;
}
