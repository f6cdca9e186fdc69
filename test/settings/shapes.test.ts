import path from 'node:path';
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/settings/load.ts';
import { Secret } from '../../src/settings/secret.ts';
import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();
const fixtures = path.join(import.meta.dirname, 'fixtures');

const fixture = (name: string) =>
  loadSettings({ file: path.join(fixtures, name), env: { HOME: folder.path } });

/** The settings with secrets as `{ secret: value }`, to compare them. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(revealed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revealed(part)]));
}

const LAKE = {
  type: 'aws',
  bucket: 'example-raw-data',
  basePrefix: 'openedx',
  format: 'csv',
  layout: 'original',
  basePartitions: [{ name: 'lms', type: 'varchar', value: 'lms.example.com' }],
  database: 'panorama',
  workgroup: 'panorama',
  accessKey: { secret: 'canary-access-key' },
  secretAccessKey: { secret: 'canary-secret-key' },
  pathStyle: false,
};
const PARTITIONS = { partitionFields: ['course_id'], interval: '2 hour', timestampField: 'modified' };
const SERVER = { host: 'db.example.com', port: 3306, user: 'openedx', database: 'edxapp' };
const MONGODB = {
  host: 'mongo.example.com:27017',
  srv: false,
  readPreference: 'secondaryPreferred',
  user: 'openedx',
  password: { secret: 'canary-mongodb' },
  authSource: 'cs_modulestore',
  database: 'cs_modulestore',
  tls: { mode: 'disabled' },
};

test('the shape with sections', async () => {
  expect(revealed(await fixture('newer.yaml'))).toEqual({
    file: path.join(fixtures, 'newer.yaml'),
    datalake: { ...LAKE, region: 'eu-west-1' },
    datasources: [
      {
        type: 'mysql',
        name: 'openedx_mysql',
        ...SERVER,
        password: { secret: '0123456' },
        tables: [
          {
            name: 'auth_userprofile',
            datalakeTableName: 'profiles_raw',
            datalakeTableView: 'profiles',
            fields: [
              { name: 'id', type: 'int' },
              { name: 'meta', type: 'longtext', value: '' },
              { name: 'allow_certificate', type: 'tinyint', value: null },
              { name: 'source', type: 'VARCHAR', value: '0' },
              { name: 'release', type: 'varchar', value: '1.10' },
            ],
          },
          {
            name: 'courseware_studentmodule',
            partitions: PARTITIONS,
            fields: [
              { name: 'id', type: 'int' },
              { name: 'course_id', type: 'varchar' },
              { name: 'modified', type: 'datetime' },
            ],
          },
        ],
      },
      {
        type: 'openedx_course_structures',
        name: 'openedx_course_structures',
        mongodb: MONGODB,
        include: [],
        mysql: { ...SERVER, password: { secret: 'canary-mysql' } },
        tables: [{ name: 'course_structures', fields: [{ name: 'module_location', type: 'varchar' }] }],
      },
      {
        type: 'csv',
        name: 'csv',
        location: [path.join(fixtures, 'extra/countries.csv')],
        header: true,
        skipLines: 0,
        tables: [{ name: 'countries' }],
      },
      {
        type: 'xls',
        name: 'grades',
        location: [path.join(fixtures, 'extra/grades.xlsx')],
        header: true,
        emptyRows: 'refuse',
      },
    ],
  });
});

/** What the first generation wrote of a course: no weight yet. */
const FIRST_COURSE_COLUMNS =
  'module_location course_id organization course_code course_edition parent block_type block_id display_name course_name chapter sequential vertical library component'.split(
    ' ',
  );

test('the flat shape', async () => {
  expect(revealed(await fixture('flat.yaml'))).toEqual({
    file: path.join(fixtures, 'flat.yaml'),
    flat: true,
    datalake: { ...LAKE, region: 'us-east-1' },
    datasources: [
      {
        type: 'mysql',
        name: 'mysql',
        ...SERVER,
        password: { secret: '012345' },
        tables: [
          {
            name: 'auth_user',
            datalakeTableName: 'auth_user_raw',
            fields: [{ name: 'id' }, { name: 'username' }],
          },
          {
            name: 'student_courseenrollment',
            datalakeTableName: 'student_courseenrollment',
            fields: [{ name: 'id' }, { name: 'user_id' }, { name: 'course_id' }],
          },
          {
            name: 'courseware_studentmodule',
            datalakeTableName: 'courseware_studentmodule_raw',
            partitions: PARTITIONS,
            fields: [{ name: 'id' }, { name: 'course_id' }, { name: 'modified' }],
          },
        ],
      },
      {
        type: 'openedx_course_structures',
        name: 'openedx_course_structures',
        mongodb: MONGODB,
        include: [],
        tables: [
          {
            name: 'course_structures',
            datalakeTableName: 'course_structures_raw',
            fields: FIRST_COURSE_COLUMNS.map((name) => ({ name })),
          },
        ],
      },
    ],
  });
});

test.each([
  ['only MySQL keys', 'mysql_host: h', ['mysql']],
  ['only tables', 'tables: [{ name: a }]', ['mysql']],
  ['only MongoDB keys', 'mongodb_host: h', ['openedx_course_structures']],
  ['neither', 'base_prefix: a', ['mysql']],
])('the flat shape with %s', async (_, line, expected) => {
  const { datasources } = await folder.load(`panorama_raw_data_bucket: b\n${line}\n`);
  expect(datasources.map(({ type }) => type)).toEqual(expected);
});

test.each([
  ['path: a', 'local', 'parquet', 'hive'],
  ['type: local, path: a', 'local', 'parquet', 'hive'],
  ['path: a, format: csv', 'local', 'csv', 'hive'],
  ['path: a, layout: original', 'local', 'parquet', 'original'],
  ['panorama_raw_data_bucket: b', 'aws', 'csv', 'original'],
  ['type: aws, panorama_raw_data_bucket: b', 'aws', 'csv', 'original'],
  ['panorama_raw_data_bucket: b, format: parquet', 'aws', 'parquet', 'hive'],
  ['panorama_raw_data_bucket: b, format: csv', 'aws', 'csv', 'hive'],
  ['panorama_raw_data_bucket: b, format: csv, layout: original', 'aws', 'csv', 'original'],
  ['panorama_raw_data_bucket: b, layout: hive', 'aws', 'csv', 'hive'],
])('a lake with { %s } is %s, %s, %s', async (keys, type, format, layout) => {
  expect((await folder.load(`datalake: { ${keys} }`)).datalake).toMatchObject({ type, format, layout });
});

test('paths start at the settings file and ~/ is home', async () => {
  const { datalake, datasources } = await folder.load(
    'datalake: { path: ../lake }\ndatasources:\n- { type: dump, location: [~/a, b/c.sql, /d] }\n- { type: dump, location: e, database: edxapp }\n',
  );
  expect(datalake).toMatchObject({ path: path.resolve(folder.path, '../lake') });
  expect(datasources).toEqual([
    { type: 'dump', name: 'dump', location: [`${folder.path}/a`, `${folder.path}/b/c.sql`, '/d'] },
    { type: 'dump', name: 'dump-2', location: [`${folder.path}/e`], database: 'edxapp' },
  ]);
});

test('sources without a name are called by their type', async () => {
  const { datasources } = await folder.load(
    'datalake: { path: a }\ndatasources: [{ type: mysql }, { type: mysql, name: mysql-2 }, { type: mysql }, { type: mysql, name: x }]',
  );
  expect(datasources.map(({ name }) => name)).toEqual(['mysql', 'mysql-2', 'mysql-3', 'x']);
});

test('no sources, no tables and all tables are told apart', async () => {
  expect((await folder.load('datalake: { path: a }')).datasources).toEqual([]);
  const { datasources } = await folder.load(
    'datalake: { path: a }\ndatasources: [{ type: mysql }, { type: mysql, tables: [] }]',
  );
  expect(datasources.map(({ tables }) => tables)).toEqual([undefined, []]);
});

test('how many connections may read is set per source, in both shapes', async () => {
  const nested = await folder.load(
    'datalake: { path: a }\ndatasources: [{ type: mysql, jobs: 8 }, { type: mysql }, { type: mysql, jobs: 01 }]',
  );
  expect(nested.datasources.map((source) => source.type === 'mysql' && source.jobs)).toEqual([
    8,
    undefined,
    1,
  ]);
  const flat = await folder.load('panorama_raw_data_bucket: b\njobs: 3\nmysql_host: h');
  expect(flat.datasources).toMatchObject([{ type: 'mysql', jobs: 3 }]);
});

test('the course structures read active versions from MySQL only where mysql_host is set', async () => {
  const { datasources } = await folder.load(
    'datalake: { path: a }\ndatasources:\n- { type: openedx_course_structures, mysql_username: u }\n- { type: openedx_course_structures, mysql_host: h, mysql_port: 3307 }',
  );
  const mongodb = {
    host: '127.0.0.1:27017',
    srv: false,
    readPreference: 'secondaryPreferred',
    authSource: 'edxapp',
    database: 'edxapp',
    tls: { mode: 'disabled' },
  };
  expect(datasources).toEqual([
    {
      type: 'openedx_course_structures',
      name: 'openedx_course_structures',
      mongodb,
      include: [],
    },
    {
      type: 'openedx_course_structures',
      name: 'openedx_course_structures-2',
      mongodb,
      include: [],
      mysql: { host: 'h', port: 3307, user: 'root', database: 'edxapp' },
    },
  ]);
});

test.each([
  ['local-from-dump', 'local'],
  ['local-from-mysql', 'local'],
  ['athena-from-mysql', 'aws'],
])('the example %s loads', async (name, type) => {
  const file = path.join(import.meta.dirname, '../../examples/settings', `${name}.yaml`);
  const settings = await loadSettings({ file, env: { HOME: folder.path, MYSQL_PASSWORD: 'p' } });
  expect(settings.datalake).toMatchObject({
    type,
    format: 'parquet',
    layout: 'hive',
    basePrefix: 'openedx',
  });
  expect(settings.datasources[0]!.tables!.map((table) => table.name)).toEqual([
    'auth_user',
    'student_courseenrollment',
    'courseware_studentmodule',
  ]);
});

test('the example of CSV files loads', async () => {
  const file = path.join(import.meta.dirname, '../../examples/settings/local-from-csv.yaml');
  const { datasources } = await loadSettings({ file, env: { HOME: folder.path } });
  const exports = path.join(import.meta.dirname, '../../examples/settings/exports');
  expect(datasources).toEqual([
    expect.objectContaining({
      type: 'csv',
      location: [path.join(exports, '*.csv')],
      delimiter: ';',
      encoding: 'windows-1252',
      tables: [
        { name: 'students' },
        expect.objectContaining({ name: 'grades', location: [path.join(exports, 'grades-*.csv')] }),
      ],
    }),
  ]);
});

test('the example of workbooks loads', async () => {
  const file = path.join(import.meta.dirname, '../../examples/settings/local-from-xls.yaml');
  const { datasources } = await loadSettings({ file, env: { HOME: folder.path } });
  expect(datasources).toEqual([
    expect.objectContaining({
      type: 'xls',
      headerRow: 2,
      emptyRows: 'refuse',
      tables: [expect.objectContaining({ name: 'budget', sheet: 'Budget 2026' })],
    }),
  ]);
});

test.each([
  ['delimiter: tab', { delimiter: '\t' }],
  ['delimiter: \\t', { delimiter: '\t' }],
  ['delimiter: "\\t"', { delimiter: '\t' }],
  ["quote: ''", { quote: '' }],
  ['escape: mysql', { escape: 'mysql' }],
  ['escape: \\', { escape: '\\' }],
  [`escape: '"'`, {}],
  ["null_value: ['', NULL]", { nulls: ['', 'NULL'] }],
  ['null_value: NULL', { nulls: ['NULL'] }],
  ['null_value:', {}],
  ['null_value: \\N', { nulls: ['\\N'] }],
  ['encoding: utf-16le', { encoding: 'utf-16le' }],
  ['header: false', { header: false }],
  ['skip_lines: 3', { skipLines: 3 }],
])('CSV: %s', async (key, expected) => {
  const yaml = `datalake: { path: a }\ndatasources:\n  - type: csv\n    location: b\n    ${key}`;
  expect((await folder.load(yaml)).datasources).toEqual([
    {
      type: 'csv',
      name: 'csv',
      location: [path.join(folder.path, 'b')],
      header: true,
      skipLines: 0,
      ...expected,
    },
  ]);
});

test('CSV: tables with places of their own need no other', async () => {
  const yaml =
    'datalake: { path: a }\ndatasources: [{ type: csv, tables: [{ name: t, location: [b.csv, c.csv] }] }]';
  expect((await folder.load(yaml)).datasources).toEqual([
    expect.objectContaining({
      location: [],
      tables: [{ name: 't', location: [path.join(folder.path, 'b.csv'), path.join(folder.path, 'c.csv')] }],
    }),
  ]);
});

test.each([
  ['{ type: csv }', 'datasources[0].location: this key is missing'],
  [
    '{ type: csv, tables: [{ name: a, location: b }, { name: c }] }',
    'datasources[0].location: this key is missing',
  ],
  ['{ type: xls }', 'datasources[0].location: this key is missing'],
  [
    '{ type: csv, location: a, delimiter: "\\n" }',
    'datasources[0].delimiter: expected what stands between two fields',
  ],
  ['{ type: csv, location: a, quote: ab }', 'datasources[0].quote: expected one ASCII character'],
  ['{ type: csv, location: a, quote: é }', 'datasources[0].quote: expected one ASCII character'],
  ['{ type: csv, location: a, escape: my }', 'datasources[0].escape: expected one ASCII character, or mysql'],
  [
    '{ type: csv, location: a, encoding: utf-7 }',
    'datasources[0].encoding: expected the name of an encoding',
  ],
  [
    '{ type: csv, location: a, skip_lines: -1 }',
    'datasources[0].skip_lines: expected a whole number from 0 on',
  ],
  ['{ type: csv, location: a, header: no }', 'datasources[0].header: expected true or false'],
  ["{ type: csv, location: a, delimiter: '\"' }", 'must begin with different characters'],
  ["{ type: csv, location: a, escape: ',' }", 'must begin with different characters'],
  [
    '{ type: xls, location: a, header_row: 0 }',
    'datasources[0].header_row: expected a whole number from 1 on',
  ],
  ['{ type: xls, location: a, empty_rows: keep }', 'datasources[0].empty_rows: expected refuse or skip'],
  [
    '{ type: xls, location: a, tables: [{ name: t, location: b }] }',
    'only tables of a source of type csv have this key',
  ],
  [
    '{ type: dump, location: a, tables: [{ name: t, sheet: b }] }',
    'only tables of a source of type xls have this key',
  ],
])('files: %s', async (source, expected) => {
  expect(await folder.refusal(`datalake: { path: a }\ndatasources: [${source}]`)).toContain(expected);
});

test.each<[string, string, Record<string, unknown>]>([
  ['credentials of the chain, Amazon', '', { pathStyle: false }],
  [
    'another S3',
    'aws_endpoint: http://s3.internal:9000',
    { pathStyle: true, endpoint: 'http://s3.internal:9000' },
  ],
  [
    'another S3 with host names',
    "{ aws_endpoint: 'http://s3.internal', aws_path_style: false }",
    { pathStyle: false },
  ],
  ['a profile', 'aws_profile: panorama', { profile: 'panorama' }],
  ['a key of KMS', 'aws_kms_key_id: k', { encryption: { kind: 'aws:kms', kmsKeyId: 'k' } }],
  ['encryption by S3', 'aws_encryption: AES256', { encryption: { kind: 'AES256' } }],
])('S3: %s', async (_, keys, expected) => {
  const lines = keys.startsWith('{') ? keys.slice(1, -1).split(', ') : [keys];
  const yaml = ['datalake:', '  panorama_raw_data_bucket: b', ...lines.map((line) => `  ${line.trim()}`)];
  const { datalake } = await folder.load(yaml.join('\n'));
  expect(datalake).toMatchObject({ format: 'csv', layout: 'original', ...expected });
});

test('S3: empty keys are no keys', async () => {
  const yaml = "datalake: { panorama_raw_data_bucket: b, aws_access_key: '', aws_secret_access_key: '' }";
  expect((await folder.load(yaml)).datalake).not.toHaveProperty('accessKey');
});

test('modules of one’s own', async () => {
  const { datalake, datasources } = await folder.load(`datalake:
  module: ./lake.js
  options: { a: 01, b: [x, { c: null }] }
datasources:
- { type: module, module: some-package }
`);
  expect(datalake).toMatchObject({ type: 'module', format: 'parquet', layout: 'hive' });
  expect(datalake).toMatchObject({
    module: path.join(folder.path, 'lake.js'),
    options: { a: '01', b: ['x', {}] },
    named: { folder: folder.path, at: 's.yaml:2: datalake.module' },
  });
  const named = { folder: folder.path, at: 's.yaml:5: datasources[0].module' };
  expect(datasources).toEqual([
    { type: 'module', name: 'module', module: 'some-package', options: {}, named },
  ]);
});
