import { expect, test } from 'vitest';

import { shownSettings } from '../../src/settings/show/show.ts';
import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();

/** The keys in effect, as `datalake.aws_region`, with their values; secrets are masks. */
async function inEffect(text: string): Promise<Record<string, unknown>> {
  const keys = await shownSettings(await folder.read(text));
  return Object.fromEntries(keys.map(({ path, value }) => [path.join('.'), value]));
}

const MYSQL_DEFAULTS = {
  mysql_username: 'root',
  mysql_host: '127.0.0.1',
  mysql_port: '3306',
  mysql_database: 'edxapp',
};
const MONGODB_DEFAULTS = { mongodb_host: '127.0.0.1', mongodb_database: 'edxapp' };

const under = (place: string, keys: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [`${place}.${key}`, value]));

test('the defaults of panorama-elt 0.3: a bucket and sources with nothing but their type', async () => {
  const text = `datalake: { panorama_raw_data_bucket: b }
datasources: [{ type: mysql }, { type: openedx_course_structures }, { type: openedx_course_structures, mysql_host: h }]
`;
  const keys = await inEffect(text);
  const { mysql_host: _, ...others } = MYSQL_DEFAULTS;
  expect(keys).toMatchObject({
    'datalake.aws_region': 'us-east-1',
    ...under('datalake', { format: 'csv', layout: 'original' }),
    ...under('datasources.0', MYSQL_DEFAULTS),
    ...under('datasources.1', MONGODB_DEFAULTS),
    ...under('datasources.2', { ...MONGODB_DEFAULTS, ...others, mysql_host: 'h' }),
  });
  expect(Object.keys(keys).filter((key) => key.startsWith('datasources.1.mysql_'))).toEqual([]);
  // Keys without a default have no value of their own making.
  for (const key of ['base_prefix', 'datalake_database', 'datalake_workgroup', 'aws_access_key'])
    expect(keys).not.toHaveProperty([`datalake.${key}`]);
});

test('the defaults of the first generation: a bucket, and one key of each server', async () => {
  expect(
    await inEffect('panorama_raw_data_bucket: b\nmysql_password: p\nmongodb_password: p\n'),
  ).toMatchObject({
    'datalake.aws_region': 'us-east-1',
    ...under('datalake', { format: 'csv', layout: 'original' }),
    ...under('datasources.0', { type: 'mysql', ...MYSQL_DEFAULTS }),
    ...under('datasources.1', { type: 'openedx_course_structures', ...MONGODB_DEFAULTS }),
    'datasources.1.tables.0.name': 'course_structures',
    'datasources.1.tables.0.datalake_table_name': 'course_structures_raw',
  });
});

const LAKE = {
  panorama_raw_data_bucket: 'b',
  base_prefix: 'p',
  aws_access_key: '********',
  aws_secret_access_key: '********',
  aws_region: 'eu-west-1',
  datalake_database: 'd',
  datalake_workgroup: 'w',
};
const MYSQL = {
  mysql_username: 'u',
  mysql_password: '********',
  mysql_host: 'h',
  mysql_port: '3307',
  mysql_database: 'x',
};
const MONGODB = {
  mongodb_host: 'm',
  mongodb_username: 'n',
  mongodb_password: '********',
  mongodb_database: 'y',
};
const TABLE = {
  name: 'a',
  datalake_table_name: 'r',
  'partitions.partition_fields.0': 'c',
  'partitions.interval': '2 hour',
  'partitions.timestamp_field': 'm',
};
const lines = (keys: Readonly<Record<string, string>>, indent = ''): string =>
  Object.entries(keys)
    .map(([key, value]) => `${indent}${key}: ${value === '********' ? '0123' : value}\n`)
    .join('');
const partitions = 'partitions: { partition_fields: [c], interval: 2 hour, timestamp_field: m }';

test('every key of panorama-elt 0.3 is taken', async () => {
  const text = `datalake:
  type: aws
${lines(LAKE, '  ')}  base_partitions: [{ name: lms, type: int, value: 1 }]
datasources:
- type: mysql
  name: site
${lines(MYSQL, '  ')}  tables:
  - name: a
    datalake_table_name: r
    datalake_table_view: v
    ${partitions}
    fields: [{ name: c, type: VARCHAR }, { name: m, type: datetime }, { name: k, type: int, value: 0 }, { name: n, value: null }]
- type: openedx_course_structures
  name: courses
${lines({ ...MONGODB, ...MYSQL }, '  ')}- type: csv
  location: f.csv
- type: xls
  location: f.xlsx
`;
  expect(await inEffect(text)).toMatchObject({
    ...under('datalake', { type: 'aws', ...LAKE }),
    ...under('datalake.base_partitions.0', { name: 'lms', type: 'int', value: '1' }),
    ...under('datasources.0', { name: 'site', ...MYSQL }),
    ...under('datasources.0.tables.0', { ...TABLE, datalake_table_view: 'v' }),
    ...under('datasources.0.tables.0.fields', { '0.type': 'VARCHAR', '2.value': '0', '3.value': null }),
    ...under('datasources.1', { name: 'courses', ...MONGODB, ...MYSQL }),
    ...under('datasources.2', { type: 'csv', location: 'f.csv' }),
    ...under('datasources.3', { type: 'xls', location: 'f.xlsx' }),
  });
});

test('every key of the first generation is taken', async () => {
  const text = `${lines({ ...LAKE, ...MYSQL, ...MONGODB })}base_partitions: [{ key: lms, value: x }]
tables:
- name: a
  datalake_table_name: r
  ${partitions}
  fields: [c, m]
`;
  expect(await inEffect(text)).toMatchObject({
    ...under('datalake', LAKE),
    ...under('datalake.base_partitions.0', { name: 'lms', type: 'varchar', value: 'x' }),
    ...under('datasources.0', MYSQL),
    ...under('datasources.0.tables.0', { ...TABLE, 'fields.0': 'c', 'fields.1': 'm' }),
    ...under('datasources.1', MONGODB),
  });
});
