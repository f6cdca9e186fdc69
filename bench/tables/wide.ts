import { type BenchTable, inDatabase } from './table.ts';

/** Each a type and an expression over `h`, 32 bits that differ by row and column. */
const KINDS: readonly (readonly [type: string, value: string])[] = [
  ['tinyint', 'CAST(h % 256 AS SIGNED) - 128'],
  ['smallint unsigned', 'h % 65536'],
  ['int', 'CAST(h AS SIGNED) - 2147483648'],
  ['bigint', '(CAST(h AS SIGNED) - 2147483648) * 4294967296 + CAST(h % 977 AS SIGNED)'],
  ['bigint unsigned', '18446744073709551615 - h'],
  ['decimal(9,2)', '(CAST(h % 1999999999 AS SIGNED) - 999999999) / 100'],
  ['decimal(30,6)', '(CAST(h AS SIGNED) - 2147483648) * 100000000700000.000001'],
  ['double', '(CAST(h % 2000000 AS SIGNED) - 1000000) / 64'],
  ['varchar(40)', 'LEFT(MD5(h), h % 33)'],
  ['varchar(20)', `ELT(1 + h % 6, 'audit', 'honor', 'verified', 'größer', '学生', '')`],
  ['text', `CONCAT('a "quoted" text, ', h, ' 🙂 ', REPEAT('x', h % 20))`],
  ['datetime(6)', `'1999-12-31' + INTERVAL (h % 900000000) SECOND + INTERVAL (h % 1000000) MICROSECOND`],
  ['timestamp', `'2001-02-03' + INTERVAL (h % 700000000) SECOND`],
  ['date', `'1950-01-01' + INTERVAL (h % 40000) DAY`],
  ['time', 'SEC_TO_TIME(CAST(h % 6000000 AS SIGNED) - 3000000)'],
  ['tinyint(1)', 'h % 2'],
  ['bit(1)', 'h % 2'],
  ['year', '1970 + h % 100'],
  [`enum('a','b','c')`, `ELT(1 + h % 3, 'a', 'b', 'c')`],
  ['binary(16)', 'UNHEX(MD5(h))'],
];

const WIDTH = 150;
/** Every so many rows a column that may be NULL is NULL; 1 is always. Every eighth column is NOT NULL. */
const NULLS = [0, 2, 7, 100, 1, 3, 11, 5];

/** 150 columns of all kinds with many patterns of NULL: what a cell costs. */
export function wide(rows: number): BenchTable {
  const name = 'wide';
  const columns = Array.from({ length: WIDTH }, (_, i) => `c${i}`);
  return {
    name,
    columns,
    rows,
    async fill(server) {
      const types = columns.map((column, i) => {
        const nullable = NULLS[i % NULLS.length] !== 0;
        // A timestamp without a word about NULL gets a default that changes by itself.
        return `${column} ${kind(i)[0]} ${nullable ? 'NULL DEFAULT NULL' : 'NOT NULL'}`;
      });
      const values = columns.map((_, i) => {
        const h = `CRC32(CONCAT(seq, ':', ${i}))`;
        const value = kind(i)[1].replaceAll(/\bh\b/g, h);
        const every = NULLS[i % NULLS.length]!;
        return every === 0 ? value : `IF(seq % ${every} = 0, NULL, ${value})`;
      });
      await inDatabase(
        server,
        `
        SET time_zone = '+00:00';
        DROP TABLE IF EXISTS ${name};
        CREATE TABLE ${name} (${types.join(', ')}) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
        INSERT INTO ${name} SELECT ${values.join(', ')} FROM seq_1_to_${rows};
        ANALYZE TABLE ${name};`,
      );
    },
  };
}

function kind(column: number): readonly [type: string, value: string] {
  return KINDS[column % KINDS.length]!;
}
