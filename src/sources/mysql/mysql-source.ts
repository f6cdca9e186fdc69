import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { mysqlFieldType, parseDeclaredType } from '../mysql-types.ts';
import type { ReadRequest, Source, SourceSession } from '../source.ts';
import { changedPartitions } from './changed-partitions.ts';
import {
  breakConnection,
  closeConnection,
  connect,
  execute,
  isLost,
  limitsOf,
  type MysqlAddress,
  quoteName,
} from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import { addressText } from './mysql-errors.ts';
import { partitionConditions } from './partition-condition.ts';
import { checkCount } from './row-count.ts';
import { type GuestRules, type Pace, startPace } from './pace.ts';
import { readByKey } from './range-reader.ts';
import { OPENED, prepareConnection, type SharedSnapshot, shareSnapshot } from './snapshot.ts';
import { queryTable, savepoint, type TableQuery } from './table-query.ts';

/** Tables of fewer rows, by the server's estimate, are read over one connection. */
const RANGES_FROM = 500_000;
const WHOLE_NUMBERS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);

/**
 * A MySQL or MariaDB database, read in one consistent, read-only snapshot over one connection, or several where
 * they can be had in the same snapshot.
 */
export function mysqlSource(options: {
  name: string;
  address: MysqlAddress;
  /** How busy the server may be while rows are read; default: reads never wait. */
  guest?: GuestRules;
}): Source {
  const { name, address, guest } = options;
  return {
    name,
    type: 'mysql',
    async open({ signal, parallel = 1, tell = () => {} } = {}) {
      const first = await connect(name, address, signal);
      breakOnAbort(first, signal);
      let connections: readonly Connection[] = [first];
      try {
        await prepareConnection(first, name);
        const snapshot = await shareSnapshot(first, parallel, name, address, signal);
        connections = snapshot.connections;
        for (const further of connections.slice(1)) breakOnAbort(further, signal);
        const [row] = await execute(first, name, `SELECT ${OPENED} AS opened`);
        const opened = `${row!['opened']!.slice(0, 19).replace(' ', 'T')}Z`;
        const pace = startPace(name, address, guest, { signal, tell });
        return mysqlSession(name, address, { ...snapshot, opened, pace });
      } catch (error) {
        await Promise.all(connections.map(closeConnection));
        throw error;
      }
    },
  };
}

function breakOnAbort(connection: Connection, signal: AbortSignal | undefined): void {
  const abort = (): void => breakConnection(connection);
  // It may have happened while the user was logged in.
  if (signal?.aborted === true) return abort();
  signal?.addEventListener('abort', abort, { once: true });
  connection.once('end', () => signal?.removeEventListener('abort', abort));
}

interface OpenSnapshot extends SharedSnapshot {
  /** A moment at or before that of the snapshot by the server's clock, ISO 8601 in UTC. */
  readonly opened: string;
  readonly pace: Pace;
}

function mysqlSession(name: string, address: MysqlAddress, snapshot: OpenSnapshot): SourceSession {
  const { connections, note, opened, pace } = snapshot;
  const pool = new ConnectionPool(name, connections);
  // A connection whose turn does not come for hours is kept, and one that is lost is found before it is needed.
  const alive = setInterval(() => {
    void pool.useFree((connection) => execute(connection, name, 'DO 0').then(noop, noop));
  }, limitsOf(address).idleMs).unref();
  const schemas = new Map<string, TableSchema>();
  const estimates = new Map<string, number>();
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

  async function estimateRows(table: string): Promise<number | undefined> {
    if (!estimates.has(table)) {
      const sql =
        'SELECT TABLE_ROWS AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?';
      const rows = await pool.use((connection) => execute(connection, name, sql, [address.database, table]));
      estimates.set(table, Number(rows[0]?.['n'] ?? Number.NaN));
    }
    const estimate = estimates.get(table)!;
    return Number.isFinite(estimate) ? estimate : undefined;
  }

  /** The key by whose ranges the table may be read over several connections. */
  async function rangeKey(table: string): Promise<string | undefined> {
    const schema = schemas.get(table);
    if (pool.size === 1 || schema === undefined || schema.primaryKey.length !== 1) return undefined;
    const key = schema.fields.find((field) => field.name === schema.primaryKey[0]);
    if (key === undefined || !WHOLE_NUMBERS.has(parseDeclaredType(key.declared).base)) return undefined;
    return ((await estimateRows(table)) ?? 0) >= RANGES_FROM ? key.name : undefined;
  }

  async function* read(request: ReadRequest): AsyncGenerator<Batch, void, undefined> {
    try {
      yield* readRows(request);
    } catch (error) {
      throw wasThere(error, request) ? changed(request.table, error) : error;
    }
    await sameColumns(request.table);
  }

  async function* readRows(request: ReadRequest): AsyncGenerator<Batch, void, undefined> {
    const { table, partitions } = request;
    if (partitions?.values.length === 0) return;
    const key = partitions === undefined ? await rangeKey(table) : undefined;
    const query = { source: name, address, request };
    await pace.wait();
    const connection = await pool.acquire();
    try {
      const back = await savepoint(connection, name);
      try {
        const conditions =
          partitions === undefined ? [''] : await partitionConditions(connection, query, partitions);
        const batches =
          key === undefined
            ? queryEach(connection, query, conditions)
            : readByKey(pool, connection, query, key);
        let rows = 0;
        for await (const batch of batches) {
          rows += batch.rows;
          yield batch;
          await pace.wait();
        }
        await checkCount(connection, query, conditions, rows);
      } finally {
        await back();
      }
    } finally {
      pool.release(connection);
    }
  }

  /** True where the server does not know a column, or the table, that was there when the table was described. */
  function wasThere(error: unknown, { table, fields, partitions }: ReadRequest): boolean {
    const isGone =
      error instanceof PanoramaError && (error.code === 'unknown-column' || error.code === 'unknown-table');
    const known = schemas.get(table)?.fields ?? [];
    const asked = [...fields, ...(partitions?.fields ?? [])];
    return isGone && asked.every(({ name }) => known.some((field) => field.name === name));
  }

  function changed(table: string, cause?: unknown): PanoramaError {
    const text = `Source ${name}: the columns of the table ${table} changed.`;
    return new PanoramaError('source-changed', text, cause === undefined ? {} : { cause });
  }

  /**
   * MariaDB can change columns while a snapshot is open and say nothing of it, so that old rows come with new columns
   * and their defaults. MySQL refuses such a read, and goes on to show the columns of the snapshot.
   * @throws PanoramaError `source-changed` where a table is not any more what it was when it was described
   */
  async function sameColumns(table: string): Promise<void> {
    const schema = schemas.get(table);
    if (schema === undefined) return;
    const now = await pool
      .use((connection) => readSchema(connection, name, address.database, table))
      .catch((error: PanoramaError) => {
        if (error.code !== 'unknown-table') throw error;
      });
    if (JSON.stringify(now) !== JSON.stringify(schema)) throw changed(table);
  }

  return {
    parallel: connections.length,
    opened,
    alive: () => open && connections.some((connection) => !isLost(connection)),
    ...(note === undefined ? {} : { parallelNote: note }),
    tables,
    describe,
    read,

    async changedPartitions(request) {
      const schema = await describe(request.table);
      return pool.use(async (connection) => {
        const back = await savepoint(connection, name);
        try {
          return await changedPartitions(connection, { source: name, address, schema, request });
        } finally {
          await back();
        }
      });
    },

    estimateRows,

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
      return [
        `${product} at ${addressText(address)}, database ${address.database}, ${count} tables`,
        ...connectionsText(connections.length, note),
      ];
    },

    async probe(request) {
      await pool.use(async (connection) => {
        const back = await savepoint(connection, name);
        try {
          for await (const _ of queryTable(connection, { source: name, address, request }, 'LIMIT 0'));
        } finally {
          await back();
        }
      });
    },

    async close() {
      if (!open) return;
      open = false;
      clearInterval(alive);
      await Promise.all([pace.close(), ...connections.map(closeConnection)]);
    },
  };
}

function noop(): void {}

async function* queryEach(
  connection: Connection,
  query: TableQuery,
  conditions: readonly string[],
): AsyncGenerator<Batch, void, undefined> {
  for (const condition of conditions) yield* queryTable(connection, query, condition);
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
