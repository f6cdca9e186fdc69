import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CACHE, makeOnce, run } from '../../test/servers/server-process.ts';

/** The file of this folder with that name. */
export function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * A virtual environment with what a requirements file of this folder names, made once and kept in the cache.
 * Only prebuilt packages are installed.
 * @returns its folder; its Python is `bin/python` (its other programs know it by the name it was made under)
 * @throws Error with what Python or pip said
 */
export async function environment(requirements: string): Promise<string> {
  const file = here(requirements);
  const digest = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 8);
  const name = requirements.replace(/-requirements\.txt$/, '');
  return makeOnce(join(CACHE, `bench-${name}-${digest}`), async (fresh) => {
    await told(run('python3', ['-m', 'venv', fresh]));
    const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--requirement', file];
    await told(run(join(fresh, 'bin/python'), pip));
  });
}

/** Where the environment's packages lie. */
export async function sitePackages(folder: string): Promise<string> {
  const script = 'import sysconfig; print(sysconfig.get_paths()["purelib"])';
  return (await run(join(folder, 'bin/python'), ['-c', script])).stdout.trim();
}

async function told(running: Promise<unknown>): Promise<void> {
  await running.catch((error: Error & { stderr?: string }) => {
    throw new Error(error.stderr?.trim().slice(-600) || error.message);
  });
}
