import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { type MariadbServer, startMariadb } from '../test/servers/mariadb.ts';
import { measure, type Measured } from './measure.ts';
import { slowWire, type WireOptions } from './slow-wire.ts';
import { studentModule } from './tables/student-module.ts';
import { DATABASE } from './tables/table.ts';

const USAGE = `npm run bench:jobs -- [options]        (needs MariaDB's server, Linux, and a built package)

What --jobs wins or costs: four tables, over loopback and over wires as slow as networks.

  --rows N     rows of all tables together, 1000000
  --rounds N   rounds, 3
  --jobs LIST  numbers of connections, 1,2,4
  --tables N   number of tables, 4
  --wires LIST loopback,narrow,far`;

const CLI = fileURLToPath(new URL('../bin/panorama.js', import.meta.url));

const WIRES: readonly { readonly key: string; readonly name: string; readonly options?: WireOptions }[] = [
  { key: 'loopback', name: 'loopback' },
  { key: 'narrow', name: '20 MB/s a connection', options: { bytesPerSecond: 20e6 } },
  { key: 'far', name: '5 ms each way', options: { delay: 5 } },
];

async function settings(folder: string, server: MariadbServer, port: number): Promise<string> {
  const file = join(folder, `${port}.yaml`);
  await writeFile(
    file,
    `datalake: { path: ${join(folder, 'lake')} }
datasources:
  - { type: mysql, mysql_host: 127.0.0.1, mysql_port: ${port}, mysql_username: ${server.user}, mysql_database: ${DATABASE} }
`,
  );
  return file;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      jobs: { type: 'string', default: '1,2,4' },
      tables: { type: 'string', default: '4' },
      wires: { type: 'string', default: 'loopback,narrow,far' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stderr.write(`${USAGE}\n`);
  const [rows, rounds, tables] = [Number(values.rows), Number(values.rounds), Number(values.tables)];
  const folder = await mkdtemp(join(tmpdir(), 'panorama-jobs-'));
  const server = await startMariadb({
    args: ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M', '--innodb-doublewrite=OFF'],
  });
  try {
    for (let part = 1; part <= tables; part++)
      await studentModule(Math.round(rows / tables), `part${part}`).fill(server);
    for (const { name, options } of WIRES.filter(({ key }) => values.wires.split(',').includes(key))) {
      const wire = options === undefined ? undefined : await slowWire(server.port, options);
      const file = await settings(folder, server, wire?.port ?? server.port);
      const runs = new Map<string, Measured[]>();
      for (let round = 0; round <= rounds; round++) {
        for (const jobs of values.jobs.split(',')) {
          await rm(join(folder, 'lake'), { recursive: true, force: true });
          const args = [CLI, '--settings', file, 'extract-and-load', '--all', '--jobs', jobs];
          const run = await measure(
            { file: process.execPath, args, env: { MYSQL_PWD: server.password } },
            new AbortController().signal,
          );
          // The first round warms the server.
          if (round > 0) runs.set(jobs, [...(runs.get(jobs) ?? []), run]);
        }
      }
      for (const [jobs, measured] of runs) {
        const of = (pick: (run: Measured) => number): number => median(measured.map(pick));
        const seconds = measured.map((run) => run.seconds.toFixed(2)).join(' ');
        process.stdout.write(
          `${name.padEnd(22)} jobs ${jobs}: ${of((r) => r.seconds).toFixed(2)} s (${seconds}), ` +
            `${of((r) => r.cpuSeconds).toFixed(2)} CPU s, ${Math.round(of((r) => r.peakRss) / 1e6)} MB\n`,
        );
      }
      wire?.close();
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
