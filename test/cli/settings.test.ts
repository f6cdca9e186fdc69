import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';

const folder = tempDir();
const fixtures = join(import.meta.dirname, '../settings/fixtures');
const run = (...args: string[]): Promise<CliResult> => cli(args, { cwd: folder });

beforeEach(async () => {
  await copyFile(join(fixtures, 'newer.yaml'), join(folder, 'panorama_settings.yaml'));
  await copyFile(join(fixtures, 'first-generation.yaml.txt'), join(folder, 'old.yaml'));
});

describe('settings check', () => {
  it('says what a file means, and what is worth knowing', async () => {
    const done = await run('settings', 'check');
    expect(done.stdout.split('\n')).toEqual([
      'panorama_settings.yaml: valid, in the shape with sections',
      'lake: CSV files in the bucket example-raw-data in eu-west-1, under openedx/<table>/lms=lms.example.com/, as panorama-elt 0.3 in Python laid it out; database panorama of Athena, workgroup panorama',
      'source openedx_mysql: mysql, openedx@db.example.com:3306/edxapp, without TLS; 2 tables, 1 of them in partitions',
      expect.stringMatching(/^source openedx_course_structures: .*mongo\.example\.com.*; 1 table$/),
      expect.stringMatching(/^source csv: csv, .*countries\.csv; 1 table$/),
      expect.stringMatching(/^source grades: xls, .*grades\.xlsx; all tables$/),
      expect.stringMatching(/^panorama_settings\.yaml:6: note: every user .* lines 6, 7, 19, 58, 62;/),
      expect.stringMatching(/^panorama_settings\.yaml:19: note: mysql_password: .* number$/),
      '',
    ]);
    expect(done.stdout).not.toMatch(/canary|0123456/);
    expect(done.code).toBe(0);
  });

  it('in JSON', async () => {
    const json = JSON.parse((await run('settings', 'check', 'old.yaml', '--json')).stdout);
    expect(json).toMatchObject({
      file: join(folder, 'old.yaml'),
      valid: true,
      shape: 'flat',
      datalake: 'aws',
      datasources: [
        { name: 'mysql', type: 'mysql', tables: expect.arrayContaining(['auth_user']) },
        { name: 'openedx_course_structures', tables: ['course_structures'] },
      ],
      notes: expect.arrayContaining([{ line: 1, text: expect.stringContaining('settings upgrade') }]),
    });
  });

  it.each([
    ['a tab', 'datalake:\n\tpath: a\n', /bad\.yaml:2: a tab/],
    ['a key twice', 'datalake: { path: a }\ndatalake: { path: b }\n', /bad\.yaml:2: this key stands twice/],
    ['an anchor that is missing', 'datalake: *lake\n', /bad\.yaml:1: a value that begins with \*/],
    [
      'a mistyped key',
      'datalake:\n  pth: a\n',
      /bad\.yaml:2: datalake\.pth: unknown key; did you mean path\?/,
    ],
    [
      'one table of two sources',
      'datalake: { path: a }\ndatasources:\n- { type: dump, location: a, tables: [{ name: t }] }\n- { type: dump, location: b, tables: [{ name: t }] }\n',
      /The table t comes from two data sources, dump and dump-2/,
    ],
  ])('of a file with %s says where and what', async (_, text, words) => {
    await writeFile(join(folder, 'bad.yaml'), text);
    const done = await run('settings', 'check', 'bad.yaml');
    expect(done.stderr).toMatch(words);
    expect(done.code).toBe(2);
    const json = await run('--json', '--settings', 'bad.yaml', 'settings', 'check');
    expect(JSON.parse(json.stdout)).toMatchObject({ exit: 2, error: { code: 'settings-invalid' } });
  });
});

describe('settings show', () => {
  it('prints YAML, and with --origin where each value is from', async () => {
    const env = { MYSQL_TCP_PORT: '3307' };
    const plain = await cli(['settings', 'show'], { cwd: folder, env });
    const origins = await cli(['settings', 'show', '--origin'], { cwd: folder, env });
    expect(parse(origins.stdout)).toEqual(parse(plain.stdout));
    expect(plain.stdout).not.toContain('#');
    expect(origins.stdout).toContain('  aws_region: eu-west-1 # panorama_settings.yaml:8\n');
    expect(origins.stdout).toContain('  layout: original # default\n');
    expect(origins.stdout).toContain('  mysql_port: 3307 # environment MYSQL_TCP_PORT\n');
    expect(origins.stdout).toContain('  mysql_password: "********" # panorama_settings.yaml:19\n');
    expect(origins.stdout).not.toMatch(/canary|0123456/);
    const json = JSON.parse((await run('settings', 'show', '--json')).stdout);
    expect(json[0]).toEqual({
      path: ['datalake', 'type'],
      value: 'aws',
      origin: { kind: 'file', line: 3, variables: [] },
    });
    expect(JSON.stringify(json)).not.toMatch(/canary|0123456/);
  });
});

describe('settings upgrade', () => {
  it('shows the change without secrets, asks, and rewrites', async () => {
    const before = await readFile(join(folder, 'old.yaml'), 'utf8');
    const asked = await run('settings', 'upgrade', 'old.yaml');
    expect(asked.stdout).toContain('+datasources:\n+- type: mysql\n');
    expect(asked.stdout).not.toMatch(/canary|0123456/);
    expect(asked.stderr).toContain('Add --yes.');
    expect(asked.code).toBe(2);
    expect(await readFile(join(folder, 'old.yaml'), 'utf8')).toBe(before);

    const done = await run('settings', 'upgrade', 'old.yaml', '--yes');
    expect(done.code, done.stderr).toBe(0);
    expect(await readFile(join(folder, 'old.yaml'), 'utf8')).toBe(
      await readFile(join(fixtures, 'first-generation.upgraded.yaml.txt'), 'utf8'),
    );
  });

  it('leaves a file alone that has sections', async () => {
    const before = await stat(join(folder, 'panorama_settings.yaml'));
    const done = await run('settings', 'upgrade', '--yes');
    expect(done).toMatchObject({ code: 0, stdout: 'panorama_settings.yaml is up to date\n' });
    expect((await stat(join(folder, 'panorama_settings.yaml'))).ino).toBe(before.ino);
  });
});

it('settings schema prints the schema of the documentation', async () => {
  const page = join(import.meta.dirname, '../../docs/reference/settings.schema.json');
  expect((await run('settings', 'schema')).stdout).toBe(await readFile(page, 'utf8'));
});
