import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance } from '../../src/edit-distance.ts';
import { nearest } from '../../src/settings/nearest.ts';

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['kitten', 'sitting', 3],
  ['flaw', 'lawn', 2],
  ['same', 'same', 0],
])('distance of %j and %j is %d', (a, b, expected) => {
  expect(editDistance(a, b)).toBe(expected);
  expect(editDistance(b, a)).toBe(expected);
});

test('distance is a metric', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

const KEYS = ['mysql_username', 'mysql_password', 'mysql_host', 'name', 'path', 'type', 'exclude'];

test.each([
  ['mysql_pasword', 'mysql_password'],
  ['mysql-password', 'mysql_password'],
  ['MYSQL_HOST', 'mysql_host'],
  ['mysqlhost', 'mysql_host'],
  ['password', 'mysql_password'],
  ['username', 'mysql_username'],
  ['nmae', 'name'],
  ['pth', 'path'],
  ['excludes', 'exclude'],
  ['frobnicate', undefined],
  ['x', undefined],
])('nearest to %j is %j', (word, expected) => expect(nearest(word, KEYS)).toBe(expected));
