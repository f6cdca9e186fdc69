import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeOnce, run } from './server-process.ts';

/** The machine's own Go, whatever the user has set for it. */
const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' });

/** The minor version of the machine's Go 1; 0 where there is none. */
function goVersion(): number {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: goEnvironment() });
  return Number(/^go1\.(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

/** What there is to build a program with. */
interface GoBuild {
  /** The folder to fill, where `go install` puts programs, too. */
  readonly fresh: string;
  /** A folder that is removed afterwards. */
  readonly scratch: string;
  /** Runs the go command, in `scratch` unless another folder is named. @returns what it prints */
  go(args: readonly string[], folder?: string): Promise<string>;
}

/**
 * Makes a folder once with what Go builds. Needs Go's module proxy; the modules and what is compiled on the way are
 * removed again.
 * @param version of Go that is needed: the minor version of Go 1
 * @throws Error that says what is missing
 */
export async function buildWithGo(
  folder: string,
  version: number,
  build: (tools: GoBuild) => Promise<void>,
): Promise<void> {
  if (goVersion() < version) throw new Error(`there is no Go 1.${version} or newer to build it with`);
  const scratch = await mkdtemp(join(tmpdir(), 'panorama-go-'));
  try {
    await makeOnce(folder, async (fresh) => {
      const env = {
        ...goEnvironment(),
        GOBIN: fresh,
        GOMODCACHE: join(scratch, 'modules'),
        GOCACHE: join(scratch, 'compiled'),
        GOFLAGS: '-modcacherw',
        CGO_ENABLED: '0',
      };
      const go = async (args: readonly string[], cwd = scratch): Promise<string> =>
        (await run('go', args, { cwd, env, maxBuffer: 1 << 26 })).stdout;
      await build({ fresh, scratch, go });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
