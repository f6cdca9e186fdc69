import { spawnSync } from 'node:child_process';

/** The machine's own Go, whatever the user has set for it. */
export const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' });

/** The minor version of the machine's Go 1; 0 where there is none. */
export function goVersion(): number {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: goEnvironment() });
  return Number(/^go1\.(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}
