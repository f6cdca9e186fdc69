import { join } from 'node:path';

import { DATABASE } from '../tables/table.ts';
import type { Peer } from './peer.ts';
import { environment, here } from './python.ts';

/** dlt: its own work files are made and removed beside its Parquet files, as part of what it does. */
export function dlt(backend: 'pyarrow' | 'connectorx'): Peer {
  const name = `dlt-${backend}`;
  return {
    name,
    async prepare(server, table, folder) {
      const python = join(await environment('dlt-requirements.txt'), 'bin/python');
      const output = join(folder, name);
      return {
        name,
        title: `dlt 1.31, ${backend} backend, to Parquet (Snappy)`,
        reference: 'mariadb',
        output: join(output, 'files'),
        holds: 'parquet',
        rounds: 3,
        command: {
          file: 'sh',
          args: [
            '-c',
            // Each run is a first one: what it remembers of the last is removed.
            'rm -rf "$0/work" && exec "$@" "$0"',
            output,
            python,
            here('dlt-load.py'),
            server.host,
            String(server.port),
            server.user,
            DATABASE,
            table.name,
            backend,
          ],
          env: { MYSQL_PWD: server.password },
        },
      };
    },
  };
}
