import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { parseDeclaredType } from '../mysql-types.ts';
import type { ChangesRequest, PartitionValues } from '../source.ts';
import { execute, type MysqlAddress, quoteName } from './connection.ts';
import { parseInterval } from './interval.ts';
import { mysqlError } from './mysql-errors.ts';
import { cellExpression } from './partition-condition.ts';
import { OPENED } from './snapshot.ts';

/** Which partitions of a table are asked for, in which table of which source. */
export interface ChangesQuery {
  /** The name of the source, for messages. */
  readonly source: string;
  readonly address: MysqlAddress;
  readonly schema: TableSchema;
  readonly request: ChangesRequest;
}

/** The partitions that {@link ChangesRequest} asks for, over a connection of the session. @throws PanoramaError */
export async function changedPartitions(
  connection: Connection,
  query: ChangesQuery,
): Promise<PartitionValues[]> {
  const { source, address, request } = query;
  const stamp = stampField(query);
  const since = await beginOfInterval(connection, query, stamp);
  const column = quoteName(stamp.name);
  const list = request.partitionFields.map(cellExpression).join(', ');
  const sql =
    `SELECT DISTINCT ${list} FROM ${quoteName(address.database)}.${quoteName(request.table)} ` +
    `WHERE ${column} >= '${since}' OR ${column} IS NULL`;
  return selectBytes(connection, sql, source, request.table);
}

/** The column of the stamps; MySQL does not tell upper from lower case in the names of columns. */
function stampField({ source, schema, request }: ChangesQuery): Field {
  const { table, timestampField } = request;
  const same = (field: Field): boolean => field.name.toLowerCase() === timestampField.toLowerCase();
  const field = schema.fields.find(same);
  if (field === undefined) {
    throw new PanoramaError(
      'unknown-column',
      `Source ${source}, table ${table}: there is no column ${timestampField}, which is its timestamp_field.`,
      { hint: "Correct timestamp_field in the table's partitions, or remove it with the interval." },
    );
  }
  if (field.type.kind !== 'date' && field.type.kind !== 'timestamp') {
    throw new PanoramaError(
      'settings-invalid',
      `Source ${source}, table ${table}: the timestamp_field ${timestampField} is of the type ${field.declared}, ` +
        'which does not say when a row changed.',
      { hint: 'Name a column of the type DATE, DATETIME or TIMESTAMP, or remove it with the interval.' },
    );
  }
  return field;
}

/**
 * The moment from which on a stamp lies in the interval, with as much of it as the column can hold: a row of this day
 * or second shall not look older than it is. It counts back from before the snapshot, however late in a long run
 * this is asked, for nothing that came later can be in the snapshot.
 */
async function beginOfInterval(connection: Connection, query: ChangesQuery, stamp: Field): Promise<string> {
  const { source, request } = query;
  const interval = parseInterval(request.interval);
  if (interval === undefined) throw badInterval(query, 'is not an interval of MySQL with a length');
  const { quantity, unit } = interval;
  const sql = `SELECT CAST(DATE_SUB(${OPENED}, INTERVAL ? ${unit}) AS CHAR) AS since`;
  const [row] = await execute(connection, source, sql, [quantity]);
  const since = row?.['since'];
  if (since === null || since === undefined || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/.test(since))
    throw badInterval(query, 'reaches back further than MySQL can count');
  if (stamp.type.kind === 'date') return since.slice(0, 10);
  const digits = parseDeclaredType(stamp.declared).args[0] ?? 0;
  return digits === 0 ? since.slice(0, 19) : since.slice(0, 20 + digits);
}

function badInterval({ source, request }: ChangesQuery, what: string): PanoramaError {
  return new PanoramaError(
    'settings-invalid',
    `Source ${source}, table ${request.table}: the interval ${JSON.stringify(request.interval)} ${what}.`,
    { hint: "Write a number and a unit, e.g. 2 hour, 90 minute or '1:30' hour_minute." },
  );
}

/** Runs a query and gives the bytes of its cells. */
function selectBytes(
  connection: Connection,
  sql: string,
  source: string,
  table: string,
): Promise<(Buffer | null)[][]> {
  return new Promise((resolve, reject) => {
    connection.query(
      { sql, rowsAsArray: true, typeCast: (cell) => cell.buffer() },
      (error: Error | null, rows: unknown) => {
        if (error) reject(mysqlError(error, source, { table, reading: true }));
        else resolve(rows as (Buffer | null)[][]);
      },
    );
  });
}
