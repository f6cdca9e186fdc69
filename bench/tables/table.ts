import type { MariadbServer } from '../../test/servers/mariadb.ts';

export const DATABASE = 'bench';

/** A table of the benchmark: made by the server itself, the same for the same number of rows. */
export interface BenchTable {
  readonly name: string;
  /** In order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Makes and fills the table anew. */
  fill(server: MariadbServer): Promise<void>;
}

/** Runs a script in the benchmark's database. */
export async function inDatabase(server: MariadbServer, sql: string): Promise<void> {
  await server.exec(
    `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;\nUSE ${DATABASE};\n${sql}`,
  );
}

export async function drop(server: MariadbServer, table: BenchTable): Promise<void> {
  await inDatabase(server, `DROP TABLE ${table.name};`);
}
