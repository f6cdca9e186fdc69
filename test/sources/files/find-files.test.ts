import { symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

import { expect, test } from 'vitest';

import { expandPattern, findFiles, plainName } from '../../../src/sources/files/find-files.ts';
import { folders } from '../folder-of.ts';

const folderOf = folders();

const folder = folderOf({
  'a.csv': '',
  'b.csv': '',
  'B+(1).csv': '',
  'é.csv': '',
  '.hidden.csv': '',
  '~$a.csv': '',
  'x/a.csv': '',
  'x/y/a.csv': '',
  'x/y/c.txt': '',
  '.git/a.csv': '',
  'n[1].csv': '',
});

test.each<[string, string[]]>([
  ['*.csv', ['B+(1).csv', 'a.csv', 'b.csv', 'n[1].csv', 'é.csv']],
  ['?.csv', ['a.csv', 'b.csv', 'é.csv']],
  ['[ab].csv', ['a.csv', 'b.csv']],
  ['[a-c].csv', ['a.csv', 'b.csv']],
  ['[!a].csv', ['b.csv', 'é.csv']],
  ['[^a].csv', ['b.csv', 'é.csv']],
  ['B+(?).csv', ['B+(1).csv']],
  ['.*.csv', ['.hidden.csv']],
  ['*/a.csv', ['x/a.csv']],
  ['**/a.csv', ['a.csv', 'x/a.csv', 'x/y/a.csv']],
  ['x/**/*', ['x/a.csv', 'x/y/a.csv', 'x/y/c.txt']],
  ['**/y/*.t?t', ['x/y/c.txt']],
  ['**', []],
  ['*.xlsx', []],
  ['nowhere/*.csv', []],
  // Names that are there stand for themselves.
  ['n[1].csv', ['n[1].csv']],
  ['x', ['x']],
  ['nowhere.csv', ['nowhere.csv']],
])('the pattern %s', async (pattern, expected) => {
  const found = await expandPattern(join(folder, pattern));
  expect(found.map((path) => relative(folder, path))).toEqual(expected);
});

test('files of several places, each once; folders by the endings that are wanted', async () => {
  const places = ['x', 'x/a.csv', '?.csv', 'x/y/c.txt'].map((place) => join(folder, place));
  const { files, notices } = await findFiles(places, /\.csv$/, 'CSV');
  expect(files.map(({ path }) => relative(folder, path))).toEqual([
    'x/a.csv',
    'x/y/a.csv',
    'a.csv',
    'b.csv',
    'é.csv',
    'x/y/c.txt',
  ]);
  expect(notices).toEqual([`${join(folder, 'x/y')}: passed over 1 of .txt files`]);
});

test('what a link leads to is a file; one that leads nowhere is passed over', async () => {
  const linked = folderOf({ 'real.csv': 'x' });
  symlinkSync(join(linked, 'real.csv'), join(linked, 'link.csv'));
  symlinkSync(join(linked, 'nowhere'), join(linked, 'dead.csv'));
  const { files, notices } = await findFiles([linked], /\.csv$/, 'CSV');
  expect(files.map(({ path, size }) => [relative(linked, path), size])).toEqual([
    ['link.csv', 1],
    ['real.csv', 1],
  ]);
  expect(notices).toEqual([`${linked}: passed over 1 of .csv files`]);
});

test.each([
  ['/x/grades.csv', 'grades'],
  ['/x/grades.2024.csv.gz', 'grades.2024'],
  ['/x/grades.tsv.ZST', 'grades'],
  ['/x/grades', 'grades'],
])('the plain name of %s', (path, name) => {
  expect(plainName(path)).toBe(name);
});
