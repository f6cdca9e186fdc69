import * as z from 'zod';
import { csvKeys, location, sheetKeys } from './file-schema.ts';
import { guestKeys, timeoutKeys } from './guest-schema.ts';
import { modulestoreKeys, mongodbKeys } from './mongodb-schema.ts';
import { choice, name, port, secret, text } from './schema-parts.ts';
import { JOBS } from './settings.ts';

/**
 * Every key of a settings file, declared once: what it takes, what it means, its default, whether it is secret.
 * From here come validation, masking, docs/reference/settings.md and docs/reference/settings.schema.json.
 *
 * Leaves of the parsed file are always text, exactly as written (see document.ts), so a password of digits keeps
 * its leading zeros. Defaults that depend on other sources (environment, ~/.my.cnf) are applied in normalise.ts
 * from {@link DEFAULTS}.
 */
export const DEFAULTS = {
  awsRegion: 'us-east-1',
  partitionType: 'varchar',
  mysqlUser: 'root',
  mysqlHost: '127.0.0.1',
  mysqlPort: 3306,
  mysqlDatabase: 'edxapp',
} as const;

const INTERVAL = /^('[-0-9:. ]+'|"[-0-9:. ]+"|[0-9]+)\s+[a-z]+(_[a-z]+)?$/i;

export const partitionsSchema = z.strictObject({
  partition_fields: z.array(name('A column.')).min(1, 'expected at least one column').meta({
    description:
      'Columns whose values split the table into one file each, in path order. They are left out of the files.',
  }),
  interval: z
    .string()
    .regex(INTERVAL, "expected a MySQL interval such as '2 hour'")
    .meta({ description: 'How far back incremental loads look, as a MySQL interval.', example: '2 hour' })
    .optional(),
  timestamp_field: name('The datetime column that says when a row changed.', {
    example: 'modified',
  }).optional(),
});

export const fieldSchema = z.strictObject({
  name: name('Name of the column.'),
  type: name('Type of the column, a MySQL type name.', { otherwise: 'the type in the source' }).optional(),
  value: z
    .string()
    .nullable()
    .meta({
      description:
        'Makes the column a constant instead of a column of the source. `null` is NULL; text is taken as written.',
    })
    .optional(),
});

export const tableSchema = z.strictObject({
  name: name(
    'Name of the table in the source; for `csv` the name of a file without its ending, for `xls` a sheet.',
  ),
  location: location(
    'For `csv` only: the files of this table, where they are not called like it.',
    './grades-*.csv',
  ).optional(),
  sheet: name('For `xls` only: the sheet of this table, where it is not called like it.').optional(),
  datalake_table_name: name('Name of the raw table in the catalog.', {
    otherwise: '`<base_prefix>_raw_<name>`; in the flat shape `<name>`',
  }).optional(),
  datalake_table_view: name('Name of the typed view.', {
    otherwise: '`<base_prefix>_table_<name>`',
  }).optional(),
  fields: z
    .array(z.union([name('Name of a column.'), fieldSchema]))
    .min(1, 'expected at least one column; remove the key to take all')
    .meta({
      description: 'Columns in their order in the lake: entries of `name`, `type`, `value`, or plain names.',
      otherwise: 'all columns of the source',
    })
    .optional(),
  partitions: partitionsSchema.meta({ description: 'Splits the table by the values of columns.' }).optional(),
  exclude: z
    .array(name('Name of a column.'))
    .meta({ description: 'Columns of the source that are never read.' })
    .optional(),
});

export const basePartitionSchema = z
  .strictObject({
    name: name('Name of the partition column.', { example: 'lms' }).optional(),
    key: name('The same as `name`, as the flat shape writes it.').optional(),
    type: name('Type of the column in typed views.', { default: DEFAULTS.partitionType }).optional(),
    value: text('Its value, as written.', { example: 'lms.example.com' }),
  })
  .meta({ title: 'base partition' });

const tables = z
  .array(tableSchema)
  .meta({ description: 'The tables to load.', otherwise: 'all tables of the source' })
  .optional();

const moduleKeys = {
  module: name('The JavaScript module: a path relative to the settings file, or a package name.', {
    example: './my-lake.js',
  }),
  options: z
    .record(z.string(), z.unknown())
    .meta({ description: 'What the module is given, as text.', kind: 'options' })
    .optional(),
};

const datalakeKeys = {
  path: text('Folder of a local lake.', { example: './lake' }).optional(),
  format: choice(['parquet', 'csv'], 'Kind of the files.', {
    otherwise: '`parquet` for a local lake, `csv` for one in S3',
  }).optional(),
  layout: choice(
    ['hive', 'original'],
    'How files lie and how partition values are escaped: as Hive and Trino do, or as panorama-elt in Python did.',
    { otherwise: '`hive`; `original` for a lake in S3 whose settings name no `format`' },
  ).optional(),
  panorama_raw_data_bucket: text('Bucket of a lake in S3.').optional(),
  base_prefix: text(
    'One or more folders in front of all tables; also begins the names of tables in the catalog.',
    {
      example: 'openedx',
    },
  ).optional(),
  base_partitions: z
    .array(basePartitionSchema)
    .meta({ description: 'Constant partitions of the installation, in path order.' })
    .optional(),
  datalake_database: text('Database of Athena.').optional(),
  datalake_workgroup: text('Workgroup of Athena.').optional(),
  aws_region: text('Region of the bucket and of Athena.', { default: DEFAULTS.awsRegion }).optional(),
  aws_access_key: secret('Access key of AWS. Without it the usual AWS credential chain is asked.').optional(),
  aws_secret_access_key: secret('Secret access key of AWS.').optional(),
  aws_session_token: secret('Session token, where the key pair is a temporary one.').optional(),
  aws_profile: text('Profile of the AWS configuration files to take credentials from.').optional(),
  aws_endpoint: text('Address of the S3 service, where it is not the one of Amazon.', {
    example: 'https://minio.example.com:9000',
  }).optional(),
  aws_path_style: choice(
    ['true', 'false'],
    'Whether the bucket stands in the path of requests instead of the host name.',
    { otherwise: '`true` with `aws_endpoint`, else `false`' },
  ).optional(),
  aws_encryption: choice(['AES256', 'aws:kms'], 'Server-side encryption to ask for with every object.', {
    otherwise: '`aws:kms` with `aws_kms_key_id`, else what the bucket does by itself',
  }).optional(),
  aws_kms_key_id: text('Key of KMS for `aws:kms`.', {
    example: 'arn:aws:kms:eu-west-1:111122223333:key/…',
  }).optional(),
};

const mysqlKeys = {
  mysql_host: text('Host of the server.', { default: DEFAULTS.mysqlHost }).optional(),
  mysql_port: port('TCP port of the server.', { default: DEFAULTS.mysqlPort }).optional(),
  mysql_socket: text('Unix socket of the server, instead of host and port.').optional(),
  mysql_username: text('User.', { default: DEFAULTS.mysqlUser }).optional(),
  mysql_password: secret('Password of the user.').optional(),
  mysql_database: text('Database to read.', { default: DEFAULTS.mysqlDatabase }).optional(),
  mysql_ssl: choice(
    ['disabled', 'preferred', 'required', 'verify'],
    'TLS: never; when the server offers it; always; always, with certificate and host name checked.',
    { otherwise: '`verify` with `mysql_ssl_ca`, `required` with `mysql_ssl_cert`, else `disabled`' },
  ).optional(),
  mysql_ssl_ca: text('PEM file of the authorities that sign the certificate of the server.').optional(),
  mysql_ssl_cert: text('PEM file of the client certificate.').optional(),
  mysql_ssl_key: text('PEM file of the key of the client certificate.').optional(),
  mysql_defaults_file: text('A MySQL option file to read in place of `~/.my.cnf`.').optional(),
  ...timeoutKeys,
};

const jobs = z
  .string()
  .regex(/^[0-9]+$/, `expected a whole number from 1 to ${JOBS.most}`)
  .transform(Number)
  .refine((value) => value >= 1 && value <= JOBS.most, `expected a whole number from 1 to ${JOBS.most}`)
  .meta({
    description: `How many connections may read at the same time at most, each a table, where the server grants them one snapshot: 1 to ${JOBS.most}.`,
    default: JOBS.usual,
    kind: 'jobs',
  })
  .optional();

const common = {
  name: name('The name for `--datasource`.', { otherwise: 'the type' }).optional(),
  tables,
};

const typeOf = <const T extends string>(type: T, description: string) =>
  z.literal(type).meta({ description });

export const mysqlSchema = z.strictObject({
  type: typeOf('mysql', 'A MySQL or MariaDB server.'),
  ...common,
  ...mysqlKeys,
  jobs,
  ...guestKeys,
});

export const dumpSchema = z.strictObject({
  type: typeOf('dump', 'Output of mysqldump or mariadb-dump: `.sql`, `.sql.gz`, `.sql.zst`.'),
  ...common,
  location: location('File, folder or pattern of dumps, or a list of them.', './backup'),
  database: name('The database to take where the dump holds several.').optional(),
});

export const courseStructuresSchema = z.strictObject({
  type: typeOf('openedx_course_structures', 'The course trees of Open edX.'),
  ...common,
  ...mongodbKeys,
  ...modulestoreKeys,
  ...mysqlKeys,
});

export const csvSchema = z.strictObject({
  type: typeOf('csv', 'Files of delimited text, also compressed by gzip or zstd; each file is a table.'),
  ...common,
  ...csvKeys,
});

export const xlsSchema = z.strictObject({
  type: typeOf('xls', 'Excel workbooks (`.xlsx`, `.xlsm`); each sheet is a table.'),
  ...common,
  ...sheetKeys,
});

export const moduleSchema = z.strictObject({
  type: typeOf('module', 'A source of one’s own, in JavaScript.'),
  ...common,
  ...moduleKeys,
});

export const datasourceSchema = z.discriminatedUnion('type', [
  mysqlSchema,
  dumpSchema,
  courseStructuresSchema,
  csvSchema,
  xlsSchema,
  moduleSchema,
]);

export const datalakeSchema = z.strictObject({
  type: choice(['local', 'aws', 'module'], 'A folder of this machine, S3 with Athena, or one’s own.', {
    otherwise: '`local` with `path`, `aws` with `panorama_raw_data_bucket`, `module` with `module`',
  }).optional(),
  ...datalakeKeys,
  module: moduleKeys.module.optional(),
  options: moduleKeys.options,
});

/** The newer shape: sections `datalake` and `datasources`. */
export const nestedSchema = z.strictObject({
  datalake: datalakeSchema.meta({ description: 'Where the files go.' }),
  datasources: z
    .array(datasourceSchema)
    .meta({ description: 'Where the rows come from.', otherwise: 'none' })
    .optional(),
});

/** The older, flat shape: one lake, one MySQL database, one modulestore, all keys at the top. */
export const flatSchema = z.strictObject({
  ...datalakeKeys,
  ...mysqlKeys,
  jobs,
  ...guestKeys,
  ...mongodbKeys,
  tables,
});

export type RawNested = z.output<typeof nestedSchema>;
export type RawFlat = z.output<typeof flatSchema>;
export type RawDatasource = z.output<typeof datasourceSchema>;
export type RawTable = z.output<typeof tableSchema>;
export type RawDatalake = z.output<typeof datalakeSchema>;
export type RawMysql = Pick<z.output<typeof mysqlSchema>, keyof typeof mysqlKeys>;
export type RawGuest = Pick<z.output<typeof mysqlSchema>, keyof typeof guestKeys | 'jobs'>;
export type RawMongodb = Pick<z.output<typeof flatSchema>, keyof typeof mongodbKeys>;

/** The sections a settings file can have, for messages and documentation. */
export const PLACES = [
  { id: 'nested', where: 'at the top of the file', schema: nestedSchema },
  { id: 'datalake', where: 'under datalake', schema: datalakeSchema },
  { id: 'base_partitions', where: 'in an entry of base_partitions', schema: basePartitionSchema },
  { id: 'mysql', where: 'in a data source of type mysql', schema: mysqlSchema },
  { id: 'dump', where: 'in a data source of type dump', schema: dumpSchema },
  {
    id: 'openedx_course_structures',
    where: 'in a data source of type openedx_course_structures',
    schema: courseStructuresSchema,
  },
  { id: 'csv', where: 'in a data source of type csv', schema: csvSchema },
  { id: 'xls', where: 'in a data source of type xls', schema: xlsSchema },
  { id: 'module', where: 'in a data source of type module', schema: moduleSchema },
  { id: 'tables', where: 'in an entry of tables', schema: tableSchema },
  { id: 'fields', where: 'in an entry of fields', schema: fieldSchema },
  { id: 'partitions', where: 'under partitions', schema: partitionsSchema },
  { id: 'flat', where: 'at the top of a file in the flat shape', schema: flatSchema },
] as const;

export type Place = (typeof PLACES)[number];
