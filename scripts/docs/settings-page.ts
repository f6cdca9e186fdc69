import type * as z from 'zod';
import {
  basePartitionSchema,
  courseStructuresSchema,
  csvSchema,
  datalakeSchema,
  dumpSchema,
  fieldSchema,
  flatSchema,
  moduleSchema,
  mysqlSchema,
  nestedSchema,
  partitionsSchema,
  tableSchema,
  xlsSchema,
} from '../../src/settings/schema.ts';
import { type KeyMeta, metaOf, valueSchema } from '../../src/settings/schema-parts.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/reference/settings.md, from the schema of the settings. */
export function renderSettings(): string {
  return [
    GENERATED,
    '# Settings',
    INTRODUCTION,
    SUPPORT,
    '## The file',
    keys(nestedSchema),
    '### `datalake`',
    keys(datalakeSchema),
    LAKE_RULES,
    '### Entries of `base_partitions`',
    keys(basePartitionSchema),
    '## Data sources',
    'Each entry of `datasources` has a `type`. A source without a `name` is called by its type, the second one `<type>-2`.',
    '### `type: mysql`',
    keys(mysqlSchema),
    CREDENTIALS,
    '### `type: dump`',
    keys(dumpSchema),
    '### `type: openedx_course_structures`',
    keys(courseStructuresSchema),
    'Where `mysql_host` is set, the active versions of courses are read from MySQL, else from MongoDB.',
    '### `type: csv`',
    keys(csvSchema),
    FILES,
    '### `type: xls`',
    keys(xlsSchema),
    '### `type: module`',
    keys(moduleSchema),
    OWN_MODULE,
    '## Tables',
    '### Entries of `tables`',
    keys(tableSchema),
    '### Entries of `fields`',
    keys(fieldSchema),
    '### `partitions`',
    keys(partitionsSchema),
    '## The flat shape',
    FLAT,
    table(['key', 'meaning'], flatKeys()),
    `${REFERENCES}\n`,
  ].join('\n\n');
}

function keys(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([key, schema]) => {
    const inner = valueSchema(schema);
    const meta = metaOf(schema);
    const fallback = meta.otherwise ?? (meta.default === undefined ? '' : `\`${meta.default}\``);
    return [`\`${key}\``, takes(inner, meta), inner === schema ? 'required' : fallback, meaning(meta)];
  });
  return table(['key', 'takes', 'default', 'meaning'], rows);
}

function meaning({ description = '', example, secret }: KeyMeta): string {
  const notes = [
    ...(secret === true ? [' Secret: never printed.'] : []),
    ...(example === undefined ? [] : [` Example: \`${example}\`.`]),
  ];
  return description + notes.join('');
}

function takes(schema: z.ZodType, meta: KeyMeta): string {
  if (meta.kind === 'port' || meta.kind === 'jobs' || meta.kind === 'number') return 'number';
  if (meta.kind === 'options') return 'section';
  switch (schema.def.type) {
    case 'enum':
      return (schema as z.ZodEnum).options.map((option) => `\`${option}\``).join(', ');
    case 'literal':
      return `\`${String((schema as z.ZodLiteral).value)}\``;
    case 'array':
      return 'list';
    case 'object':
      return 'section';
    case 'nullable':
      return 'text or `null`';
    case 'union':
      return 'text or list';
    default:
      return 'text';
  }
}

function flatKeys(): string[][] {
  const group = (prefix: string) => Object.keys(flatSchema.shape).filter((key) => key.startsWith(prefix));
  const names = (found: readonly string[]) => found.map((key) => `\`${key}\``).join(', ');
  const mysql = [...group('mysql_'), 'jobs'];
  const mongodb = group('mongodb_');
  const rest = Object.keys(flatSchema.shape).filter((key) => ![...mysql, ...mongodb, 'tables'].includes(key));
  return [
    [names(rest), 'as under `datalake`'],
    [names(mysql), 'as in a source of type `mysql`; the source is called `mysql`'],
    [
      names(mongodb),
      'as in a source of type `openedx_course_structures`, which is there where any of these keys is',
    ],
    ['`tables`', 'the tables of the MySQL source'],
  ];
}

const INTRODUCTION = `The settings file is YAML: \`panorama_settings.yaml\`, or the file named by \`--settings\` or by the environment
variable \`PANORAMA_SETTINGS_FILE\`. Two shapes are read: sections \`datalake\` and \`datasources\`, described first, and
the older flat one. A folder of dumps can be loaded without a settings file: \`panorama load DIRECTORY\`.

Values are taken as written: \`012345\`, \`1.10\` and \`yes\` are these characters, quoted or not. \`null\`, \`~\` and nothing
are the same as leaving the key out, except for \`value\`. Put a value in single quotes when it begins with one of
\`& * ! @ % | > { [ # "\` or a backtick, or holds \`: \` or \` #\`.

Relative paths start at the folder of the settings file; \`~/\` is the home folder. An unknown key is an error that
names its line and the nearest key; \`panorama settings check\` looks for such things without connecting to anything, and
\`panorama settings show --origin\` says where each value comes from ([settings files](../how-to/settings-files.md)).
[settings.schema.json](settings.schema.json) lets an editor complete and check the file:
begin it with \`# yaml-language-server: $schema=<path or URL of settings.schema.json>\`.`;

const SUPPORT = `This version loads from sources of every type into lakes of every type.`;

const LAKE_RULES = `A lake needs one of \`path\` (a local folder), \`panorama_raw_data_bucket\` (S3) and \`module\` (one of
[your own](../how-to/own-lake-or-source.md)). Settings for S3 that name no \`format\`
are those of panorama-elt in Python and mean what it wrote: CSV in the original layout. Naming a \`format\` there makes
the layout \`hive\`, unless \`layout\` says otherwise.`;

const FILES = `In a pattern \`*\` and \`?\` stand for any text and any character of a name, \`[a-z]\` for one of some characters,
\`**\` for any number of folders. [CSV and Excel](../how-to/csv-and-excel.md) tells the rules of both kinds of files.`;

const OWN_MODULE = `[A lake or a source of your own](../how-to/own-lake-or-source.md) tells what the module exports. A path begins with
\`./\`, \`../\`, \`/\` or \`~/\`; anything else is the name of a package.`;

const CREDENTIALS = `For reaching the server, what comes first counts:

1. the settings file,
2. the environment: \`MYSQL_HOST\`, \`MYSQL_TCP_PORT\`, \`MYSQL_PWD\`,
3. groups \`[panorama]\` and \`[client]\` of \`~/.my.cnf\` or of \`mysql_defaults_file\`: \`user\`, \`password\`, \`host\`, \`port\`,
   \`socket\`, \`ssl-mode\`, \`ssl-ca\`, \`ssl-cert\`, \`ssl-key\`,
4. the defaults.

A socket in an option file holds only where neither the settings nor the environment name a host or port.
\`mysql_password: ''\` is an empty password; without the key, the next in the list is asked.`;

const FLAT = `A file without \`datalake\` and \`datasources\` is read in the shape of the first generation of panorama-elt, with all keys
at the top. Base partitions have \`key\` instead of \`name\`, fields are plain names, and a table without
\`datalake_table_name\` is called in the catalog as in the source, without the prefix.`;

const REFERENCES = `## The environment in values

\`\${NAME}\` in a value is replaced by the environment variable; it is an error when that is not set. \`\${NAME:-default}\`
gives a default for a variable that is not set or empty. \`$\${\` stands for the characters \`\${\`. Keep passwords out of
the file with \`mysql_password: \${MYSQL_PASSWORD}\`.`;
