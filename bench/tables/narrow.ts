import { type BenchTable, inDatabase } from './table.ts';

/** Small rows: what a row costs beside its bytes. */
export function narrow(rows: number): BenchTable {
  const name = 'narrow';
  return {
    name,
    columns: ['id', 'a', 'b', 'word', 'at'],
    rows,
    fill: (server) =>
      inDatabase(
        server,
        `
        DROP TABLE IF EXISTS ${name};
        CREATE TABLE ${name} (
          id bigint NOT NULL PRIMARY KEY,
          a int NOT NULL,
          b int DEFAULT NULL,
          word varchar(20) NOT NULL,
          at datetime NOT NULL
        ) ENGINE=InnoDB;
        INSERT INTO ${name}
        SELECT seq, h % 1000, IF(h % 5 = 0, NULL, CAST(h AS SIGNED) - 2147483648), LEFT(MD5(h % 5000), 4 + h % 9),
               '2024-01-01' + INTERVAL (h % 50000000) SECOND
        FROM (SELECT seq, CRC32(seq) AS h FROM seq_1_to_${rows}) AS rows_to_make;
        ANALYZE TABLE ${name};`,
      ),
  };
}
