import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../../test/servers/server-process.ts';
import { DATABASE } from '../tables/table.ts';
import type { Peer } from './peer.ts';
import { here } from './python.ts';

/** Files per table: with one alone a single thread would work. */
const FILES = 4;

/** mydumper with two threads: SQL text, as it is or compressed. */
export function mydumper(kind: 'plain' | 'zstd'): Peer {
  const name = kind === 'plain' ? 'mydumper' : 'mydumper-zstd';
  return {
    name,
    async prepare(server, table, folder) {
      await install('mydumper');
      if (kind === 'zstd') await install('zstd');
      const output = join(folder, name);
      // Its password would be seen among the processes if it were an argument.
      const options = join(folder, 'mydumper.cnf');
      await writeFile(options, `[client]\npassword=${server.password}\n`, { mode: 0o600 });
      const program = [
        'mydumper',
        `--defaults-file=${options}`,
        `--host=${server.host}`,
        `--port=${server.port}`,
        `--user=${server.user}`,
        `--database=${DATABASE}`,
        `--tables-list=${table.name}`,
        '--threads=2',
        `--rows=${Math.ceil(table.rows / FILES)}`,
      ];
      return {
        name,
        title:
          kind === 'plain'
            ? '`mydumper -t 2`: SQL text'
            : '`mydumper -t 2`, each file through `zstd -c`: SQL text, compressed',
        reference: 'mariadb',
        output,
        command:
          kind === 'plain'
            ? { file: 'mydumper', args: [...program.slice(1), `--outputdir=${output}`] }
            : { file: 'sh', args: [here('mydumper.sh'), output, `${DATABASE}.${table.name}`, ...program] },
      };
    },
  };
}

/** Installs a package of Debian whose program has the same name, where it is missing and we may. */
async function install(name: string): Promise<void> {
  if (has(name)) return;
  if (process.getuid?.() !== 0 || !has('apt-get'))
    throw new Error(`${name} is not installed: apt-get install ${name}`);
  await run('apt-get', ['-q', 'update']);
  await run('apt-get', ['-q', '-y', '--no-install-recommends', 'install', name]);
}

function has(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}
