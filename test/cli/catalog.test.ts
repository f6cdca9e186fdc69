import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult, lakeContents } from './cli.ts';
import { DUMP } from './dump-text.ts';

const folder = tempDir();
const SETTINGS = `datalake:
  type: local
  path: lake
  base_prefix: openedx
  base_partitions:
    - { name: lms, type: varchar, value: lms.example.com }
datasources:
  - name: backup
    type: dump
    location: dumps
    tables:
      - name: auth_user
        datalake_table_name: people_raw
        datalake_table_view: people
        fields:
          - { name: username, type: varchar }
          - { name: id, type: int }
          - { name: country, type: varchar, value: NZ }
          - { name: nothing, type: int, value: null }
          - { name: zero, type: int, value: 0 }
      - name: courseware_studentmodule
        partitions: { partition_fields: [course_id] }
`;

const run = (...args: string[]): Promise<CliResult> => cli(args, { cwd: folder });
const rows = async (sql: string): Promise<unknown> => JSON.parse((await run('query', '--json', sql)).stdout);

describe('catalog commands, with a settings file', () => {
  beforeAll(async () => {
    await mkdir(join(folder, 'dumps'));
    await writeFile(join(folder, 'dumps/site.sql'), DUMP);
    await writeFile(join(folder, 'panorama_settings.yaml'), SETTINGS);
  });

  it('registers tables before their first load, empty and typed', async () => {
    const created = await run('create-datalake-tables', '--all');
    expect(created.stdout).toContain('auth_user: created (people_raw, people)');
    expect(created.code).toBe(0);
    expect(await rows('SELECT count(*)::INTEGER AS n FROM people')).toEqual([{ n: 0 }]);
    const types = await rows(
      'SELECT column_name, column_type FROM (DESCRIBE openedx_table_courseware_studentmodule)',
    );
    expect(types).toEqual([
      { column_name: 'id', column_type: 'BIGINT' },
      { column_name: 'grade', column_type: 'DOUBLE' },
      { column_name: 'lms', column_type: 'VARCHAR' },
      { column_name: 'course_id', column_type: 'VARCHAR' },
    ]);
    expect((await run('create-datalake-tables', '--all')).stdout).toContain('already there');
  });

  it('loads with constants, names, field order and base partitions of the settings', async () => {
    const load = await run('extract-and-load', '--all', '--force');
    expect(load.code, load.stderr).toBe(0);
    expect(Object.keys(lakeContents(join(folder, 'lake')))).toEqual(
      expect.arrayContaining([
        'openedx/auth_user/lms=lms.example.com/auth_user.parquet',
        'openedx/courseware_studentmodule/lms=lms.example.com/course_id=Org%2FOld%2FRun/courseware_studentmodule.parquet',
      ]),
    );
    expect(await rows('SELECT * FROM people ORDER BY id LIMIT 1')).toEqual([
      { username: 'ada', id: 1, country: 'NZ', nothing: null, zero: 0, lms: 'lms.example.com' },
    ]);
    expect((await run('create-table-views', '--all')).stdout).toContain(
      'auth_user: view made (people_raw, people)',
    );
  });

  it('keeps the files of another site in the same table', async () => {
    const other = SETTINGS.replace('lms.example.com', 'lms.example.org');
    await writeFile(join(folder, 'other.yaml'), other);
    expect((await run('--settings', 'other.yaml', 'extract-and-load', '--all')).code).toBe(0);
    const counts = await rows('SELECT lms, count(*)::INTEGER AS n FROM people GROUP BY 1 ORDER BY 1');
    expect(counts).toEqual([
      { lms: 'lms.example.com', n: 3 },
      { lms: 'lms.example.org', n: 3 },
    ]);
    expect((await run('extract-and-load', '--all')).code).toBe(0);
    expect(await rows('SELECT count(*)::INTEGER AS n FROM people')).toEqual([{ n: 6 }]);
  });

  it('drops from the catalog only with a yes, keeps the files and says so, and takes them back', async () => {
    const asked = await run('drop-datalake-tables', '--tables', 'auth_user');
    expect(asked.stderr).toContain('--yes');
    expect(asked.code).toBe(2);
    const before = Object.keys(lakeContents(join(folder, 'lake/openedx')));
    const dropped = await run('drop-datalake-tables', '--tables', 'auth_user', '--yes');
    expect(dropped.stdout).toMatch(
      /auth_user: dropped \(people_raw, people\); 2 files stay in .*openedx\/auth_user/,
    );
    expect(Object.keys(lakeContents(join(folder, 'lake/openedx')))).toEqual(before);
    const gone = await run('query', 'SELECT * FROM people');
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain('table-not-in-lake');
    expect((await run('create-table-views', '-t', 'auth_user')).stdout).toContain('table-not-in-lake');
    expect((await run('drop-datalake-tables', '-t', 'auth_user', '--yes')).code).toBe(2);
    expect((await run('create-datalake-tables', '-t', 'auth_user')).stdout).toContain('registered again');
    expect(await rows('SELECT count(*)::INTEGER AS n FROM people')).toEqual([{ n: 6 }]);
  });

  it('says what works: lake and source', async () => {
    const checked = await run('test-connections');
    const lines = checked.stdout.trimEnd().split('\n');
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(/^datalake \(local\): OK, write .*lake$/),
      'datalake (local): OK, read what was written',
      'datalake (local): OK, conditional write',
      'datalake (local): OK, remove what was written',
    ]);
    expect(lines[4]).toMatch(/^backup \(dump\): OK, .*complete to the end$/);
    expect(lines.slice(5)).toContain('backup (dump): OK, read auth_user');
    for (const line of lines) expect(line).toMatch(/^\w+ \(\w+\): OK, /);
    expect(checked.code).toBe(0);
    const json = JSON.parse((await run('--json', 'test-connections')).stdout);
    expect(json).toHaveLength(lines.length);
    expect(json[0]).toEqual({
      name: 'datalake',
      type: 'local',
      check: expect.stringMatching(/^write/),
      ok: true,
    });
  });

  it('lists the tables of the lake of the settings', async () => {
    const tables = await run('tables');
    expect(tables.stdout).toMatch(/auth_user +6 .*people/);
  });

  it('has help with examples on every command, and a version', async () => {
    const help = await run('--help');
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*) /gm)]
      .map((match) => match[1]!)
      .filter((name) => name !== 'help' && name !== 'panorama');
    expect(commands.length).toBeGreaterThanOrEqual(8);
    for (const command of commands) {
      const { stdout, code } = await run(command, '--help');
      expect(stdout, command).toMatch(/Examples:\n {2}panorama /);
      expect(code).toBe(0);
    }
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});
