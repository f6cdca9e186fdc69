import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { readSettingsFile, replaceSettingsFile } from '../../src/settings/settings-file.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();
const isRoot = process.getuid?.() === 0;

async function made(name: string, text = 'a: 1\n') {
  const place = path.join(folder, name);
  await mkdir(path.dirname(place), { recursive: true });
  await writeFile(place, text);
  return { place, file: await readSettingsFile({ file: place, env: {} }) };
}

test('the new text stands in the file, whole, with its mode, and nothing else is left (D42)', async () => {
  const { place, file } = await made('mode/s.yaml');
  await chmod(place, 0o640);
  await replaceSettingsFile(file, 'b: ü\n');
  expect(await readFile(place, 'utf8')).toBe('b: ü\n');
  expect((await stat(place)).mode & 0o7777).toBe(0o640);
  expect(await readdir(path.dirname(place))).toEqual(['s.yaml']);
});

test.runIf(isRoot)('the owner stays', async () => {
  const { place, file } = await made('owner/s.yaml');
  await chown(place, 12_345, 23_456);
  await replaceSettingsFile(file, 'b: 2\n');
  expect(await stat(place)).toMatchObject({ uid: 12_345, gid: 23_456 });
});

test('a link stays a link, and what it leads to is replaced', async () => {
  const { place } = await made('target/real.yaml');
  const link = path.join(folder, 'link.yaml');
  await symlink('target/real.yaml', link);
  await replaceSettingsFile(await readSettingsFile({ file: link, env: {} }), 'b: 2\n');
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readlink(link)).toBe('target/real.yaml');
  expect(await readFile(place, 'utf8')).toBe('b: 2\n');
  expect(await readdir(path.dirname(place))).toEqual(['real.yaml']);
});

test('a byte order mark stays', async () => {
  const { place, file } = await made('mark/s.yaml', '\uFEFFa: 1\n');
  expect(file.text).toBe('a: 1\n');
  await replaceSettingsFile(file, 'b: 2\n');
  expect(await readFile(place, 'utf8')).toBe('\uFEFFb: 2\n');
});

test('what somebody else wrote meanwhile is not lost', async () => {
  const { place, file } = await made('race/s.yaml');
  await writeFile(place, 'theirs: 1\n');
  await expect(replaceSettingsFile(file, 'b: 2\n')).rejects.toMatchObject({
    code: 'settings-unwritable',
    exit: 1,
    message: expect.stringMatching(/changed by somebody else/),
  });
  expect(await readFile(place, 'utf8')).toBe('theirs: 1\n');
  expect(await readdir(path.dirname(place))).toEqual(['s.yaml']);
});

test.runIf(!isRoot)('a folder that may not be written is told', async () => {
  const { place, file } = await made('locked/s.yaml');
  await chmod(path.dirname(place), 0o500);
  await expect(replaceSettingsFile(file, 'b: 2\n')).rejects.toMatchObject({
    code: 'settings-unwritable',
    message: expect.stringMatching(/rights of its folder/),
  });
  await chmod(path.dirname(place), 0o700);
  expect(await readFile(place, 'utf8')).toBe('a: 1\n');
});

test('a file that is gone is told and not made anew', async () => {
  const { place, file } = await made('gone/s.yaml');
  await rm(place);
  await expect(replaceSettingsFile(file, 'b: 2\n')).rejects.toMatchObject({ code: 'settings-unwritable' });
  expect(await readdir(path.dirname(place))).toEqual([]);
});
