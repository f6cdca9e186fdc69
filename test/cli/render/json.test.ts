import { expect, test } from 'vitest';

import { renderJson } from '../../../src/cli/render/json.ts';
import type { ResultColumn } from '../../../src/engines/engine.ts';
import { resultOf, textOf } from './result.ts';

const cells: [ResultColumn['kind'], string | null, string][] = [
  ['integer', '0', '0'],
  ['integer', '-7', '-7'],
  ['integer', '9007199254740991', '9007199254740991'],
  ['integer', '9007199254740992', '"9007199254740992"'],
  ['integer', '-9223372036854775808', '"-9223372036854775808"'],
  ['decimal', '0.50', '0.50'],
  ['decimal', '-0.50', '-0.50'],
  ['decimal', '0.000000000000000000001', '0.000000000000000000001'],
  ['decimal', '123456789012.345', '123456789012.345'],
  ['decimal', '1234567890123.456', '"1234567890123.456"'],
  ['decimal', '18446744073709551615', '"18446744073709551615"'],
  ['float', '1e+300', '1e+300'],
  ['float', '0.30000000000000004', '0.30000000000000004'],
  ['float', 'nan', '"nan"'],
  ['float', '-inf', '"-inf"'],
  ['boolean', 'true', 'true'],
  ['text', 'true', '"true"'],
  ['text', '12', '"12"'],
  ['text', 'a"b\n\u0001ü', '"a\\"b\\n\\u0001ü"'],
  ['text', '', '""'],
  ['text', null, 'null'],
  ['integer', null, 'null'],
];

test.each(cells)('%s %j', async (kind, cell, json) => {
  const text = await textOf(renderJson(resultOf([['v', kind]], [[cell]])));
  expect(text).toBe(`[\n{"v":${json}}\n]\n`);
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});

test('a row per line, over groups', async () => {
  const text = await textOf(
    renderJson(
      resultOf(
        [
          ['a', 'integer'],
          ['b', 'text'],
        ],
        [['1', 'x']],
        [['2', null]],
      ),
    ),
  );
  expect(text).toBe('[\n{"a":1,"b":"x"},\n{"a":2,"b":null}\n]\n');
});

test('a result without rows is an empty array', async () => {
  expect(await textOf(renderJson(resultOf([['a', 'text']])))).toBe('[]\n');
});

test('a name that comes again keeps its value under another', async () => {
  const result = resultOf(
    [
      ['a', 'integer'],
      ['a', 'integer'],
      ['a_1', 'integer'],
    ],
    [['1', '2', '3']],
  );
  expect(JSON.parse(await textOf(renderJson(result)))).toEqual([{ a: 1, a_1: 2, a_1_1: 3 }]);
});
