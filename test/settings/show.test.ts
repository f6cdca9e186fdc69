import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { shownText } from '../../src/cli/render/settings.ts';
import { settingsOfFile } from '../../src/settings/load.ts';
import { readSettingsFile } from '../../src/settings/settings-file.ts';
import { notesOf } from '../../src/settings/show/notes.ts';
import { shownSettings } from '../../src/settings/show/show.ts';
import type { Origin } from '../../src/settings/show/show.ts';
import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();
const fixtures = path.join(import.meta.dirname, 'fixtures');

/** Keys as `datasources.0.mysql_host`, with the value and a short word for the origin. */
async function shown(text: string, env: Record<string, string> = {}) {
  const keys = await shownSettings(await folder.read(text, env));
  return Object.fromEntries(keys.map((key) => [key.path.join('.'), [key.value, word(key.origin)]]));
}

function word(origin: Origin): string {
  if (origin.kind === 'file') return [origin.line, ...origin.variables].join(' ');
  return origin.kind === 'environment' ? origin.variable : origin.kind;
}

test('each value says where it comes from: file, environment, option file, default', async () => {
  await mkdir(path.join(folder.path, 'home'));
  await folder.put('home/.my.cnf', '[client]\nuser=cnf\npassword=canary\nport=3399\nssl-mode=REQUIRED\n');
  const text = `datalake:
  path: \${ROOT}/\${NAME:-lake}
  base_partitions:
  - { name: lms, value: a }
datasources:
- type: mysql
  mysql_host: \${HOST}
  mysql_database: shop
  tables:
  - name: a
    fields: [{ name: '\${COLUMN}', value: null }]
`;
  const env = {
    ROOT: '/r',
    HOST: 'db',
    MYSQL_TCP_PORT: '3307',
    COLUMN: 'c',
    MYSQL_HOST: 'unused',
    HOME: path.join(folder.path, 'home'),
  };
  expect(await shown(text, env)).toEqual({
    'datalake.type': ['local', 'default'],
    'datalake.path': ['/r/lake', '2 ROOT NAME'],
    'datalake.format': ['parquet', 'default'],
    'datalake.layout': ['hive', 'default'],
    'datalake.base_partitions.0.name': ['lms', '4'],
    'datalake.base_partitions.0.type': ['varchar', 'default'],
    'datalake.base_partitions.0.value': ['a', '4'],
    'datasources.0.type': ['mysql', '6'],
    'datasources.0.name': ['mysql', 'default'],
    'datasources.0.tables.0.name': ['a', '10'],
    'datasources.0.tables.0.fields.0.name': ['c', '11 COLUMN'],
    'datasources.0.tables.0.fields.0.value': [null, '11'],
    'datasources.0.mysql_host': ['db', '7 HOST'],
    'datasources.0.mysql_port': ['3307', 'MYSQL_TCP_PORT'],
    'datasources.0.mysql_username': ['cnf', 'option-file'],
    'datasources.0.mysql_password': ['********', 'option-file'],
    'datasources.0.mysql_database': ['shop', '8'],
    'datasources.0.mysql_ssl': ['required', 'option-file'],
    'datasources.0.jobs': ['2', 'default'],
  });
});

test('a password of the environment, a socket in place of host and port, keys with empty text', async () => {
  const text = "datalake: { path: a }\ndatasources: [{ type: mysql, mysql_socket: s, mysql_username: '' }]\n";
  const keys = await shown(text, { MYSQL_PWD: 'canary' });
  expect(keys['datasources.0.mysql_password']).toEqual(['********', 'MYSQL_PWD']);
  expect(keys['datasources.0.mysql_username']).toEqual(['root', 'default']);
  expect(Object.keys(keys).filter((key) => /mysql_(?:host|port)/.test(key))).toEqual([]);
});

test('the options of a module are masked where they may be secret', async () => {
  const text =
    'datalake:\n  module: ./m.js\n  options: { url: u, user: "${USER}", deep: { apiKey: canary } }\n';
  expect(await shown(text, { USER: 'canary' })).toMatchObject({
    'datalake.options.url': ['u', '3'],
    'datalake.options.user': ['********', '3 USER'],
    'datalake.options.deep.apiKey': ['********', '3'],
  });
});

test.each(['newer', 'flat'])(
  'what is shown of %s.yaml is a settings file of the same meaning',
  async (name) => {
    const file = await readSettingsFile({
      file: path.join(fixtures, `${name}.yaml`),
      env: { HOME: folder.path },
    });
    const text = shownText(await shownSettings(file), file, true);
    expect(text).not.toMatch(/canary|012345/);
    await writeFile(path.join(folder.path, 'shown.yaml'), text);
    const { flat: _, file: __, ...before } = await settingsOfFile(file);
    const after = await folder.load(text.replaceAll('extra/', `${fixtures}/extra/`));
    const { file: ___, ...same } = after;
    // Secrets compare as masks here.
    const data = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const { datasources, datalake } = data(before) as typeof before;
    expect(data(same)).toMatchObject({ datalake });
    expect((data(same) as typeof before).datasources).toMatchObject(datasources);
  },
);

test('a file in the flat shape is shown with the names that its tables have in the catalog', async () => {
  const text = await readFile(path.join(fixtures, 'flat.yaml'), 'utf8');
  const keys = await shown(text);
  expect(keys).toMatchObject({
    'datalake.panorama_raw_data_bucket': ['example-raw-data', '2'],
    'datalake.base_partitions.0.name': ['lms', '17'],
    'datasources.0.tables.0.datalake_table_name': ['auth_user_raw', '21'],
    'datasources.0.tables.1.datalake_table_name': ['student_courseenrollment', 'default'],
    'datasources.1.mongodb_host': ['mongo.example.com', '10'],
    'datasources.1.tables.0.datalake_table_name': ['course_structures_raw', 'default'],
  });
});

test('YAML of values that look like something else', async () => {
  const text = `datalake:
  path: "null"
  base_prefix: "012"
datasources:
- type: mysql
  mysql_password: ''
  jobs: 3
  tables:
  - name: '$\${x}'
    exclude: []
    fields: [{ name: '# x: y', value: '' }, { name: b, value: ~ }, { name: c, value: null }, { name: d, value: '~' }]
`;
  const file = await folder.read(text);
  const printed = shownText(await shownSettings(file), file, false);
  expect(await folder.load(printed)).toEqual({
    ...(await settingsOfFile(file)),
    file: path.join(folder.path, 's.yaml'),
  });
  expect(parse(printed)).toHaveProperty('datasources');
});

const notes = async (text: string, mode = 0o600) => {
  const file = await folder.read(text);
  await chmod(file.path, mode);
  const found = await notesOf(file, await settingsOfFile(file));
  return found.map(({ line, text: note }) => `${line}: ${note}`);
};

test('nothing is noted of a file without surprises', async () => {
  expect(
    await notes('datalake: { path: a }\ndatasources: [{ type: mysql, mysql_password: "${HOME}" }]\n', 0o644),
  ).toEqual([]);
});

test.each<[string, string, number, RegExp[]]>([
  ['the older shape', 'panorama_raw_data_bucket: b\n', 0o600, [/^1: the file has the flat shape/]],
  [
    'a key with nothing after it',
    'datalake:\n  path: a\n  base_prefix:\n',
    0o600,
    [/^3: datalake\.base_prefix: nothing stands after this key/],
  ],
  [
    'half of what Athena needs',
    'datalake:\n  panorama_raw_data_bucket: b\n  datalake_database: d\n',
    0o600,
    [/^3: datalake_database without datalake_workgroup/],
  ],
  [
    'the other half, in the older shape',
    'panorama_raw_data_bucket: b\ndatalake_workgroup: d\n',
    0o600,
    [/^1: /, /^2: datalake_workgroup without datalake_database/],
  ],
  [
    'secrets that everybody may read',
    'datalake: { path: a }\ndatasources:\n- type: mysql\n  mysql_password: canary\n- type: mysql\n  mysql_password: ${HOME:-canary}\n',
    0o644,
    [/^4: every user of this machine may read the secrets in lines 4, 6;/],
  ],
  [
    'passwords that other programs take for something else',
    'datalake: { path: a }\ndatasources:\n- type: mysql\n  mysql_password: 0123\n- type: mysql\n  mysql_password: yes\n- type: mysql\n  mysql_password: "0123"\n',
    0o600,
    [/^4: mysql_password: .*quotes.* a number$/, /^6: mysql_password: .*quotes.* a yes or no$/],
  ],
])('%s', async (_, text, mode, expected) => {
  expect(await notes(text, mode)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  expect((await notes(text, mode)).join('\n')).not.toMatch(/canary|0123/);
});
