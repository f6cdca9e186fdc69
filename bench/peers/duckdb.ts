import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { DATABASE } from '../tables/table.ts';
import type { Peer } from './peer.ts';
import { environment, here, sitePackages } from './python.ts';

/** DuckDB's own reader of MySQL. `INSTALL mysql` needs DuckDB's server; a package of PyPI carries the same file. */
export const duckdb: Peer = {
  name: 'duckdb-mysql',
  async prepare(server, table, folder) {
    const python = await environment('duckdb-requirements.txt');
    const packages = await sitePackages(python);
    const extensions = join(packages, 'duckdb_ext/extensions');
    const found = (await readdir(extensions, { recursive: true })).find((file) =>
      file.endsWith('/mysql_scanner.duckdb_extension'),
    );
    if (found === undefined) throw new Error('duckdb-ext-mysql brought no extension for this machine');
    const output = join(folder, 'duckdb-mysql');
    return {
      name: 'duckdb-mysql',
      title: "DuckDB 1.4's mysql extension, to one Parquet file (zstd)",
      reference: 'mariadb',
      output,
      holds: 'parquet',
      rounds: 3,
      command: {
        file: join(python, 'bin/python'),
        args: [
          here('duckdb-load.py'),
          server.host,
          String(server.port),
          server.user,
          DATABASE,
          table.name,
          join(extensions, found),
          output,
        ],
        env: { MYSQL_PWD: server.password },
      },
    };
  },
};
