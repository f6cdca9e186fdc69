import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type LakeReader, readLake } from '../../src/pipeline/read-lake.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';
import { datasourceOf } from './datasource-of.ts';

const path = join(tempDir(), 'my lake ü');
const VALUES = [
  null,
  '',
  '.',
  '..',
  '%41',
  '__HIVE_DEFAULT_PARTITION__',
  'NULL',
  'a\nb',
  'A',
  'a',
  'a ',
  'a/b=c',
  '\'"',
  '😀',
  '\uFEFF',
  '\uFEFFabc',
];
const TABLES = ['a/b', '..', '_panorama', 'T', 'q"uo`te', 'select'];

describe.runIf(mariadbAvailable())('names and values that would break paths or SQL', () => {
  let server: MariadbServer;
  let lake: LakeReader;

  async function rows(sql: string): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const chunk of (await lake.engine.query(sql)).rows()) found.push(...chunk);
    return found;
  }

  beforeAll(async () => {
    server = await startMariadb();
    const cells = VALUES.map(
      (value, i) => `(${i}, ${value === null ? 'NULL' : `x'${Buffer.from(value).toString('hex')}'`})`,
    );
    await server.exec(`
      CREATE DATABASE odd CHARACTER SET utf8mb4; USE odd;
      ${TABLES.map((name) => name.replaceAll('`', '``'))
        .map(
          (name) =>
            `CREATE TABLE \`${name}\` (\`a"b\` int, \`filename\` text, \`rows\` int); INSERT INTO \`${name}\` VALUES (1, 'x', 2);`,
        )
        .join('\n')}
      CREATE TABLE parts (id int, p varchar(300)); INSERT INTO parts VALUES ${cells.join()};
      CREATE TABLE too_long (id int, p varchar(300)); INSERT INTO too_long VALUES (1, REPEAT('x', 300));
    `);
    const settings: Settings = {
      datalake: {
        type: 'local',
        path,
        format: 'parquet',
        layout: 'hive',
        basePartitions: [{ name: 'lms', type: 'varchar', value: 'a/b:80' }],
      },
      datasources: [
        {
          ...datasourceOf(server, 'odd'),
          tables: [
            ...TABLES.map((name) => ({ name })),
            { name: 'parts', partitions: { partitionFields: ['p'] } },
            { name: 'too_long', partitions: { partitionFields: ['p'] } },
          ],
        },
      ],
    };
    const report = await extractAndLoad({ settings, selection: { all: true } });
    expect(report.failures.map(({ table, error }) => [table, error.code])).toEqual([
      ['too_long', 'partition-too-long'],
    ]);
    expect(report.tables.map(({ table }) => table)).toEqual([...TABLES, 'parts']);
    lake = await readLake(path);
  });
  afterAll(async () => {
    await lake?.close();
    await server?.stop();
  });

  it.each(TABLES)('table %s', async (name) => {
    expect(await rows(`SELECT * FROM "table_${name.replaceAll('"', '""')}"`)).toEqual([
      ['1', 'x', '2', 'a/b:80'],
    ]);
  });

  it('partition values', async () => {
    expect(await rows('SELECT id, p FROM table_parts ORDER BY id')).toEqual(
      VALUES.map((value, i) => [String(i), value]),
    );
    expect(await rows("SELECT id FROM table_parts WHERE p = 'a'")).toEqual([[String(VALUES.indexOf('a'))]]);
  });
});
