import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/settings/load.ts';
import { redactSettings } from '../../src/settings/redact.ts';
import type { MysqlDatasource } from '../../src/settings/settings.ts';
import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();
const LAKE = 'datalake: { path: lake }\n';

test('the option comes before the environment, and the environment before the default name', async () => {
  for (const name of ['option', 'environment', 'panorama_settings']) {
    await folder.put(`${name}.yaml`, `datalake: { path: of-${name} }`);
  }
  const named = async (options: { file?: string }, env: Record<string, string>) => {
    const settings = await loadSettings({ cwd: folder.path, env: { HOME: folder.path, ...env }, ...options });
    return [
      path.basename(settings.file!),
      settings.datalake.type === 'local' && path.basename(settings.datalake.path),
    ];
  };
  const env = { PANORAMA_SETTINGS_FILE: 'environment.yaml' };
  expect(await named({ file: 'option.yaml' }, env)).toEqual(['option.yaml', 'of-option']);
  expect(await named({}, env)).toEqual(['environment.yaml', 'of-environment']);
  expect(await named({}, {})).toEqual(['panorama_settings.yaml', 'of-panorama_settings']);
  expect(await named({}, { PANORAMA_SETTINGS_FILE: '' })).toEqual([
    'panorama_settings.yaml',
    'of-panorama_settings',
  ]);
});

test('a missing or unreadable file is named with its path', async () => {
  const load = (file: string) => loadSettings({ file, cwd: folder.path, env: {} });
  const at = (name: string) => expect.stringContaining(path.join(folder.path, name));
  await expect(load('none.yaml')).rejects.toMatchObject({
    code: 'settings-missing',
    exit: 2,
    message: at('none.yaml'),
  });
  await expect(load('none/x.yaml')).rejects.toMatchObject({
    code: 'settings-missing',
    message: at('none/x.yaml'),
  });
  await mkdir(path.join(folder.path, 'folder'));
  await expect(load('folder')).rejects.toMatchObject({
    code: 'settings-missing',
    message: expect.stringMatching(/is a folder/),
  });
});

test('a file that is not UTF-8 is refused, a byte order mark is not', async () => {
  await writeFile(
    path.join(folder.path, 'latin1.yaml'),
    Buffer.from('# \xfc\ndatalake: { path: a }', 'latin1'),
  );
  const load = loadSettings({ file: 'latin1.yaml', cwd: folder.path, env: {} });
  await expect(load).rejects.toMatchObject({
    code: 'settings-invalid',
    message: expect.stringMatching(/latin1\.yaml: .*UTF-8/),
  });
  expect((await folder.load(`\uFEFF${LAKE}`)).datalake.type).toBe('local');
});

test('~/.my.cnf completes a mysql source, and mysql_defaults_file takes its place', async () => {
  await folder.put('.my.cnf', '[client]\nuser=cnf\npassword="can#ary"\nhost=cnf-host\n');
  await folder.put('other.cnf', '[panorama]\nuser=other\n');
  const source = async (lines: string, env = {}) => {
    const settings = await folder.load(`${LAKE}datasources:\n- type: mysql\n${lines}`, env);
    const { host, user, password } = settings.datasources[0] as MysqlDatasource;
    return { host, user, password: password?.reveal() };
  };
  expect(await source('')).toEqual({ host: 'cnf-host', user: 'cnf', password: 'can#ary' });
  expect(await source('  mysql_username: file', { MYSQL_PWD: 'env' })).toEqual({
    host: 'cnf-host',
    user: 'file',
    password: 'env',
  });
  expect(await source('  mysql_defaults_file: other.cnf')).toEqual({
    host: '127.0.0.1',
    user: 'other',
    password: undefined,
  });
  expect(await source('  mysql_defaults_file: ~/other.cnf')).toMatchObject({ user: 'other' });
  expect(await folder.refusal(`${LAKE}datasources:\n- type: mysql\n  mysql_defaults_file: none.cnf`)).toBe(
    's.yaml:4: datasources[0].mysql_defaults_file: this file cannot be read',
  );
  expect(await folder.refusal(`${LAKE}datasources:\n- type: mysql`, { MYSQL_TCP_PORT: 'x' })).toMatch(
    /^s\.yaml: the environment variable MYSQL_TCP_PORT/,
  );
});

test('no secret of the settings shows in redacted settings, JSON or inspect', async () => {
  for (const name of ['newer', 'flat']) {
    const file = path.join(import.meta.dirname, 'fixtures', `${name}.yaml`);
    const settings = await loadSettings({ file, env: { HOME: folder.path } });
    const printed = [
      JSON.stringify(redactSettings(settings)),
      JSON.stringify(settings),
      inspect(settings, { depth: 20, showHidden: true }),
      inspect(settings, { depth: 20, customInspect: false }),
    ].join('\n');
    expect(printed).not.toMatch(/canary|012345/);
    expect(printed).toContain('********');
    expect(printed).toContain('db.example.com');
    expect(await readFile(file, 'utf8')).toMatch(/canary[^]*012345|012345[^]*canary/);
  }
});
