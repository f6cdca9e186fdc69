import type { Connection } from 'mysql2';

import type { Batch } from '../../rows/batch.ts';
import type { Field } from '../../rows/field.ts';
import { parseDeclaredType } from '../mysql-types.ts';
import type { ReadRequest } from '../source.ts';
import {
  breakConnection,
  closeConnection,
  connect,
  execute,
  type MysqlAddress,
  quoteName,
} from './connection.ts';
import { type RowStream, streamRows } from './row-stream.ts';

/** A table whose rows are asked for. */
export interface TableQuery {
  /** The name of the source, for messages. */
  readonly source: string;
  readonly address: MysqlAddress;
  readonly request: ReadRequest;
}

/**
 * Sets a savepoint and answers the way back to it, after which the connection is in the same snapshot as before or
 * lost: a transaction that the server has ended, as after a deadlock, has no savepoint any more. Going back frees the metadata lock of what was read since and
 * keeps the snapshot, so that a migration waits for the read of its table and not for the whole run (mysqldump does
 * the same).
 */
export async function savepoint(connection: Connection, source: string): Promise<() => Promise<void>> {
  await execute(connection, source, 'SAVEPOINT panorama');
  return async () => {
    await execute(connection, source, 'ROLLBACK TO SAVEPOINT panorama').catch((error: Error) =>
      breakConnection(connection, error),
    );
  };
}

/** The rows of a table that a condition picks; `rest` is what follows the name of the table. */
export async function* queryTable(
  connection: Connection,
  query: TableQuery,
  rest = '',
): AsyncGenerator<Batch, void, undefined> {
  const { source, address, request } = query;
  const { table, fields } = request;
  const list = fields.map(selectExpression).join(', ');
  const sql = `SELECT ${list} FROM ${tableName(query)} ${rest}`;
  const rows = streamRows(connection, source, table, sql, fields.length);
  try {
    yield* rows.batches();
  } finally {
    if (!rows.ended) await stop(connection, source, address, rows);
  }
}

/** The quoted name of the table with its database. */
export function tableName({ address, request }: TableQuery): string {
  return `${quoteName(address.database)}.${quoteName(request.table)}`;
}

/** Ends a query whose reader has gone: the session and its snapshot live on. */
async function stop(
  connection: Connection,
  source: string,
  address: MysqlAddress,
  rows: RowStream,
): Promise<void> {
  try {
    const killer = await connect(source, address);
    await execute(killer, source, `KILL QUERY ${Number(connection.threadId)}`);
    await closeConnection(killer);
  } catch {
    // Without the right or a free connection the rest of the rows is read and dropped instead.
  }
  await rows.drain();
  // Where the query had ended by itself the kill may be left over: it shall hit this and nothing that matters.
  await execute(connection, source, 'DO 0').catch(() => {});
}

/**
 * The text of a column as the batch contract wants it. FLOAT is widened by the server, for its own text has six
 * digits only; BIT becomes its number.
 */
export function selectExpression(field: Field): string {
  const column = quoteName(field.name);
  const { base } = parseDeclaredType(field.declared);
  if (base === 'float') return `${column} + 0e0`;
  if (base === 'bit') return `CAST(${column} AS UNSIGNED)`;
  return column;
}
