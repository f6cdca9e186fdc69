import { join } from 'node:path';

import { DATABASE } from '../tables/table.ts';
import type { Peer } from './peer.ts';
import { environment, sitePackages } from './python.ts';

/**
 * sling. The package `sling` downloads its program from elsewhere at first use; `sling-linux-amd64`, which older
 * versions of it depend on, brings one. That program hands Parquet to a DuckDB that it downloads likewise, unless
 * told to write with its own encoder.
 */
export const sling: Peer = {
  name: 'sling',
  async prepare(server, table, folder) {
    if (process.arch !== 'x64') throw new Error('PyPI has the program of sling for x86-64 only');
    const packages = await sitePackages(await environment('sling-requirements.txt'));
    const output = join(folder, 'sling');
    const { host, port, user, password } = server;
    return {
      name: 'sling',
      title: 'sling 1.4, its own encoder, to one Parquet file (Snappy)',
      reference: 'mariadb',
      output,
      holds: 'parquet',
      rounds: 3,
      command: {
        file: join(packages, 'sling_linux_amd64/bin/sling-linux-amd64'),
        args: [
          'run',
          '--src-conn',
          'BENCH',
          '--src-stream',
          `${DATABASE}.${table.name}`,
          '--tgt-object',
          `file://${output}/${table.name}.parquet`,
        ],
        env: {
          BENCH: `mysql://${user}:${password}@${host}:${port}/${DATABASE}`,
          SLING_DISABLE_TELEMETRY: 'true',
          SLING_DUCKDB_COMPUTE: 'false',
          SLING_HOME_DIR: join(folder, 'sling-home'),
        },
      },
    };
  },
};
