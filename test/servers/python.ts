import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CACHE, makeOnce, run } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

/** The virtual environments by their name: what they are for, and their list of wheels, for Python 3.10 and newer. */
const ENVIRONMENTS = {
  python: { file: 'python-requirements.txt', what: 'Python with pyarrow and moto' },
  linters: { file: 'linter-requirements.txt', what: 'Python with the linters of deploy/' },
} as const;

type EnvironmentName = keyof typeof ENVIRONMENTS;

const requirementsOf = (name: EnvironmentName): string =>
  fileURLToPath(new URL(ENVIRONMENTS[name].file, import.meta.url));

/** `3.11` of the machine's python3; undefined where there is none. */
function pythonVersion(): string | undefined {
  const answer = spawnSync('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    encoding: 'utf8',
  });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

/** True where python3 can make a virtual environment; Debian has the part for that in a package of its own. */
export function pythonMakesEnvironments(): boolean {
  return spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0;
}

/** A virtual environment in the cache; its Python is the machine's, so each version has its own. */
function environment(name: EnvironmentName, version: string): string {
  const packages = createHash('sha256')
    .update(readFileSync(requirementsOf(name)))
    .digest('hex')
    .slice(0, 12);
  return join(CACHE, `${name}-${version}-${packages}`);
}

const interpreter = (folder: string): string => join(folder, 'bin', 'python');

/**
 * Makes the virtual environments unless that was done before; needs PyPI or a mirror that pip is set up for.
 * @throws Error that says what is missing
 */
export async function provisionPython(): Promise<void> {
  const version = pythonVersion();
  if (version === undefined) throw new Error('there is no python3');
  for (const name of Object.keys(ENVIRONMENTS) as EnvironmentName[])
    await makeOnce(environment(name, version), async (fresh) => {
      await run('python3', ['-m', 'venv', fresh]);
      const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
      await run(interpreter(fresh), ['-m', 'pip', 'install', ...options, '-r', requirementsOf(name)]);
    });
}

const answers = new Map<EnvironmentName, string | undefined>();

/**
 * The Python that has the requirements. Where there is none, suites skip with a loud line, except in CI, where that
 * is a failure.
 */
export function testPython(name: EnvironmentName = 'python'): string | undefined {
  if (!answers.has(name)) {
    const version = pythonVersion();
    const program = version === undefined ? undefined : interpreter(environment(name, version));
    answers.set(name, program !== undefined && existsSync(program) ? program : undefined);
    if (answers.get(name) === undefined)
      tellMissing(`${ENVIRONMENTS[name].what} is missing: npm run provision`);
  }
  return answers.get(name);
}
