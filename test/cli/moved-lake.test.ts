import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tempDir } from '../temp-dir.ts';
import { cli, lakeContents } from './cli.ts';
import { DUMP } from './dump-text.ts';

const folder = tempDir();

async function load(lake: string): Promise<void> {
  const { code, stderr } = await cli(['load', 'site.sql', '--lake', lake], { cwd: folder });
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
}

async function counted(lake: string): Promise<string> {
  const sql = 'SELECT count(*) AS n FROM openedx_table_courseware_studentmodule';
  return (await cli(['query', '--csv', '--lake', lake, sql], { cwd: folder })).stdout;
}

it('a lake that was copied or moved is the same lake', async () => {
  await writeFile(join(folder, 'site.sql'), DUMP);
  await load('first');
  await cp(join(folder, 'first'), join(folder, 'copy'), { recursive: true });
  await rename(join(folder, 'first'), join(folder, 'moved'));
  const before = lakeContents(join(folder, 'copy'));
  for (const lake of ['copy', 'moved']) {
    expect(await counted(lake)).toBe('n\r\n3\r\n');
    await load(lake);
    expect(Object.keys(lakeContents(join(folder, lake)))).toEqual(Object.keys(before));
  }
});

it('a lake without its states has them again after a load of all tables', async () => {
  await rm(join(folder, 'copy/_panorama'), { recursive: true });
  expect((await cli(['tables', '--lake', 'copy'], { cwd: folder })).stdout).toContain('holds no tables');
  await load('copy');
  expect(await counted('copy')).toBe('n\r\n3\r\n');
});
