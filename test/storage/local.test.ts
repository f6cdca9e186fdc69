import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { localStorage } from '../../src/storage/local.ts';
import { storageContract } from '../../src/contracts/storage.ts';
import { tempDir } from '../temp-dir.ts';

const base = tempDir();
let counter = 0;

storageContract('local', async () => localStorage(join(base, String(counter++))));

describe('local storage', () => {
  it('never leaves its root', async () => {
    const storage = localStorage(join(base, String(counter++)));
    expect(() => storage.locate('../outside')).toThrow(/leaves the lake/);
    await expect(storage.stage('a/../../outside')).rejects.toThrow(/leaves the lake/);
    expect(storage.locate('a/k=..')).toContain('k=..');
  });

  it('says which folder cannot be written and why', async () => {
    const file = join(base, 'a-file');
    await writeFile(file, '');
    const storage = localStorage(join(file, 'lake'));
    await expect(storage.stage('t')).rejects.toMatchObject({
      code: 'lake-unwritable',
      message: expect.stringMatching(/a part of the path is a file/),
    });
  });

  it('does not follow a symbolic link planted in its staging folder (D45)', async () => {
    const root = join(base, String(counter++));
    const storage = localStorage(root);
    const writer = await storage.stage('a');
    const [folder] = await readdir(join(root, '_panorama/staging'));
    const [name] = await readdir(join(root, '_panorama/staging', folder!));
    await writer.abort();
    const victim = join(base, 'victim');
    await writeFile(victim, 'precious');
    const next = name!.replace(/\d+$/, (n) => String(Number(n) + 1));
    await symlink(victim, join(root, '_panorama/staging', folder!, next));
    await expect(storage.stage('b')).rejects.toMatchObject({ code: 'lake-unwritable' });
  });
});
