import type { Connection } from 'mysql2';

import type { Field } from '../../rows/field.ts';
import type { PartitionChoice, PartitionValues } from '../source.ts';
import { execute, quoteName } from './connection.ts';
import { bytesLiteral, indexLiteral } from './index-literal.ts';
import { selectExpression, type TableQuery } from './table-query.ts';

/** About how many characters of SQL one query may have: max_allowed_packet is 1 MiB where it is small. */
const SQL_LIMIT = 900_000;
/** MariaDB makes a longer IN a join with a table of the values, whose types are its own guess. */
const IN_LIMIT = 1000;

/**
 * The bytes that a column has in a batch, as SQL: its text in UTF-8 whatever its own character set, or its bytes where
 * it holds bytes. Values are told apart by them, never under a collation.
 */
export function cellExpression(field: Field): string {
  if (field.type.kind === 'binary') return `CAST(${quoteName(field.name)} AS BINARY)`;
  return `CAST(CONVERT(${selectExpression(field)} USING utf8mb4) AS BINARY)`;
}

/**
 * What follows the table's name in statements that together read the rows of some partitions, each row once: one
 * statement, or several where it would be too long. Each has a condition that an index can serve and that keeps at
 * least the wanted rows, and the exact one.
 */
export async function partitionConditions(
  connection: Connection,
  query: TableQuery,
  { fields, values }: PartitionChoice,
  limit = SQL_LIMIT,
): Promise<string[]> {
  const charsets = await columnCharsets(connection, query);
  return [...chunks(distinct(values), limit)].map((chunk) => {
    const conditions = fields.flatMap((field, place) => {
      const cells = chunk.map((combination) => combination[place]!);
      return indexCondition(field, charsets.get(field.name.toLowerCase()), cells) ?? [];
    });
    return `WHERE ${[...conditions, exactCondition(fields, chunk)].join(' AND ')}`;
  });
}

async function columnCharsets(
  connection: Connection,
  { source, address, request }: TableQuery,
): Promise<Map<string, string>> {
  const rows = await execute(
    connection,
    source,
    `SELECT COLUMN_NAME AS name, CHARACTER_SET_NAME AS charset FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND CHARACTER_SET_NAME IS NOT NULL`,
    [address.database, request.table],
  );
  return new Map(rows.map((row) => [row['name']!.toLowerCase(), row['charset']!]));
}

function distinct(values: readonly PartitionValues[]): PartitionValues[] {
  const text = (value: Buffer | null): string => (value === null ? 'NULL' : value.toString('hex'));
  return [...new Map(values.map((combination) => [combination.map(text).join(), combination])).values()];
}

function* chunks(values: readonly PartitionValues[], limit: number): Generator<PartitionValues[]> {
  let chunk: PartitionValues[] = [];
  let size = 0;
  for (const combination of values) {
    // Two digits a byte in either condition, and what is around them.
    const more = combination.reduce((sum, value) => sum + 4 * (value?.length ?? 0) + 32, 0);
    if (size + more > limit && chunk.length > 0) {
      yield chunk;
      chunk = [];
      size = 0;
    }
    chunk.push(combination);
    size += more;
  }
  if (chunk.length > 0) yield chunk;
}

/** Undefined where there is a value by which an index could miss a row. */
function indexCondition(
  field: Field,
  charset: string | undefined,
  cells: readonly (Buffer | null)[],
): string | undefined {
  const literals = new Set<string>();
  for (const cell of cells) {
    const literal = cell === null ? NULL : indexLiteral(field, charset, cell);
    if (literal === undefined) return undefined;
    literals.add(literal);
  }
  const column = quoteName(field.name);
  const nulls = literals.delete(NULL) ? [`${column} IS NULL`] : [];
  return anyOf([...isIn(column, [...literals]), ...nulls]);
}

const NULL = 'NULL';

/** The rows that have one of the combinations, byte by byte; those with NULL in the same columns together. */
function exactCondition(fields: readonly Field[], values: readonly PartitionValues[]): string {
  const cells = fields.map(cellExpression);
  const groups = new Map<string, PartitionValues[]>();
  for (const combination of values) {
    const key = combination.map((value) => (value === null ? 'n' : 'v')).join('');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [combination]);
    else group.push(combination);
  }
  return anyOf(
    [...groups.values()].map((group) => {
      const valued = cells.flatMap((cell, place) => (group[0]![place] === null ? [] : [cell]));
      const nulls = cells.flatMap((cell, place) => (group[0]![place] === null ? [`${cell} IS NULL`] : []));
      if (valued.length === 0) return nulls.join(' AND ');
      const rows = group.map((combination) =>
        row(combination.flatMap((value) => (value === null ? [] : [bytesLiteral(value)]))),
      );
      return [...nulls, anyOf(isIn(row(valued), rows))].join(' AND ');
    }),
  );
}

const row = (parts: readonly string[]): string => (parts.length === 1 ? parts[0]! : `(${parts.join(', ')})`);
const anyOf = (conditions: readonly string[]): string => `(${conditions.join(' OR ')})`;

function isIn(expression: string, literals: readonly string[]): string[] {
  const lists: string[] = [];
  for (let from = 0; from < literals.length; from += IN_LIMIT)
    lists.push(`${expression} IN (${literals.slice(from, from + IN_LIMIT).join(', ')})`);
  return lists;
}
