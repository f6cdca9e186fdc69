import { expect, test } from 'vitest';
import { substitute } from '../../src/settings/substitute.ts';

const env = { NAME: 'value', EMPTY: '', DOLLAR: '${NAME}', _a1: 'x' };

test.each([
  ['plain', 'plain'],
  ['${NAME}', 'value'],
  ['a${NAME}b${_a1}c', 'avaluebxc'],
  ['${EMPTY}', ''],
  ['${EMPTY:-other}', 'other'],
  ['${UNSET:-other}', 'other'],
  ['${UNSET:-}', ''],
  ['${UNSET:-a:-b c}', 'a:-b c'],
  ['${NAME:-other}', 'value'],
  ['${DOLLAR}', '${NAME}'],
  ['$${NAME}', '${NAME}'],
  ['$$${NAME}', '$${NAME}'],
  ['pa$$word$NAME$', 'pa$$word$NAME$'],
  ['{NAME}', '{NAME}'],
])('%j becomes %j', (written, expected) => {
  expect(substitute(written, env)).toMatchObject({ text: expected, problems: [] });
});

test.each([
  ['${UNSET}', /environment variable UNSET is not set.*\$\{UNSET:-default\}/],
  ['${}', /\$\$\{/],
  ['${canary', /\$\$\{/],
  ['${can ary}', /\$\$\{/],
  ['${1canary}', /\$\$\{/],
  ['${NAME-canary}', /\$\$\{/],
])('%j is a problem', (written, expected) => {
  const { problems } = substitute(written, env);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(expected);
  expect(problems[0]).not.toContain('canary');
});

test('every reference of a text is reported', () => {
  expect(substitute('${A}${B}${NAME}', env).problems).toHaveLength(2);
});
