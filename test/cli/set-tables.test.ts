import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { goldenSettings } from '../golden/site.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { ODD, writeFolder } from '../sources/modulestore/site.ts';
import { textRow, workbookOf } from '../sources/xls/write-workbook.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';
import { DUMP } from './dump-text.ts';
import { IN_NAMESPACE } from './namespace.ts';

const folder = tempDir();
const file = join(folder, 'panorama_settings.yaml');
const run = (...args: string[]): Promise<CliResult> => cli(args, { cwd: folder });
const text = (): Promise<string> => readFile(file, 'utf8');

const SETTINGS = `# The site
datalake:
  path: lake
datasources:
- type: dump
  name: first
  location: first # of yesterday
  tables:
  # people
  - name: auth_user
    fields:
    - { name: id, type: varchar } # the key
    - { name: country, value: NZ }
  - name: gone
- type: dump
  name: second
  location: second
`;

describe('set-tables and set-tables-fields, from dumps', () => {
  beforeAll(async () => {
    for (const [name, dump] of [
      ['first', DUMP],
      [
        'second',
        'CREATE TABLE `other` (`id` int(11) NOT NULL, `note` text);\n-- Dump completed on 2026-01-01\n',
      ],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'site.sql'), dump);
    }
  });
  beforeEach(() => writeFile(file, SETTINGS));

  it('lists the tables of all data sources, changes nothing else, and says what (D41, D42)', async () => {
    const done = await run('set-tables', '--all', '--yes');
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toBe(`--- panorama_settings.yaml
+++ panorama_settings.yaml
@@ -11,7 +11,10 @@
     fields:
     - { name: id, type: varchar } # the key
     - { name: country, value: NZ }
-  - name: gone
+  - name: courseware_studentmodule
+  - name: empty_table
 - type: dump
   name: second
   location: second
+  tables:
+  - name: other
panorama_settings.yaml updated
`);
    const after = SETTINGS.replace(
      '  - name: gone\n',
      '  - name: courseware_studentmodule\n  - name: empty_table\n',
    );
    expect(await text()).toBe(`${after}  tables:\n  - name: other\n`);
    const again = await run('set-tables', '-a');
    expect(again).toMatchObject({ code: 0, stdout: 'panorama_settings.yaml is up to date\n' });
  });

  it('lists the columns of the listed tables', async () => {
    expect((await run('set-tables-fields', '-t', 'auth_user', '--yes')).code).toBe(0);
    expect(await text()).toBe(
      SETTINGS.replace('type: varchar } # the key', 'type: int } # the key').replace(
        'value: NZ }\n',
        'value: NZ }\n    - { name: username, type: varchar }\n    - { name: password, type: varchar }\n    - { name: last_login, type: datetime }\n',
      ),
    );
  });

  it('lists only the tables asked for, in the source that has them', async () => {
    expect((await run('set-tables', '--tables', 'other', '--yes')).code).toBe(0);
    expect(await text()).toBe(`${SETTINGS}  tables:\n  - name: other\n`);
    await writeFile(file, SETTINGS);
    expect((await run('set-tables', '-d', 'first', '-t', 'empty_table', '-y')).code).toBe(0);
    expect(await text()).toContain('  # people\n  - name: empty_table\n- type: dump\n');
  });

  it('shows the change and asks; without a terminal nothing is written', async () => {
    const asked = await run('set-tables', '--all');
    expect(asked.stdout).toContain('+  - name: other\n');
    expect(asked.stderr).toMatch(/no terminal to answer it\.\n {2}Add --yes\. \[usage\]/);
    expect(asked.code).toBe(2);
    expect(await text()).toBe(SETTINGS);
  });

  it.each([
    ['y', 0],
    ['n', 2],
    ['', 2],
  ])('at a terminal the answer %j ends with %d', async (answer, code) => {
    const done = await cli(['set-tables', '--all'], {
      cwd: folder,
      // A terminal of its own, which `script` makes.
      shell: `printf '${answer}\\n' | script -qec "$*" /dev/null`,
    });
    expect(done.stdout).toContain('Write panorama_settings.yaml? [y/N]');
    expect(done.code).toBe(code);
    expect((await text()) === SETTINGS).toBe(code !== 0);
  });

  it('JSON says what changed, without secrets', async () => {
    await writeFile(file, SETTINGS.replace('  path: lake\n', '  path: lake\n# mysql_password: canary\n'));
    const done = await run('--json', 'set-tables', '--all', '--yes');
    expect(JSON.parse(done.stdout)).toEqual({
      file,
      changed: true,
      diff: expect.stringContaining('+  - name: other'),
    });
    expect(done.stdout).not.toContain('canary');
    expect(JSON.parse((await run('--json', 'set-tables', '--all', '--yes')).stdout)).toEqual({
      file,
      changed: false,
      diff: '',
    });
  });

  it.each([
    [['set-tables'], 'nothing-selected'],
    [['set-tables', '--all', '--tables', 'other'], 'cannot be used together'],
    [['set-tables', '--tables', 'nope', '--yes'], 'unknown-table'],
    [['set-tables', '--datasource', 'nope', '--yes'], 'unknown-datasource'],
    [['set-tables-fields', '--tables', 'nope', '--yes'], 'unknown-table'],
    [['set-tables-fields', '--datasource', 'second', '--yes'], 'List them first: panorama set-tables.'],
    [['set-tables-fields', '--all', '--yes'], 'gone'],
  ])('%j is refused and the file stays', async (args, words) => {
    const done = await run(...args);
    expect(done.stderr).toContain(words);
    expect(done.code).toBe(2);
    expect(await text()).toBe(SETTINGS);
  });

  it('works for sources of every kind, all at once (D41)', async () => {
    await mkdir(join(folder, 'csv'), { recursive: true });
    await writeFile(join(folder, 'csv/countries.csv'), 'code,Full name\r\nNZ,New Zealand\r\n');
    const sheets = { 'Grade book': textRow(1, ['learner', 'grade']) + textRow(2, ['ada', 'A']) };
    await writeFile(join(folder, 'grades.xlsx'), workbookOf({ sheets }));
    await writeFolder(join(folder, 'mongo'), ODD);
    const more = `- type: csv
  location: csv
- type: xls
  location: grades.xlsx
- type: openedx_course_structures
  location: mongo
`;
    await writeFile(file, SETTINGS.replace('  - name: gone\n', '') + more);
    const tables = await run('set-tables', '--all', '--yes');
    expect(tables.code, tables.stderr).toBe(0);
    const fields = await run('set-tables-fields', '--all', '--yes');
    expect(fields.code, fields.stderr).toBe(0);
    const after = await text();
    expect(after).toContain(
      '  location: csv\n  tables:\n  - name: countries\n    fields:\n    - { name: code, type: text }\n    - { name: Full name, type: text }\n',
    );
    expect(after).toContain(
      '  tables:\n  - name: Grade book\n    fields:\n    - { name: learner, type: text }\n    - { name: grade, type: text }\n',
    );
    expect(after).toContain(
      '  tables:\n  - name: course_structures\n    fields:\n    - { name: module_location, type: varchar }\n',
    );
    expect(await run('settings', 'check')).toMatchObject({ code: 0 });
    const load = await run('extract-and-load', '--all');
    expect(load.code, load.stderr).toBe(0);
  });

  it('a table that two sources have is refused', async () => {
    await writeFile(file, SETTINGS.replace('location: second', 'location: first'));
    const done = await run('set-tables', '-t', 'auth_user', '--yes');
    expect(done.stderr).toMatch(
      /several data sources: first, second\.\n {2}Name one of them with --datasource/,
    );
    expect(done.code).toBe(2);
  });

  it('a file that is a mount of its own cannot be replaced, and stays', async () => {
    const done = await cli(['set-tables', '--all', '--yes'], {
      cwd: folder,
      env: { SCRIPT: `mount --bind ${file} ${file} && exec "$@"` },
      shell: IN_NAMESPACE,
    });
    expect(done.stdout).toContain('+  - name: other\n');
    expect(done.stderr).toMatch(/cannot be replaced: it is a mount of its own.*\n.*\[settings-unwritable\]/);
    expect(done.code).toBe(1);
    expect(await text()).toBe(SETTINGS);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keeps the mode of the file and follows a link', async () => {
    const real = join(folder, 'real.yaml');
    await writeFile(real, SETTINGS);
    await chmod(real, 0o640);
    await symlink('real.yaml', join(folder, 'link.yaml'));
    expect((await run('--settings', 'link.yaml', 'set-tables', '--all', '--yes')).code).toBe(0);
    expect(await readFile(real, 'utf8')).toContain('- name: other');
    expect((await stat(real)).mode & 0o777).toBe(0o640);
    await rm(join(folder, 'link.yaml'));
  });
});

describe.runIf(mariadbAvailable())('set-tables and set-tables-fields, from a server', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(`
      CREATE DATABASE shop; USE shop;
      CREATE TABLE customers (Id INT PRIMARY KEY, name VARCHAR(50), balance DECIMAL(10,2) UNSIGNED, big BIGINT UNSIGNED,
        kind ENUM('a','b'), made DATETIME(6), doc JSON);
      CREATE TABLE \`Order Lines\` (id INT, \`2nd\` INT, \`null\` TEXT);
      CREATE VIEW recent AS SELECT name FROM customers;
    `);
  });
  afterAll(() => server?.stop());

  const connection = (): string => `mysql_host: 127.0.0.1
mysql_port: ${server.port} # not the usual one
mysql_username: ${server.user}
mysql_password: '${server.password}'
mysql_database: shop
`;

  it('writes what the server has, and the result loads', async () => {
    await writeFile(
      file,
      `datalake: { path: shop }\ndatasources:\n- type: mysql\n${connection().replaceAll(/^/gm, '  ').trimEnd()}\n`,
    );
    const listed = await run('set-tables', '--all', '--yes');
    expect(listed.code, listed.stderr).toBe(0);
    expect((await run('set-tables-fields', '--all', '--yes')).code).toBe(0);
    expect((await text()).slice((await text()).indexOf('  tables:'))).toBe(`  tables:
  - name: customers
    fields:
    - name: Id
      type: int
    - name: name
      type: varchar
    - name: balance
      type: decimal
    - name: big
      type: bigint
    - name: kind
      type: enum
    - name: made
      type: datetime
    - name: doc
      type: longtext
  - name: Order Lines
    fields:
    - name: id
      type: int
    - name: 2nd
      type: int
    - name: "null"
      type: text
`);
    const load = await run('extract-and-load', '--all');
    expect(load.code, load.stderr).toBe(0);
    const query = await run('query', '--csv', 'DESCRIBE SELECT balance, big FROM table_customers');
    expect(query.stdout).toMatch(/balance,"?DECIMAL\(10,2\)[^]*big,"?DECIMAL\(20,0\)/);
  });

  it('of the settings of the original, as PyYAML writes them, only what is new is added', async () => {
    const golden = join(import.meta.dirname, '../golden');
    await server.exec(await readFile(join(golden, 'input.sql')));
    const before = await goldenSettings({ mariadb: server });
    await writeFile(join(folder, 'golden.yaml'), before);
    const args = ['--settings', 'golden.yaml', 'set-tables-fields', '-d', 'openedx_mysql', '--yes'];
    const done = await run(...args);
    expect(done.code, done.stderr).toBe(0);
    const added = ['c_bit: bit', 'c_bin: binary', 'c_vbin: varbinary'].map((column) => column.split(': '));
    const lines = added.map(([name, type]) => `    - name: ${name}\n      type: ${type}\n`);
    expect(await readFile(join(folder, 'golden.yaml'), 'utf8')).toBe(before + lines.join(''));
  });

  it('takes a view by its name', async () => {
    expect((await run('set-tables', '-t', 'recent', '--yes')).code).toBe(0);
    expect(await text()).toMatch(/ {2}tables:\n {2}- name: recent\n$/);
  });

  it('with the flat shape, as its generation called them: no option, names without types', async () => {
    const flat = `panorama_raw_data_bucket: b\nmongodb_host: nowhere.invalid\n${connection()}# tables follow\n`;
    await writeFile(file, flat);
    expect((await run('set-tables', '-t', 'customers', '--yes')).stdout).toContain('updated');
    expect((await run('set-tables-fields', '--yes')).stdout).toContain('updated');
    const listed = `${flat.replace('# tables follow\n', '')}tables:
  - name: customers
    fields:
      - Id
      - name
      - balance
      - big
      - kind
      - made
      - doc
# tables follow
`;
    expect(await text()).toBe(listed);
    await server.exec('ALTER TABLE shop.customers DROP COLUMN doc, ADD COLUMN phone TEXT');
    const older = await run('update-settings', '--yes');
    expect(older.stderr).toBe('update-settings is now called: panorama set-tables-fields --all\n');
    expect(await text()).toBe(listed.replace('- doc', '- phone'));
  });

  it('a source that does not answer leaves the file as it was', async () => {
    const before = `datalake: { path: shop }\ndatasources:\n- type: dump\n  location: first\n- type: mysql\n  mysql_port: 1\n`;
    await writeFile(file, before);
    const done = await run('set-tables', '--all', '--yes');
    expect(done.stderr).toContain('source-unreachable');
    expect(done.code).toBe(1);
    expect(await text()).toBe(before);
  });
});
