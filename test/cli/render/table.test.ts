import { expect, test } from 'vitest';

import { renderTable } from '../../../src/cli/render/table.ts';
import { resultOf, textOf } from './result.ts';

test('numbers stand to the right, texts to the left', async () => {
  const result = resultOf(
    [
      ['id', 'integer'],
      ['name', 'text'],
      ['grade', 'decimal'],
    ],
    [
      ['1', 'Ana', '0.50'],
      ['1000', 'Bartholomew', null],
    ],
  );
  expect(await textOf(renderTable(result))).toBe(
    [
      '  id │ name        │ grade',
      '─────┼─────────────┼──────',
      '   1 │ Ana         │  0.50',
      '1000 │ Bartholomew │  NULL',
      '(2 rows)',
      '',
    ].join('\n'),
  );
});

test('no rows and one row', async () => {
  expect(await textOf(renderTable(resultOf([['a', 'text']])))).toBe('a\n─\n(0 rows)\n');
  expect(await textOf(renderTable(resultOf([['a', 'text']], [['x']])))).toContain('(1 row)');
});

test('long texts are cut, numbers never', async () => {
  const result = resultOf(
    [
      ['t', 'text'],
      ['n', 'integer'],
    ],
    [['abcdefghij', '12345678901234567890']],
    [['abcde', '1']],
  );
  const lines = (await textOf(renderTable(result, { maxWidth: 5 }))).split('\n');
  expect(lines[2]).toBe('abcd… │ 12345678901234567890');
  expect(lines[3]).toBe('abcde │                    1');
});

test('a single column is not cut', async () => {
  const long = 'x'.repeat(300);
  expect(await textOf(renderTable(resultOf([['t', 'text']], [[long]])))).toContain(long);
});

const shown: [string, string][] = [
  ['a\nb\tc', 'a␊b␉c'],
  ['\u001b[31mred', '␛[31mred'],
  ['\u007f\u0085\u202e', '␡��'],
];

test.each(shown)('%j cannot steer the terminal', async (text, visible) => {
  const lines = (
    await textOf(
      renderTable(
        resultOf(
          [
            ['t', 'text'],
            ['u', 'text'],
          ],
          [[text, 'x']],
        ),
      ),
    )
  ).split('\n');
  expect(lines[2]).toBe(`${visible} │ x`);
});

test('wide characters take two places, combining ones none', async () => {
  const result = resultOf(
    [
      ['t', 'text'],
      ['u', 'text'],
    ],
    [
      ['日本', 'x'],
      ['e\u0301a', 'x'],
      ['😀', 'x'],
      ['abcd', 'x'],
    ],
  );
  const lines = (await textOf(renderTable(result))).split('\n');
  expect(lines.slice(2, 6)).toEqual(['日本 │ x', 'e\u0301a   │ x', '😀   │ x', 'abcd │ x']);
});

test('rows after the sample keep their text', async () => {
  const many = Array.from({ length: 1500 }, (_, i) => [String(i), 'x'] as const);
  const result = resultOf(
    [
      ['n', 'integer'],
      ['t', 'text'],
    ],
    many.slice(0, 1000),
    many.slice(1000),
    [['7', 'longer']],
  );
  const lines = (await textOf(renderTable(result))).split('\n');
  expect(lines[1001]).toBe('999 │ x');
  expect(lines[1501]).toBe('1499 │ x');
  expect(lines[1502]).toBe('  7 │ longer');
  expect(lines[1503]).toBe('(1501 rows)');
});
