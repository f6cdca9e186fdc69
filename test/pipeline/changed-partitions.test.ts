import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { extractAndLoad } from '../../src/pipeline/run.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();

/** `partitions.interval` as panorama-elt in Python meant it: what changed lately is read, its partitions whole. */
describe.runIf(mariadbAvailable())('a table of which the settings want changed partitions', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(`CREATE DATABASE site; USE site;
      CREATE TABLE grades (id INT PRIMARY KEY, k VARCHAR(9), grade INT, modified DATETIME(6));
      INSERT INTO grades VALUES (1, 'a', 1, '2020-01-01'), (2, 'a', 1, '2020-01-01'), (3, 'b', 1, '2020-01-01'), (4, 'c', 1, '2020-01-01');`);
    await writeFile(
      join(folder, 'settings.yaml'),
      `datalake: { path: lake, format: csv, layout: original }
datasources:
- type: mysql
  mysql_port: ${server.port}
  mysql_username: ${server.user}
  mysql_password: '${server.password}'
  mysql_database: site
  tables:
  - name: grades
    partitions: { partition_fields: [k], interval: 2 hour, timestamp_field: modified }
    fields: [{ name: id }, { name: k }, { name: grade }, { name: modified }]
`,
    );
  });
  afterAll(() => server?.stop());

  /** Loads, and answers `partition: id=grade …` of all files. */
  async function load(force = false): Promise<string[]> {
    const settings = await loadSettings({ file: join(folder, 'settings.yaml'), env: {} });
    const report = await extractAndLoad({ settings, selection: { all: true }, force, allowShrink: true });
    expect(report.failures).toEqual([]);
    const names = await readdir(join(folder, 'lake/grades'), { recursive: true });
    const files = names.filter((name) => name.endsWith('.csv')).sort();
    return Promise.all(
      files.map(async (name) => {
        const text = await readFile(join(folder, 'lake/grades', name), 'utf8');
        const rows = text.split('\r\n').slice(1, -1);
        return `${name.split('/')[0]}: ${rows.map((row) => row.split(',').slice(0, 2).join('=')).join(' ')}`;
      }),
    );
  }

  it('is read whole the first time', async () => {
    expect(await load()).toEqual(['k=a: 1=1 2=1', 'k=b: 3=1', 'k=c: 4=1']);
  });

  it('has the partitions rewritten whole in which a stamp is in the interval, and no others', async () => {
    await server.exec(`USE site; UPDATE grades SET grade = 2 WHERE id IN (1, 3);
      UPDATE grades SET modified = UTC_TIMESTAMP(6) WHERE id = 2; DELETE FROM grades WHERE id = 4;`);
    expect(await load()).toEqual(['k=a: 1=2 2=1', 'k=b: 3=1', 'k=c: 4=1']);
  });

  it('is read whole with force, and what is gone goes', async () => {
    expect(await load(true)).toEqual(['k=a: 1=2 2=1', 'k=b: 3=2']);
  });
});
