import { posix } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  NULL_PARTITION,
  originalPartitionFolder,
  parsePartitionFolder,
  partitionFolder,
  safeFolder,
} from '../../src/lake/escape.ts';

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

  it('is a bijection that never leaves its folder (D47)', () => {
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

  it('refuses what no file system holds (D49)', () => {
    expect(partitionFolder('k', 'x'.repeat(253))).toHaveLength(255);
    expect(() => partitionFolder('k', 'x'.repeat(254))).toThrow(/256 bytes/);
    expect(() => partitionFolder('k', 'é'.repeat(200))).toThrow(/partition column k/);
  });

  // What urllib.parse.quote of Python 3.11 gives, but for the forms that it could not write or that lead elsewhere.
  it.each<[string | null, string]>([
    ['course-v1:Org 1+A&B=C%+2024', 'k=course-v1%3AOrg%201%2BA%26B%3DC%25%2B2024'],
    ['course-v1:Uni+Ünï+2024', 'k=course-v1%3AUni%2B%C3%9Cn%C3%AF%2B2024'],
    ['edX/Open_DemoX/edx_demo_course', 'k=edX/Open_DemoX/edx_demo_course'],
    ["a_b.c-d~e!*'()", 'k=a_b.c-d~e%21%2A%27%28%29'],
    ['😀', 'k=%F0%9F%98%80'],
    ['..', 'k=..'],
    ['', 'k='],
    [null, 'k=__HIVE_DEFAULT_PARTITION__'],
    [NULL_PARTITION, 'k=%5F_HIVE_DEFAULT_PARTITION__'],
    ['a/../../x', 'k=a%2F..%2F..%2Fx'],
    ['/a', 'k=%2Fa'],
    ['a/', 'k=a%2F'],
    ['a//b', 'k=a%2F%2Fb'],
    ['a/./b', 'k=a%2F.%2Fb'],
  ])('in the layout of the original %j is %s', (value, folder) => {
    expect(originalPartitionFolder('k', value)).toBe(folder);
  });

  it('the layout of the original gives every value its own path below the table (D47)', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '/', '.', '%', '2', 'F', 'ü'), maxLength: 8 }),
        (value) => {
          const folder = originalPartitionFolder('k', value);
          expect(posix.normalize(`t/${folder}`)).toBe(`t/${folder}`);
          expect(seen.get(folder) ?? value).toBe(value);
          seen.set(folder, value);
        },
      ),
      { numRuns: 5000 },
    );
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
