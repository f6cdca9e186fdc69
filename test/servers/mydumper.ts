import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';

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

/** Version 0.10 now and then waits for itself for ever. */
const PATIENCE = 30_000;

/** Runs mydumper on a server, into the folder after `-o`; it must succeed. */
export async function mydumper(server: DatabaseServer, args: readonly string[]): Promise<void> {
  const connection = ['-S', server.socket, '-u', 'root', '-t', '2', '--no-backup-locks'];
  for (let attempt = 1; ; attempt++) {
    try {
      await run('mydumper', [...connection, ...args], { timeout: PATIENCE, killSignal: 'SIGKILL' });
      return;
    } catch (error) {
      if ((error as { killed?: boolean }).killed !== true || attempt === 3) throw error;
      const folder = args[args.indexOf('-o') + 1];
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
  }
}
