import { readFile } from 'node:fs/promises';

import { namedTests, notRun, type TestReport } from './named-tests.ts';

/*
 * After all tests: each test that these pages name has run and passed. In CI one that did not is a failure; elsewhere,
 * where a server may be missing or only some files were asked for, a loud line.
 */
const PAGES = ['docs/from-the-original.md', 'docs/guarantees.md'];

const read = (name: string): Promise<string> => readFile(new URL(`../${name}`, import.meta.url), 'utf8');

const report = JSON.parse(await read('.cache/tests.json')) as TestReport;
for (const page of PAGES) {
  const named = namedTests(await read(page));
  const missing = notRun(named, report);
  for (const { file, name } of missing)
    console.error(`*** named by ${page}, and not run: ${file} > ${name} ***`);
  console.log(`${named.length - missing.length} of ${named.length} tests of ${page} ran and passed`);
  if (missing.length > 0 && process.env['CI'] === 'true') process.exitCode = 1;
}
