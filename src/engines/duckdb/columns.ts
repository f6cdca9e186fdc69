import type { DuckDBPreparedStatement, DuckDBType } from '@duckdb/node-api';

import type { ResultColumn } from '../engine.ts';
import { quoteName } from '../quote-name.ts';

const INTEGERS = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM)$/;

/** The columns of a prepared SELECT. */
export function resultColumns(statement: DuckDBPreparedStatement): ResultColumn[] {
  return Array.from({ length: statement.columnCount }, (_, i) => {
    const type = typeName(statement.columnType(i));
    return { name: statement.columnName(i), type, kind: kindOf(type) };
  });
}

function typeName(type: DuckDBType): string {
  return type.toString();
}

function kindOf(type: string): ResultColumn['kind'] {
  if (INTEGERS.test(type)) return 'integer';
  if (/^DECIMAL\([^()]*\)$/.test(type)) return 'decimal';
  if (type === 'FLOAT' || type === 'DOUBLE') return 'float';
  return type === 'BOOLEAN' ? 'boolean' : 'text';
}

/*
 * A statement is wrapped as the subquery of our own: `(statement) AS t(c0, c1, …)`. Columns have their places
 * as names there, for a result may have the same name twice.
 */

export function wrapped(statement: string, columns: readonly ResultColumn[]): string {
  return `(\n${statement}\n) AS t(${columns.map((_, i) => `c${i}`).join(', ')})`;
}

/** Column `index` of {@link wrapped} as exact text. */
export function asText(column: ResultColumn, index: number): string {
  return column.type === 'BLOB' ? `lower(hex(c${index}))` : `CAST(c${index} AS VARCHAR)`;
}

/** Columns of {@link wrapped} as a Parquet file can hold them without loss, each under a name of its own. */
export function asParquet(columns: readonly ResultColumn[]): string[] {
  const names = uniqueNames(columns.map(({ name }) => name));
  return columns.map(({ type }, i) => {
    // Parquet has no integers beyond 64 bits; DuckDB would write a DOUBLE.
    const value = type.endsWith('HUGEINT') ? `CAST(c${i} AS DECIMAL(38,0))` : `c${i}`;
    return `${value} AS ${quoteName(names[i]!)}`;
  });
}

function uniqueNames(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 1; used.has(unique.toLowerCase()); n++) unique = `${name}_${n}`;
    used.add(unique.toLowerCase());
    return unique;
  });
}
