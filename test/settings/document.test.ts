import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSettings } from '../../src/settings/document.ts';

/** The document's data as ordinary objects. */
function parse(yaml: string, env = {}) {
  const { root, problems } = parseSettings(yaml, env);
  expect(problems).toEqual([]);
  return structuredClone(root) as Record<string, unknown>;
}

function problems(yaml: string, env = {}) {
  return parseSettings(yaml, env).problems.map(({ line, text }) => `${line}: ${text}`);
}

test.each([
  '012345',
  '12345',
  '1.10',
  '1e3',
  '0x1F',
  '0o17',
  '1_000',
  '+1',
  '.5',
  '.inf',
  'yes',
  'on',
  'No',
  'true',
  'FALSE',
  'y',
  '2024-01-01',
  '12:30:45',
  '18446744073709551616',
  '=',
  'nullo',
  'a b',
  'pä$$wörd',
  '=a',
  'a#b',
  'a:b',
  '?x',
  '-x',
])('%s is taken as written', (text) => {
  expect(parse(`value: ${text}`)).toEqual({ value: text });
  expect(parse(`value: ${text}   # comment`)).toEqual({ value: text });
  expect(parse(`value: '${text}'`)).toEqual({ value: text });
  expect(parse(`a: [${text === '?x' ? `'${text}'` : text}]`)).toEqual({ a: [text] });
});

test.each([
  ['value: null', null],
  ['value: ~', null],
  ['value: Null', null],
  ['value: NULL', null],
  ['value:', null],
  ['value: # c', null],
  ["value: 'null'", 'null'],
  ['value: ""', ''],
  ["value: ''", ''],
  ['value: "~"', '~'],
  ['value: nULL', 'nULL'],
  ['value: |-\n  null', 'null'],
  ['value: "a\\tb\\u00fc"', 'a\tbü'],
  ["value: 'it''s'", "it's"],
  ['value: a\n  b', 'a b'],
  ['value: |\n  a\n  b\n', 'a\nb\n'],
  ['value: >-\n  a\n  b\n', 'a b'],
  ['value: ${A}', '012'],
  ['value: "${A}"', '012'],
  ["value: '${N}'", 'null'],
  ['value: ${N}', 'null'],
  ['value: ${E}', ''],
  ['value: $${A}', '${A}'],
  ['value: ${U:-d}', 'd'],
  ['value: !!str 1', '1'],
])('%j', (yaml, expected) =>
  expect(parse(yaml, { A: '012', N: 'null', E: '' })).toEqual({ value: expected }),
);

test('text that was quoted as needed comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const written = text.replaceAll('${', '$${');
      expect(parse(stringify({ value: written }, { lineWidth: 0 }))).toEqual({
        value: text.replaceAll('$${', '${'),
      });
    }),
  );
});

test('keys with nothing after them are noted and left out', () => {
  const document = parseSettings('a:\nb: ~\nc: {d: null, value: null}\n', {});
  expect(structuredClone(document.root)).toEqual({ c: { value: null } });
  expect(document.emptyKeys).toEqual([
    { path: [], key: 'a', line: 1 },
    { path: [], key: 'b', line: 2 },
    { path: ['c'], key: 'd', line: 3 },
  ]);
});

test('lines of keys, entries and what is missing', () => {
  const document = parseSettings('# c\na:\n  - x\n  -\n    b: 1\nc: >\n  t\n', {});
  expect(document.lineOf(['a'])).toBe(2);
  expect(document.lineOf(['a', 0])).toBe(3);
  expect(document.lineOf(['a', 1, 'b'])).toBe(5);
  expect(document.lineOf(['a', 1, 'none', 'none'])).toBe(document.lineOf(['a', 1]));
  expect(document.lineOf(['c'])).toBe(6);
});

test('anchors, aliases and merge keys', () => {
  const yaml = 'a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {y: 3, <<: [*a, {z: 4}]}\n';
  expect(parse(yaml)).toEqual({
    a: { x: '1', y: '2' },
    b: { x: '1', y: '2' },
    c: { x: '1', y: '3' },
    d: { x: '1', y: '3', z: '4' },
  });
});

test('a file of aliases of aliases is refused at once', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  expect(problems(lines.join('\n'))).toEqual([
    expect.stringMatching(/^\d+: aliases \(\*name\) repeat too much/),
  ]);
});

test('names of object properties are ordinary keys', () => {
  const { root } = parseSettings('__proto__: {polluted: 1}\nconstructor: 2\n', {});
  expect(Object.keys(root as object)).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each([
  ['a tab', 'a:\n\tb: 1', /^2: a tab .* use spaces/],
  ['a key twice', 'a: 1\nb: 2\na: canary', /^3: this key stands twice/],
  ['a deeper key', 'a: 1\n  b: 2', /^[12]: .*(indentation|colon)/],
  ['an open quote', 'a: "canary\nb: 1', /quote/],
  ['an open single quote', "a: 'canary\nb: 1", /quote/],
  ['an open bracket', 'a: [canary, b\nc: 1', /bracket|valid YAML|indentation/],
  ['text after a quoted value', "a: 'x' canary", /^1: .*valid YAML/],
  ['a colon in a value', 'a: can: ary', /colon/],
  ['an at sign', 'a: @canary', /^1: a value that begins with @/],
  ['a percent sign', 'a: %canary', /^1: a value that begins with @, `, %/],
  ['a backtick', 'a: `canary', /^1: a value that begins with @/],
  ['an unused anchor', 'a: &canary', /^1: a value that begins with &/],
  ['an unused anchor before text', 'a: &can ary', /^1: a value that begins with &/],
  ['an unknown alias', 'a: *canary', /^1: a value that begins with \*/],
  ['a tag', 'a: !canary', /^1: a value that begins with !/],
  ['a vault tag', 'a: !vault |\n  canary', /^1: .*tags are not supported/],
  ['a bad escape', 'a: "\\canary"', /^1: a backslash/],
  ['two documents', 'a: 1\n---\nb: canary', /^[123]: .*second document/],
  ['an unfilled template', 'a: {{ canary }}', /^1: a key must be a word/],
  ['a list as key', '? [canary]\n: 1', /^1: a key must be a word/],
  ['a merge of text', 'a:\n  <<: canary', /^2: what follows <</],
  ['a missing variable', 'a: 1\nb: ${UNSET}', /^2: the environment variable UNSET is not set/],
  ['a broken reference', 'a: x${canary', /^1: holds \$\{ without NAME/],
  ['a deep nest', `a: ${'['.repeat(50)}${']'.repeat(50)}`, /nested too deeply/],
])('%s is a problem with its line, without the text of the file', (_, yaml, expected) => {
  const found = problems(yaml);
  expect(found.join('\n')).toMatch(expected);
  expect(found.join('\n')).not.toContain('canary');
});

test('an anchor that leads back to itself is refused', () => {
  expect(problems('a: &a\n  - *a\n').join()).toMatch(/nested too deeply|repeat too much|begins with \*/);
});

test('entries of one list in two columns are named with their line', async () => {
  const file = path.join(import.meta.dirname, 'fixtures/mixed-indentation.yaml.txt');
  expect(problems(await readFile(file, 'utf8')).join('\n')).toMatch(/^8: .*indent/m);
});
