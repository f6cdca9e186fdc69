import { spawnSync } from 'node:child_process';

import { run, type DatabaseServer } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

let answer: boolean | undefined;

/** True where mydumper is installed; where it is not, suites skip with a loud line, except in CI. */
export function mydumperAvailable(): boolean {
  if (answer !== undefined) return answer;
  answer = spawnSync('mydumper', ['--version']).status === 0;
  if (!answer) tellMissing('mydumper is not installed: apt-get install mydumper');
  return answer;
}

/** Runs mydumper on a server; it must succeed. */
export async function mydumper(server: DatabaseServer, args: readonly string[]): Promise<void> {
  const connection = ['-S', server.socket, '-u', 'root', '-t', '2', '--no-backup-locks'];
  await run('mydumper', [...connection, ...args]);
}
