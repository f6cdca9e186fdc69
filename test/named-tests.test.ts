import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { type NamedTest, namedTests } from '../scripts/named-tests.ts';

/** The string literals of a source, so that no comment counts. */
function literals(source: string): string[] {
  const found = source.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g);
  return Array.from(found, ([, single, double, back]) =>
    (single ?? double ?? back!).replace(/\\(['"`\\])/g, '$1'),
  );
}

it.each([
  ['docs/from-the-original.md', 100],
  ['docs/guarantees.md', 20],
])('%s names tests that exist', async (page, least) => {
  const named = namedTests(await readFile(join(import.meta.dirname, '..', page), 'utf8'));
  expect(named.length).toBeGreaterThan(least);
  const gone: NamedTest[] = [];
  for (const one of named) {
    const source = await readFile(join(import.meta.dirname, one.file), 'utf8').catch(() => '');
    if (!literals(source).some((literal) => literal.includes(one.name))) gone.push(one);
  }
  expect(gone).toEqual([]);
});
