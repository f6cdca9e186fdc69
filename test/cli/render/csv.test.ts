import { expect, test } from 'vitest';

import { renderCsv } from '../../../src/cli/render/csv.ts';
import { resultOf, textOf } from './result.ts';

const cells: [string, string | null, string][] = [
  ['NULL is an empty field', null, ''],
  ['the empty text is quoted', '', '""'],
  ['the text NULL is text', 'NULL', 'NULL'],
  ['quotes are doubled', 'say "hi"', '"say ""hi"""'],
  ['commas are quoted', 'a,b', '"a,b"'],
  ['line ends are kept', 'a\nb\r\nc', '"a\nb\r\nc"'],
  ['a backslash is itself', 'a\\b', 'a\\b'],
  ['spaces stay', ' a ', ' a '],
];

test.each(cells)('%s', async (_, cell, field) => {
  const result = resultOf(
    [
      ['id', 'integer'],
      ['v', 'text'],
    ],
    [['1', cell]],
  );
  expect(await textOf(renderCsv(result))).toBe(`id,v\r\n1,${field}\r\n`);
});

test('names are quoted as values are, and groups follow one another', async () => {
  const result = resultOf([['a,"b"', 'text']], [['1']], [['2'], ['3']]);
  expect(await textOf(renderCsv(result))).toBe('"a,""b"""\r\n1\r\n2\r\n3\r\n');
});

test('a result without rows is its header', async () => {
  expect(await textOf(renderCsv(resultOf([['a', 'text']])))).toBe('a\r\n');
});
