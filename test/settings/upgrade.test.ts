import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { upgradedSettings } from '../../src/settings/edit/upgrade.ts';
import { settingsOfFile } from '../../src/settings/load.ts';
import { settingsFileOf as file } from './settings-file.ts';

const fixtures = path.join(import.meta.dirname, 'fixtures');

test('a file of the first generation, with its comments, order, anchors and blank lines', async () => {
  const before = await readFile(path.join(fixtures, 'first-generation.yaml.txt'), 'utf8');
  const after = await readFile(path.join(fixtures, 'first-generation.upgraded.yaml.txt'), 'utf8');
  expect(await upgradedSettings(file(before))).toBe(after);
  expect(await upgradedSettings(file(after)), 'a second time').toBeUndefined();
  const comments = (text: string) => text.split('\n').flatMap((line) => /#.*$/.exec(line)?.[0] ?? []);
  expect(comments(after).sort()).toEqual(comments(before).sort());
});

test('passwords of digits and values that look like other things stay what they are', async () => {
  const text = `panorama_raw_data_bucket: 0123
mysql_password: 0012345
mysql_username: 'on'
mongodb_password: "1e5"
base_partitions: [{ key: lms, value: 1.10 }]
tables: [{ name: 007 }]
`;
  const result = (await upgradedSettings(file(text)))!;
  expect(result.slice(0, result.indexOf('        fields:'))).toBe(`datalake:
  panorama_raw_data_bucket: 0123
  base_partitions: [{name: lms, type: varchar, value: 1.10}]
datasources:
  - type: mysql
    mysql_password: 0012345
    mysql_username: 'on'
    tables: [{name: 007, datalake_table_name: 007}]
  - type: openedx_course_structures
    mongodb_password: "1e5"
    tables:
      - name: course_structures
        datalake_table_name: course_structures_raw
`);
  const { datasources } = await settingsOfFile(file(result));
  const passwords = datasources.map((source) =>
    source.type === 'mysql' ? source.password?.reveal() : source.name,
  );
  expect(passwords).toEqual(['0012345', 'openedx_course_structures']);
});

test.each([
  ['only MongoDB', 'mongodb_host: h', ['openedx_course_structures']],
  ['only MySQL', 'mysql_host: h', ['mysql']],
  ['neither', 'base_prefix: a', ['mysql']],
  ['a key of MongoDB with nothing after it', 'mysql_host: h\nmongodb_host:', ['mysql']],
])('the sources of a file with %s', async (_, keys, expected) => {
  const text = (await upgradedSettings(file(`panorama_raw_data_bucket: b\n${keys}\n`)))!;
  expect((await settingsOfFile(file(text))).datasources.map(({ type }) => type)).toEqual(expected);
});

test('references to the environment are not replaced, line breaks of Windows stay', async () => {
  const text = 'panorama_raw_data_bucket: ${BUCKET}\r\nmysql_password: ${PW:-x}\r\n';
  expect(await upgradedSettings(file(text, { BUCKET: 'b' }))).toBe(
    'datalake:\r\n  panorama_raw_data_bucket: ${BUCKET}\r\ndatasources:\r\n  - type: mysql\r\n    mysql_password: ${PW:-x}\r\n',
  );
});

test('an alias that would come before its anchor is named with its line', async () => {
  const text =
    'mysql_password: &pw canary\npanorama_raw_data_bucket: b\naws_access_key: a\naws_secret_access_key: *pw\n';
  await expect(upgradedSettings(file(text))).rejects.toMatchObject({
    code: 'settings-invalid',
    message: expect.stringMatching(/^s\.yaml:4: this alias \(\*name\) would come before its anchor/),
  });
});

test('a faulty file is told as ever', async () => {
  await expect(
    upgradedSettings(file('panorama_raw_data_bucket: b\n\tmysql_host: h\n')),
  ).rejects.toMatchObject({
    code: 'settings-invalid',
    message: expect.stringMatching(/^s\.yaml:2: a tab is used for indentation/),
  });
});
