import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { type NamedTest, namedTests, notRun } from '../scripts/named-tests.ts';

const page = await readFile(join(import.meta.dirname, '../docs/from-the-original.md'), 'utf8');

interface Row {
  readonly original: string;
  readonly here: string;
  readonly tests: readonly NamedTest[];
}

/** The rows of the page's tables, without their heads. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:-|in the original )/.test(line))
  .map((line): Row => {
    const [, original = '', here = '', , tests = '', ...rest] = line.split('|').map((cell) => cell.trim());
    expect([line, rest]).toEqual([line, ['']]);
    return { original, here, tests: namedTests(tests) };
  });

describe('docs/from-the-original.md', () => {
  it('has a state in every row, and a test but where something is not here', () => {
    const isRight = ({ here, tests }: Row): boolean =>
      /^\*\*(?:same|right|more|not here)\*\*/.test(here) &&
      (tests.length > 0 || here.startsWith('**not here**'));
    expect(rows.filter((row) => !isRight(row))).toEqual([]);
    expect(rows.length).toBeGreaterThan(150);
  });

  it('has each defect of the original once; from 12 on with a test that carries its number', () => {
    const defects = rows.flatMap(({ original, tests }) => {
      const number = /^D(\d+):/.exec(original)?.[1];
      return number === undefined ? [] : [{ number: Number(number), tests }];
    });
    expect(defects.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    const without = defects.filter(
      ({ number, tests }) =>
        number >= 12 && !tests.some(({ name }) => new RegExp(`\\bD${number}\\b`).test(name)),
    );
    expect(without).toEqual([]);
  });
});

describe('tests that a page names', () => {
  const named = namedTests('| a | `lake/a.test.ts > one` and `a.test.ts > one > two`, not `a.ts > one` |');

  it('are found in its code spans', () => {
    expect(named).toEqual([
      { file: 'lake/a.test.ts', name: 'one' },
      { file: 'a.test.ts', name: 'one > two' },
    ]);
  });

  it.each([
    ['passed', [['passed', 'x one y']], []],
    ['were skipped', [['skipped', 'one']], ['one']],
    ['failed', [['failed', 'one']], ['one']],
    ['have another name', [['passed', 'two']], ['one']],
    ['passed once and were skipped once', [['skipped', 'one'], ['passed', 'one']], []], // prettier-ignore
  ])('have run where they %s', (_, results, missing) => {
    const assertionResults = results.map(([status, title]) => ({
      ancestorTitles: ['suite'],
      title: title!,
      status: status!,
    }));
    const testResults = [{ name: '/somewhere/test/lake/a.test.ts', assertionResults }];
    const absent = notRun(named.slice(0, 1), { testResults });
    expect(absent.map(({ name }) => name)).toEqual(missing);
    expect(notRun(named.slice(1), { testResults })).toHaveLength(1);
  });
});
