import { readdir } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { storageChecks } from '../../src/storage/checks.ts';
import { localStorage } from '../../src/storage/local.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();

it('find nothing wrong with a local folder, and leave nothing', async () => {
  for (const { run } of storageChecks(localStorage(folder))) expect(await run()).toBeUndefined();
  const left = await readdir(folder, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
});

it.each([
  ['If-None-Match', (token: string | undefined) => token === undefined],
  ['If-Match', (token: string | undefined) => token !== undefined],
])('notice a storage that writes whatever %s says', async (condition, ignored) => {
  const local = localStorage(folder);
  const careless = {
    ...local,
    async putIf(name: string, bytes: Uint8Array, token: string | undefined) {
      const now = ignored(token) ? (await local.read(name))?.token : token;
      return local.putIf(name, bytes, now);
    },
  };
  const checks = storageChecks(careless);
  const problems = [];
  for (const { what, run } of checks) problems.push([what, (await run())?.message]);
  expect(problems.filter(([, message]) => message !== undefined)).toEqual([
    [
      'conditional write',
      `The store of ${local.root} does not honour the condition ${condition} of a write.`,
    ],
  ]);
});
