import { expect, test } from 'vitest';
import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();

const LAKE = 'datalake: { path: a }\n';
const MYSQL = `${LAKE}datasources:\n- type: mysql\n`;
const TABLE = `${MYSQL}  tables:\n  - name: a\n`;
const FLAT = 'panorama_raw_data_bucket: b\n';

test.each<[string, string, string]>([
  [
    'unknown key',
    `${MYSQL}  mysql_pasword: canary`,
    '4: datasources[0].mysql_pasword: unknown key; did you mean mysql_password?',
  ],
  [
    'unknown key by a part of its name',
    `${MYSQL}  password: canary`,
    '4: datasources[0].password: unknown key; did you mean mysql_password?',
  ],
  [
    'unknown key with nothing after it',
    `${MYSQL}  mysql_pasword:`,
    '4: datasources[0].mysql_pasword: unknown key; did you mean mysql_password?',
  ],
  ['unknown key near nothing', `${LAKE}zzz: 1`, '2: zzz: unknown key; known here: datalake, datasources'],
  ['unknown section', `${LAKE}datasource: []`, '2: datasource: unknown key; did you mean datasources?'],
  [
    'misspelled lake',
    'datalak: { path: a }',
    '1: datalake: this key is missing\ns.yaml:1: datalak: unknown key; did you mean datalake?',
  ],
  [
    'unknown key of a table',
    `${TABLE}    feilds: [a]`,
    '6: datasources[0].tables[0].feilds: unknown key; did you mean fields?',
  ],
  [
    'unknown key of a field',
    `${TABLE}    fields: [{ name: a, tpye: int }]`,
    '6: datasources[0].tables[0].fields[0].tpye: unknown key; did you mean type?',
  ],
  [
    'unknown key of partitions',
    `${TABLE}    partitions: { partition_fields: [a], intervall: 1 day }`,
    '6: datasources[0].tables[0].partitions.intervall: unknown key; did you mean interval?',
  ],
  [
    'unknown key of a base partition',
    'datalake: { path: a, base_partitions: [{ name: a, vlaue: b, value: c }] }',
    '1: datalake.base_partitions[0].vlaue: unknown key; did you mean value?',
  ],
  [
    'unknown key of the flat shape',
    `${FLAT}mysql_user_name: u`,
    '2: mysql_user_name: unknown key; did you mean mysql_username?',
  ],
  [
    'key of a source under datalake',
    'datalake:\n  path: a\n  mysql_socket: s',
    '3: datalake.mysql_socket: this key does not belong here; it goes in a data source of type mysql or openedx_course_structures',
  ],
  [
    'key of the lake at the top',
    `${LAKE}base_prefix: a`,
    '2: base_prefix: this key does not belong here; it goes under datalake',
  ],
  [
    'key of the lake in a source',
    `${MYSQL}  datalake_workgroup: a`,
    '4: datasources[0].datalake_workgroup: this key does not belong here; it goes under datalake',
  ],
  [
    'key of another type',
    `${MYSQL}  location: a`,
    '4: datasources[0].location: this key does not belong here; it goes in a data source of type dump or openedx_course_structures or csv or xls, or in an entry of tables',
  ],
  [
    'key of partitions in a table',
    `${TABLE}    partition_fields: [a]`,
    '6: datasources[0].tables[0].partition_fields: this key does not belong here; it goes under partitions',
  ],
  [
    'key of partitions in the flat shape',
    `${FLAT}tables:\n- name: a\n  interval: 1 day`,
    '4: tables[0].interval: this key does not belong here; it goes under partitions',
  ],
  [
    'misspelled key of another place',
    `${LAKE}mysql_pasword: canary`,
    '2: mysql_pasword: unknown key; did you mean mysql_password (in a data source of type mysql or openedx_course_structures)?',
  ],
  ['no lake', 'datasources: []', '1: datalake: this key is missing'],
  ['empty lake', 'datasources: []\ndatalake:', '2: datalake: nothing stands after this key'],
  [
    'lake without place',
    'datalake:\n  base_prefix: a',
    '1: datalake: the lake has no place; set path (a local folder) or panorama_raw_data_bucket (a bucket in S3)',
  ],
  ['local lake without place', 'datalake:\n  type: local', '1: datalake: a lake of type local needs path'],
  ['own lake without place', 'datalake:\n  type: module', '1: datalake: a lake of type module needs module'],
  [
    'own source without place',
    `${LAKE}datasources:\n- type: module`,
    '3: datasources[0].module: this key is missing',
  ],
  [
    'flat lake without place',
    'mysql_host: a',
    '1: the file: the lake has no place; set path (a local folder) or panorama_raw_data_bucket (a bucket in S3)',
  ],
  [
    'lake in two places',
    'datalake:\n  panorama_raw_data_bucket: a\n  path: b',
    '3: datalake.path: path is for a local lake, panorama_raw_data_bucket for one in S3, module for one of your own; keep one of them',
  ],
  [
    'a key without its secret',
    'datalake:\n  panorama_raw_data_bucket: a\n  aws_access_key: canary',
    '3: datalake.aws_access_key: aws_access_key needs aws_secret_access_key',
  ],
  [
    'a secret without its key',
    'datalake:\n  panorama_raw_data_bucket: a\n  aws_secret_access_key: canary',
    '3: datalake.aws_secret_access_key: aws_secret_access_key needs aws_access_key',
  ],
  [
    'an endpoint without a scheme',
    'datalake:\n  panorama_raw_data_bucket: a\n  aws_endpoint: minio:9000',
    '3: datalake.aws_endpoint: expected an address that begins with https:// or http://',
  ],
  [
    'a key of KMS without KMS',
    'datalake:\n  panorama_raw_data_bucket: a\n  aws_encryption: AES256\n  aws_kms_key_id: b',
    '4: datalake.aws_kms_key_id: a key of KMS is for aws_encryption: aws:kms',
  ],
  [
    'local lake with a bucket',
    'datalake:\n  type: local\n  panorama_raw_data_bucket: a',
    '2: datalake.type: a lake of type local needs path, not panorama_raw_data_bucket',
  ],
  [
    'aws lake with a path',
    'datalake: { type: aws, path: a }',
    '1: datalake.type: a lake of type aws needs panorama_raw_data_bucket, not path',
  ],
  [
    'wrong choice',
    'datalake:\n  path: a\n  format: parqet',
    "3: datalake.format: expected parquet or csv; found 'parqet' (did you mean parquet?)",
  ],
  [
    'wrong choice far off',
    'datalake: { path: a, layout: zzz }',
    "1: datalake.layout: expected hive or original; found 'zzz'",
  ],
  [
    'unknown type',
    `${LAKE}datasources:\n- type: mysq`,
    "3: datasources[0].type: expected mysql, dump, openedx_course_structures, csv, xls or module; found 'mysq' (did you mean mysql?)",
  ],
  ['no type', `${LAKE}datasources:\n- name: a`, '3: datasources[0].type: this key is missing'],
  ['no location', `${LAKE}datasources:\n- type: dump`, '3: datasources[0].location: this key is missing'],
  [
    'no table name',
    `${MYSQL}  tables:\n  - fields: [a]`,
    '5: datasources[0].tables[0].name: this key is missing',
  ],
  [
    'no partition fields',
    `${TABLE}    partitions: { interval: 1 day }`,
    '6: datasources[0].tables[0].partitions.partition_fields: this key is missing',
  ],
  [
    'section for text',
    `${MYSQL}  mysql_host: { a: b }`,
    '4: datasources[0].mysql_host: expected text, found a section',
  ],
  [
    'list for a secret',
    `${MYSQL}  mysql_password: [canary]`,
    '4: datasources[0].mysql_password: expected text, found a list',
  ],
  [
    'text for a list',
    `${MYSQL}  tables: a`,
    "4: datasources[0].tables: expected a list, found text; each entry of a list begins with '- '",
  ],
  [
    'a section for a list',
    `${MYSQL}  tables:\n    name: a`,
    "4: datasources[0].tables: expected a list, found a section; each entry of a list begins with '- '",
  ],
  ['text for a section', 'datalake: a', '1: datalake: expected a section, found text'],
  ['text for a source', `${LAKE}datasources:\n- mysql`, '3: datasources[0]: expected a section, found text'],
  [
    'text for a table',
    `${MYSQL}  tables: [a]`,
    '4: datasources[0].tables[0]: expected a section, found text',
  ],
  [
    'nothing for a column',
    `${TABLE}    fields:\n    -`,
    '7: datasources[0].tables[0].fields[0]: expected text or a section, found nothing',
  ],
  [
    'nothing for a partition value',
    'datalake: { path: a, base_partitions: [{ name: a, value: ~ }] }',
    '1: datalake.base_partitions[0].value: expected text, found nothing',
  ],
  [
    'section for a location',
    `${LAKE}datasources:\n- { type: dump, location: { a: b } }`,
    '3: datasources[0].location: expected text or a list, found a section',
  ],
  [
    'port of letters',
    `${MYSQL}  mysql_port: abc`,
    '4: datasources[0].mysql_port: expected a port number from 1 to 65535',
  ],
  [
    'port too large',
    `${MYSQL}  mysql_port: 65536`,
    '4: datasources[0].mysql_port: expected a port number from 1 to 65535',
  ],
  [
    'port with a fraction',
    `${MYSQL}  mysql_port: 3306.0`,
    '4: datasources[0].mysql_port: expected a port number from 1 to 65535',
  ],
  [
    'secret for a port',
    `${MYSQL}  mysql_port: \${SECRET}`,
    '4: datasources[0].mysql_port: expected a port number from 1 to 65535',
  ],
  ...['0', '9', '2.0', 'many', '-1'].map((jobs): [string, string, string] => [
    `jobs of ${jobs}`,
    `${MYSQL}  jobs: ${jobs}`,
    '4: datasources[0].jobs: expected a whole number from 1 to 8',
  ]),
  [
    'secret for a choice',
    `${MYSQL}  mysql_ssl: \${SECRET}`,
    '4: datasources[0].mysql_ssl: expected disabled, preferred, required or verify; found another value',
  ],
  [
    'emptied tables',
    `${MYSQL}  tables:`,
    '4: datasources[0].tables: the list is empty; fill it, or remove the key',
  ],
  [
    'emptied fields',
    `${TABLE}    fields:`,
    '6: datasources[0].tables[0].fields: the list is empty; fill it, or remove the key',
  ],
  [
    'no fields',
    `${TABLE}    fields: []`,
    '6: datasources[0].tables[0].fields: expected at least one column; remove the key to take all',
  ],
  [
    'bad interval',
    `${TABLE}    partitions: { partition_fields: [a], interval: 1 day) or 1=1 -- }`,
    "6: datasources[0].tables[0].partitions.interval: expected a MySQL interval such as '2 hour'",
  ],
  [
    'prefix that leaves the lake',
    'datalake: { path: a, base_prefix: ../b }',
    "1: datalake.base_prefix: expected folder names joined by single '/', without '.' and '..'",
  ],
  [
    'partition name with a slash',
    'datalake: { path: a, base_partitions: [{ name: a/b, value: c }] }',
    "1: datalake.base_partitions[0]: expected a column name without '/', '=' and '%'",
  ],
  [
    'partition without name',
    'datalake: { path: a, base_partitions: [{ value: c }] }',
    '1: datalake.base_partitions[0]: name is missing',
  ],
  [
    'partition with two names',
    'datalake: { path: a, base_partitions: [{ name: a, key: b, value: c }] }',
    '1: datalake.base_partitions[0].key: key means the same as name; keep one of the two',
  ],
  [
    'partition twice',
    'datalake:\n  path: a\n  base_partitions:\n  - { name: a, value: c }\n  - { key: A, value: d }',
    '5: datalake.base_partitions[1]: another base partition has this name already',
  ],
  [
    'source name twice',
    `${LAKE}datasources:\n- { type: mysql, name: a }\n- type: mysql\n  name: a`,
    '5: datasources[1].name: another data source has this name already',
  ],
  [
    'table twice',
    `${TABLE}  - name: a`,
    '6: datasources[0].tables[1]: another table of this data source has this name already',
  ],
  [
    'column twice',
    `${TABLE}    fields: [a, { name: A }]`,
    '6: datasources[0].tables[0].fields[1]: this column is listed twice',
  ],
  [
    'partition column twice',
    `${TABLE}    partitions: { partition_fields: [a, a] }`,
    '6: datasources[0].tables[0].partitions.partition_fields[1]: this column is listed twice',
  ],
  ['an empty file', '# nothing', '1: the file must hold the sections datalake and datasources'],
  ['a list', '- a', '1: the file must hold the sections datalake and datasources'],
])('%s', async (_, yaml, expected) => {
  expect(await folder.refusal(yaml, { SECRET: 'canary' })).toBe(`s.yaml:${expected}`);
});

test('all problems are reported, one line each, in the order of the file', async () => {
  const message = await folder.refusal(
    `datalake:\n  pth: a\n  format: x\ndatasources:\n- type: mysql\n  mysql_port: x\n  mysql_password: \${UNSET}\n- type: dump\n`,
  );
  expect(message.split('\n').map((line) => line.replace(/: .*/, ''))).toEqual([
    's.yaml:2',
    's.yaml:3',
    's.yaml:6',
    's.yaml:7',
    's.yaml:8',
  ]);
});

test('very many problems are cut off with their number', async () => {
  const keys = Array.from({ length: 30 }, (_, i) => `zzz${i}: 1`).join('\n');
  expect((await folder.refusal(`${LAKE}${keys}`)).split('\n').at(-1)).toBe('… and 10 more');
});

test.each(['2 hour', '30 MINUTE', "'1:30' HOUR_MINUTE", '1  day'])(
  'the interval %s is taken',
  async (interval) => {
    const { datasources } = await folder.load(
      `${TABLE}    partitions: { partition_fields: [a], interval: "${interval}" }`,
    );
    expect(datasources[0]!.tables![0]!.partitions!.interval).toBe(interval);
  },
);

test('no value of a secret key shows in any error about it', async () => {
  const keys = ['mysql_password', 'mongodb_password', 'aws_access_key', 'aws_secret_access_key'];
  const values = [
    '[canary]',
    '{ canary: canary }',
    '{{ canary }}',
    '&canary',
    '*canary',
    '!canary',
    '@canary',
    '"canary',
    "'canary' canary",
    'canary: canary',
    '${canary',
    'canary${UNSET}',
    '"\\canary"',
    '|canary',
    '%canary',
  ];
  for (const key of keys) {
    for (const value of values) {
      for (const yaml of [
        `${FLAT}${key}: ${value}\nzzz: 1`,
        `${MYSQL}  ${key}: ${value}\n`,
        `datalake:\n  ${key}: ${value}\n  ${key}: ${value}`,
      ]) {
        expect(await folder.refusal(yaml), yaml).not.toContain('canary:');
        expect((await folder.refusal(yaml)).replaceAll('.canary', ''), yaml).not.toContain('canary');
      }
    }
  }
});
