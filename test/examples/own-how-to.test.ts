import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeAll, expect, it } from 'vitest';

import { tempDir } from '../temp-dir.ts';

const PROGRAM = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = join(PROGRAM, 'docs/how-to/own-lake-or-source.md');
const folder = tempDir();
const modules = join(folder, 'node_modules');

const run = (file: string, ...args: string[]) => promisify(execFile)(file, args, { cwd: folder });
const panorama = (...args: string[]) =>
  run(process.execPath, join(modules, 'panorama-elt/bin/panorama.js'), ...args);

/** The files of the page: blocks of code that begin with a comment of their name. */
async function filesOfPage(): Promise<Map<string, string>> {
  const blocks = (await readFile(PAGE, 'utf8')).matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n(.*?)^```$/gms);
  return new Map(Array.from(blocks, ([, name, text]) => [name!, text!]));
}

// What somebody has who installed the package as it is published, and vitest.
beforeAll(async () => {
  const packed = await promisify(execFile)(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    { cwd: PROGRAM },
  );
  const home = join(modules, 'panorama-elt');
  await mkdir(home, { recursive: true });
  await run('tar', '-xzf', packed.stdout.trim(), '-C', home, '--strip-components', '1');
  for (const name of await readdir(join(PROGRAM, 'node_modules')))
    await symlink(join(PROGRAM, 'node_modules', name), join(modules, name));
  for (const [name, text] of await filesOfPage()) await writeFile(join(folder, name), text);
});

it('the page has a lake, a source, their tests and the settings', async () => {
  expect([...(await filesOfPage()).keys()].sort()).toEqual([
    'my-lake.mjs',
    'my-lake.test.mjs',
    'my-source.mjs',
    'my-source.test.mjs',
    'panorama_settings.yaml',
  ]);
});

it('its tests run the suites of the package and pass', async () => {
  await run(
    process.execPath,
    join(modules, 'vitest/vitest.mjs'),
    'run',
    '--reporter=json',
    '--outputFile=r.json',
  );
  const { testResults, numFailedTests } = JSON.parse(await readFile(join(folder, 'r.json'), 'utf8')) as {
    numFailedTests: number;
    testResults: { name: string; assertionResults: { status: string; title: string }[] }[];
  };
  expect(numFailedTests).toBe(0);
  const passed = (file: string): string[] =>
    testResults
      .find(({ name }) => name.endsWith(file))!
      .assertionResults.flatMap(({ status, title }) => (status === 'passed' ? [title] : []));
  expect(passed('my-lake.test.mjs')).toContain(
    'lets one of those who replace an object at the same time win',
  );
  expect(passed('my-source.test.mjs')).toContain("'files' comes out cell by cell");
});

it('its settings load', async () => {
  await mkdir(join(folder, 'photos'));
  await writeFile(join(folder, 'photos/one.jpg'), 'four');
  await panorama('test-connections');
  await panorama('extract-and-load', '--all');
  const { stdout } = await panorama('query', '--csv', 'SELECT name, bytes FROM home_table_files');
  expect(stdout).toBe('name,bytes\r\none.jpg,4\r\n');
  const changed = (await readFile(join(folder, 'changed-files.txt'), 'utf8')).split('\n');
  expect(changed).toContain('home/files/files.parquet');
});
