import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import { execute } from './connection.ts';
import { type TableQuery, tableName } from './table-query.ts';

/** A count takes about a second per ten million rows; of larger tables the protocol alone says that all came. */
const MOST_COUNTED = 50_000_000;

/**
 * Proves that as many rows were read as the snapshot has: another statement of the same transaction counts them. Only
 * for tables that the snapshot holds still, those of InnoDB.
 * @param conditions what followed the table's name in each statement that was read
 * @throws PanoramaError `source-failed`
 */
export async function checkCount(
  connection: Connection,
  query: TableQuery,
  conditions: readonly string[],
  rows: number,
): Promise<void> {
  if (rows > MOST_COUNTED || !(await isHeldStill(connection, query))) return;
  const { source, request } = query;
  let counted = 0;
  for (const condition of conditions) {
    const sql = `SELECT COUNT(*) AS n FROM ${tableName(query)} ${condition}`;
    const [row] = await execute(connection, source, sql, [], { limited: false });
    counted += Number(row!['n']);
  }
  guardCount(source, request.table, counted, rows);
}

async function isHeldStill(
  connection: Connection,
  { source, address, request }: TableQuery,
): Promise<boolean> {
  const sql =
    'SELECT ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?';
  const [table] = await execute(connection, source, sql, [address.database, request.table]);
  return table?.['engine'] === 'InnoDB';
}

/** @throws PanoramaError `source-failed` */
export function guardCount(source: string, table: string, counted: number, read: number): void {
  if (counted === read) return;
  throw new PanoramaError(
    'source-failed',
    `Source ${source}: the table ${table} has ${counted} rows in its snapshot, and ${read} came.`,
  );
}
