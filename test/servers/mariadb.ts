import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

import {
  asRoot,
  CACHE,
  type DatabaseServer,
  makeOnce,
  run,
  type ServerKind,
  type StartOptions,
  startServer,
} from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

/** A private MariaDB server. */
export type MariadbServer = DatabaseServer;

const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin'];
const NEEDED = ['mariadbd', 'mariadb-install-db', 'mariadb', 'mariadb-dump'];
const SETTINGS = ['--innodb-log-file-size=8M'];

function find(program: string): string | undefined {
  for (const folder of FOLDERS) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

let answer: boolean | undefined;

/**
 * True where the MariaDB server and its tools are installed. Where they are not, suites skip with a loud line,
 * except in CI, where that is a failure.
 */
export function mariadbAvailable(): boolean {
  if (answer !== undefined) return answer;
  const missing = NEEDED.filter((program) => find(program) === undefined);
  answer = missing.length === 0;
  if (answer) return true;
  tellMissing(`MariaDB is not installed (${missing.join(', ')}): apt-get install mariadb-server`);
  return false;
}

/** The full path of a MariaDB program that {@link mariadbAvailable} has found. */
export function mariadbProgram(name: 'mariadb' | 'mariadb-dump' | 'mariadbd' | 'mariadb-install-db'): string {
  const path = find(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/** Made once per server version and kept in the user's cache. */
async function template(): Promise<string> {
  const { stdout } = await run(mariadbProgram('mariadbd'), ['--no-defaults', '--version']);
  const version = /Ver (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  return makeOnce(join(CACHE, `mariadb-${version}`), async (fresh) => {
    await run(mariadbProgram('mariadb-install-db'), [
      '--no-defaults',
      `--datadir=${fresh}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--innodb-flush-log-at-trx-commit=0',
      '--skip-log-bin',
      ...SETTINGS,
      ...asRoot(),
    ]);
  });
}

/** Starts a server and waits until it takes connections. */
export function startMariadb(options: StartOptions = {}): Promise<MariadbServer> {
  const kind: ServerKind = {
    name: 'mariadb',
    server: [mariadbProgram('mariadbd')],
    client: [mariadbProgram('mariadb')],
    dump: [mariadbProgram('mariadb-dump')],
    template,
    args: SETTINGS,
    withoutTls: [],
  };
  return startServer(kind, options);
}
