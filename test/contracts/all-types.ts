import { readFileSync } from 'node:fs';
import { ALL_TYPES, type ExpectedTable } from '../../src/contracts/all-types.ts';

/** The script that makes the tables of {@link ALL_TYPES}. */
export const ALL_TYPES_SQL = readFileSync(new URL('all-types.sql', import.meta.url), 'utf8');

/** Cells that MySQL stores otherwise than MariaDB: table, first cell of the row, field, cell. */
const IN_MYSQL: readonly (readonly [table: string, key: string, field: string, cell: string])[] = [
  // JSON is a type of its own there, which keeps the numbers but not the escapes of its text.
  ['texts', '3', 'doc', '{"a": 1.0, "b": [null, "é", "\\"q\\""]}'],
  // The ends of TIME have no fraction there.
  ['times', '3', 'span_6', '-838:59:59.000000'],
  ['times', '4', 'span_6', '838:59:59.000000'],
];

/** {@link ALL_TYPES} where the script ran on a MySQL server. */
export const ALL_TYPES_IN_MYSQL: readonly ExpectedTable[] = ALL_TYPES.map((expected) => ({
  ...expected,
  rows: expected.rows.map((row) =>
    row.map((cell, place) => {
      const other = IN_MYSQL.find(
        ([table, key, field]) =>
          table === expected.table && key === row[0] && field === expected.fields[place]![0],
      );
      return other === undefined ? cell : other[3];
    }),
  ),
}));
