import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { cli } from '../cli/cli.ts';
import { DUMP } from '../cli/dump-text.ts';
import { tempDir } from '../temp-dir.ts';

const PROGRAM = fileURLToPath(new URL('../..', import.meta.url));
const folder = tempDir();

it('an engine of one’s own is told of tables, asked by queries and closed', async () => {
  await mkdir(join(folder, 'node_modules'));
  await symlink(PROGRAM, join(folder, 'node_modules/panorama-elt'));
  await writeFile(join(folder, 'site.sql'), DUMP);
  await writeFile(
    join(folder, 'panorama_settings.yaml'),
    'datalake: { module: ./m.mjs }\ndatasources: [{ type: dump, location: site.sql }]\n',
  );
  await writeFile(
    join(folder, 'm.mjs'),
    `import { appendFileSync } from 'node:fs';
    import { join } from 'node:path';
    import { localStorage } from 'panorama-elt';
    export function openLake({ folder }) {
      const note = (...words) => appendFileSync(join(folder, 'calls'), words.join(' ') + '\\n');
      const engine = {
        name: 'mine', capabilities: { keepsCatalog: true, columnsById: [] }, types: {},
        ensureTable: async ({ table, files }) => note('ensure', table, files.length),
        replaceViews: async ({ viewName }) => note('view', viewName),
        drop: async ({ table }) => note('drop', table),
        query: async (sql) => ({
          columns: [{ name: 'sql', type: 'TEXT', kind: 'text' }],
          async *rows() { yield [[sql]]; },
          async close() {},
        }),
        close: async () => note('closed'),
      };
      return { storage: localStorage(join(folder, 'lake')), engine, close: async () => note('storage closed') };
    }`,
  );
  const callsOf = async (...args: string[]) => {
    await rm(join(folder, 'calls'), { force: true });
    const { code, stdout, stderr } = await cli(args, { cwd: folder });
    expect(code, stderr).toBe(0);
    return { calls: (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n'), stdout };
  };
  const closed = ['closed', 'storage closed'];
  const { calls } = await callsOf('extract-and-load', '--tables', 'auth_user,courseware_studentmodule');
  expect(calls).toEqual([
    'ensure auth_user 1',
    'view table_auth_user',
    'ensure courseware_studentmodule 2',
    'view table_courseware_studentmodule',
    'ensure panorama_rejected_values 1',
    'view table_panorama_rejected_values',
    ...closed,
  ]);
  const asked = await callsOf('query', '--csv', 'ANYTHING GOES');
  expect([asked.stdout, asked.calls]).toEqual(['sql\r\nANYTHING GOES\r\n', closed]);
  const dropped = await callsOf('drop-datalake-tables', '--yes', '--tables', 'auth_user');
  expect(dropped.calls).toEqual(['drop auth_user', ...closed]);
});
