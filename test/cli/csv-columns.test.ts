import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tempDir } from '../temp-dir.ts';
import { cli } from './cli.ts';

const folder = tempDir();

const DUMP = `CREATE TABLE \`people\` (\`id\` int NOT NULL, \`name\` text, \`city\` text, \`more\` text);
INSERT INTO \`people\` VALUES (1,'Ada','Porto','x'),(2,'Bo','Turku','y');
-- Dump completed on 2026-01-01  0:00:00
`;

/** Loads the columns for a site. */
async function load(site: string, columns: readonly string[]): Promise<void> {
  const fields = columns.map((name) => `{ name: ${name} }`).join(', ');
  await writeFile(
    join(folder, 'panorama_settings.yaml'),
    `datalake:
  path: lake
  format: csv
  layout: hive
  base_partitions: [{ name: lms, value: ${site} }]
datasources:
  - { type: dump, name: backup, location: site.sql, tables: [{ name: people, fields: [${fields}] }] }
`,
  );
  const { code, stderr } = await cli(['extract-and-load', '--all', '--allow-schema-change'], { cwd: folder });
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
}

const file = (site: string): Promise<string> =>
  readFile(join(folder, `lake/people/lms=${site}/people.csv`), 'utf8');

it('columns of a CSV table keep their places while files of other sites stay', async () => {
  await writeFile(join(folder, 'site.sql'), DUMP);
  await load('a', ['id', 'name', 'city']);
  await load('b', ['more', 'name', 'id']);
  expect(await file('a')).toBe('id,name,city\r\n1,Ada,Porto\r\n2,Bo,Turku\r\n');
  // What only the other site has is NULL; what is new stands at the end.
  expect(await file('b')).toBe('id,name,city,more\r\n1,Ada,,x\r\n2,Bo,,y\r\n');
  await load('a', ['city', 'id']);
  expect(await file('a')).toBe('id,name,city,more\r\n1,,Porto,\r\n2,,Turku,\r\n');
  const { stdout } = await cli(['query', '--csv', 'SELECT * FROM table_people ORDER BY lms, id'], {
    cwd: folder,
  });
  expect(stdout.split('\r\n')).toEqual([
    'id,name,city,more,lms',
    '1,,Porto,,a',
    '2,,Turku,,a',
    '1,Ada,,x,b',
    '2,Bo,,y,b',
    '',
  ]);
});
