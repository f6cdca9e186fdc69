import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NULL_PARTITION, parsePartitionFolder, partitionFolder, safeFolder } from '../../src/lake/escape.ts';

const CASES: [value: string | null, folder: string][] = [
  [null, 'k=__HIVE_DEFAULT_PARTITION__'],
  ['', 'k='],
  ['NULL', 'k=NULL'],
  [NULL_PARTITION, 'k=%5F_HIVE_DEFAULT_PARTITION__'],
  ['course-v1:Org+Course+Run', 'k=course-v1%3AOrg+Course+Run'],
  ['Org/Course/Run', 'k=Org%2FCourse%2FRun'],
  ['..', 'k=..'],
  ['a/../../x', 'k=a%2F..%2F..%2Fx'],
  ['a=b%c d', 'k=a%3Db%25c d'],
  ['ü 你 😀', 'k=ü 你 😀'],
  ['%41', 'k=%2541'],
  ['\'"\\\u0000\n\u007f', 'k=%27%22%5C%00%0A%7F'],
  ['{[]^}*?#', 'k=%7B%5B%5D%5E}%2A%3F%23'],
  ['e\u0301', 'k=e\u0301'],
];

describe('partition folders', () => {
  it.each(CASES)('%j is %s', (value, folder) => {
    expect(partitionFolder('k', value)).toBe(folder);
    expect(parsePartitionFolder(folder)).toEqual({ name: 'k', value });
  });

  it('is a bijection that never leaves its folder', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
        (value, name) => {
          fc.pre([value, name].every((text) => Buffer.from(text).toString() === text));
          let folder: string;
          try {
            folder = partitionFolder(name, value);
          } catch {
            return; // too long
          }
          expect(folder).not.toMatch(/[/\0]/);
          expect(parsePartitionFolder(folder)).toEqual({ name, value });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('refuses what no file system holds', () => {
    expect(partitionFolder('k', 'x'.repeat(253))).toHaveLength(255);
    expect(() => partitionFolder('k', 'x'.repeat(254))).toThrow(/256 bytes/);
    expect(() => partitionFolder('k', 'é'.repeat(200))).toThrow(/partition column k/);
  });

  it.each([
    ['auth_user', 'auth_user'],
    ['..', '%2E%2E'],
    ['.', '%2E'],
    ['a/b', 'a%2Fb'],
    ['a.b', 'a.b'],
    ['_panorama', '%5Fpanorama'],
    ['_panorama2', '_panorama2'],
  ])('makes %j the folder %s', (name, folder) => expect(safeFolder(name)).toBe(folder));
});
