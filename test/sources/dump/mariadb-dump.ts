import { execFile } from 'node:child_process';
import { type MariadbServer, mariadbProgram } from '../../servers/mariadb.ts';

/** What `mariadb-dump` with these options writes. */
export function dumpOf(server: MariadbServer, args: readonly string[]): Promise<Buffer> {
  const connection = ['--no-defaults', `--socket=${server.socket}`, '--user=root'];
  return new Promise((resolve, reject) => {
    execFile(
      mariadbProgram('mariadb-dump'),
      [...connection, ...args],
      { encoding: 'buffer', maxBuffer: 2 ** 30 },
      (error, stdout, stderr) =>
        error ? reject(new Error(stderr.toString() || error.message)) : resolve(stdout),
    );
  });
}
