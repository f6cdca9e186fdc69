import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { storageContract } from 'panorama-elt/contracts/storage';
import { expect, it } from 'vitest';

import { openLake } from '../../examples/own-lake/mirror.mjs';
import { cli, lakeContents } from '../cli/cli.ts';
import { DUMP } from '../cli/dump-text.ts';
import { tempDir } from '../temp-dir.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/own-lake/', import.meta.url));
const root = tempDir();
let counter = 0;
const newFolder = (): string => join(root, String(counter++));

async function open(folder: string) {
  return (await openLake({ options: { path: 'lake', mirror: 'mirror' }, folder })).storage;
}

storageContract('the example of a lake', () => open(newFolder()));

/** What the folder holds that readers see. */
function published(folder: string): Record<string, string> {
  const all = Object.entries(lakeContents(folder));
  return Object.fromEntries(all.filter(([name]) => !/^_panorama\/(?!tables\/)/.test(name)));
}

it('loads by its settings file, and the mirror is a lake that says the same', async () => {
  const folder = newFolder();
  await mkdir(join(folder, 'backup'), { recursive: true });
  await copyFile(join(EXAMPLE, 'panorama_settings.yaml'), join(folder, 'panorama_settings.yaml'));
  await symlink(join(EXAMPLE, 'mirror.mjs'), join(folder, 'mirror.mjs'));
  const load = async (dump: string) => {
    await writeFile(join(folder, 'backup/site.sql'), dump);
    const { code, stderr } = await cli(['extract-and-load', '--all', '--allow-shrink'], { cwd: folder });
    expect(code, stderr).toBe(0);
    expect(published(join(folder, 'mirror'))).toEqual(published(join(folder, 'lake')));
    expect(lakeContents(join(folder, 'mirror'))).toEqual(published(join(folder, 'mirror')));
  };
  const count = async (...where: string[]): Promise<string> => {
    const sql = 'SELECT count(*) AS n FROM openedx_table_courseware_studentmodule';
    const { code, stdout, stderr } = await cli(['query', ...where, '--csv', sql], { cwd: folder });
    expect(code, stderr).toBe(0);
    return stdout;
  };

  await load(DUMP);
  const files = Object.keys(published(join(folder, 'mirror')));
  expect(files.filter((name) => name.startsWith('openedx/courseware_studentmodule/'))).toHaveLength(2);
  expect([await count(), await count('--lake', 'mirror')]).toEqual(['n\r\n3\r\n', 'n\r\n3\r\n']);

  const [head, tail] = DUMP.split('INSERT INTO `courseware_studentmodule`') as [string, string];
  await load(head + tail.slice(tail.indexOf(';') + 1));
  expect([await count(), await count('--lake', 'mirror')]).toEqual(['n\r\n0\r\n', 'n\r\n0\r\n']);
});

it('makes up for a copy that failed, when the step is done again', async () => {
  const folder = newFolder();
  const storage = await open(folder);
  const name = '_panorama/tables/t.json';
  const mirrored = (): Promise<string> => readFile(join(folder, 'mirror', name), 'utf8');
  await mkdir(folder);
  await writeFile(join(folder, 'mirror'), 'in the way');
  const writer = await storage.stage('t/t.csv');
  await writer.write(Buffer.from('1\n'));
  const staged = await writer.finish();
  await expect(storage.commit(staged)).rejects.toMatchObject({ code: 'lake-unwritable' });
  await expect(storage.putIf(name, Buffer.from('{}'), undefined)).rejects.toMatchObject({
    code: 'lake-unwritable',
  });

  await rm(join(folder, 'mirror'));
  await storage.commit(staged);
  expect(await readFile(join(folder, 'mirror/t/t.csv'), 'utf8')).toBe('1\n');
  expect(await storage.putIf(name, Buffer.from('[]'), undefined)).toBeUndefined();
  await expect(mirrored()).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await storage.putIf(name, Buffer.from('{}'), undefined)).toBeUndefined();
  expect(await mirrored()).toBe('{}');
});

it.each([
  [{}, 'two folders'],
  [{ path: 'lake' }, 'two folders'],
  [{ path: 'lake', mirror: ['mirror'] }, 'two folders'],
  [{ path: 'lake', mirror: './lake' }, 'outside'],
  [{ path: 'lake', mirror: 'lake/mirror' }, 'outside'],
])('options %j are refused', async (options, text) => {
  await expect(async () => openLake({ options, folder: root })).rejects.toThrow(text);
});
