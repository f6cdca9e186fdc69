import { type BenchTable, inDatabase } from './table.ts';

/** The largest row, in bytes: more than one packet of the protocol (16 MiB - 1) holds. */
export const LARGEST_ROW = 20 * 2 ** 20;

/** Rows of 1 MiB, half text, half bytes that no codec makes smaller, and one of 20 MiB in their middle. */
export function huge(rows: number): BenchTable {
  const name = 'huge';
  return {
    name,
    columns: ['id', 'body', 'file'],
    rows,
    fill: (server) =>
      inDatabase(
        server,
        `
        SET group_concat_max_len = 4000000;
        DROP TABLE IF EXISTS ${name};
        CREATE TABLE ${name} (
          id bigint NOT NULL PRIMARY KEY,
          body longtext NOT NULL,
          file longblob DEFAULT NULL
        ) ENGINE=InnoDB;
        SET @hex = (SELECT GROUP_CONCAT(MD5(seq) ORDER BY seq SEPARATOR '') FROM seq_1_to_32768);
        SET @text = LEFT(@hex, 524288);
        SET @bytes = UNHEX(@hex);
        INSERT INTO ${name}
        SELECT seq,
               IF(seq = ${Math.ceil(rows / 2)}, REPEAT(@text, 40), CONCAT(SUBSTRING(@text, k), LEFT(@text, k - 1))),
               IF(seq = ${Math.ceil(rows / 2)}, NULL, CONCAT(SUBSTRING(@bytes, k), LEFT(@bytes, k - 1)))
        FROM (SELECT seq, 1 + CRC32(seq) % 524288 AS k FROM seq_1_to_${rows}) AS rows_to_make;
        ANALYZE TABLE ${name};`,
      ),
  };
}
