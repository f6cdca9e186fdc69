import { Document, Scalar, isScalar } from 'yaml';

import type { Problem } from '../../settings/problems.ts';
import type { Datasource, DatalakeSettings, MysqlConnection, Settings } from '../../settings/settings.ts';
import type { SettingsFile } from '../../settings/settings-file.ts';
import type { Origin, ShownKey } from '../../settings/show/show.ts';
import { pluralText, visibleText } from '../text.ts';

/** Settings in effect as YAML in the shape with sections; with `origin` each value says where it comes from. */
export function shownText(keys: readonly ShownKey[], file: SettingsFile, origin: boolean): string {
  const document = new Document({}, { schema: 'failsafe' });
  for (const key of keys) {
    document.setIn(key.path, nodeOf(document, key.value));
    const node: unknown = document.getIn(key.path, true);
    if (origin && isScalar(node) && saysOrigin(key)) node.comment = ` ${originText(key.origin, file)}`;
  }
  return document
    .toString({ lineWidth: 0, indentSeq: false })
    .trimEnd()
    .split('\n')
    .map(visibleText)
    .join('\n');
}

function nodeOf(document: Document, value: ShownKey['value']): unknown {
  if (value !== null && typeof value === 'object') return document.createNode([], { flow: true });
  const scalar = new Scalar(value === null ? 'null' : value.replaceAll('${', () => '$${'));
  // Without quotes these would be nothing.
  if (value !== null && /^(?:~|null|)$/i.test(value)) scalar.type = Scalar.QUOTE_SINGLE;
  return scalar;
}

/** Of a table in the file, which is in one place, its name says it for all of its keys. */
function saysOrigin({ path, origin }: ShownKey): boolean {
  const inTable = path[2] === 'tables' && path.length > 4;
  const isName = path.length === 5 && path[4] === 'name';
  return !inTable || isName || origin.kind !== 'file' || origin.variables.length > 0;
}

function originText(origin: Origin, { name }: SettingsFile): string {
  switch (origin.kind) {
    case 'file': {
      const from = origin.variables.map((variable) => `, \${${variable}}`).join('');
      return `${name}:${origin.line}${from}`;
    }
    case 'environment':
      return `environment ${origin.variable}`;
    case 'option-file':
      return 'MySQL option file';
    case 'default':
      return 'default';
  }
}

/** Settings in effect as JSON; the fields are a contract (docs/reference/json.md). */
export function shownJson(keys: readonly ShownKey[]): string {
  return JSON.stringify(keys);
}

/** What a valid settings file says, in a few lines, and what is worth knowing of it. */
export function checkedText(file: SettingsFile, settings: Settings, notes: readonly Problem[]): string {
  return [
    `${file.name}: valid, ${settings.flat === true ? 'in the flat shape of the first generation' : 'in the shape with sections'}`,
    `lake: ${lakeText(settings.datalake)}`,
    ...settings.datasources.map((source) => `source ${source.name}: ${sourceText(source)}`),
    ...notes.map(({ line, text }) => `${file.name}${line === undefined ? '' : `:${line}`}: note: ${text}`),
  ]
    .map(visibleText)
    .join('\n');
}

/** The same as JSON; the fields are a contract (docs/reference/json.md). */
export function checkedJson(file: SettingsFile, settings: Settings, notes: readonly Problem[]): string {
  return JSON.stringify({
    file: file.path,
    valid: true,
    shape: settings.flat === true ? 'flat' : 'sections',
    datalake: settings.datalake.type,
    datasources: settings.datasources.map(({ name, type, tables }) => ({
      name,
      type,
      tables: tables?.map((table) => table.name) ?? null,
    })),
    notes: notes.map(({ line, text }) => ({ line: line ?? null, text })),
  });
}

function lakeText(datalake: DatalakeSettings): string {
  const folders = [
    ...(datalake.basePrefix === undefined ? [] : [datalake.basePrefix]),
    '<table>',
    ...datalake.basePartitions.map(({ name, value }) => `${name}=${value}`),
  ];
  const layout = datalake.layout === 'original' ? ', as panorama-elt 0.3 in Python laid it out' : '';
  const catalog =
    datalake.type === 'aws' && datalake.database !== undefined && datalake.workgroup !== undefined
      ? `; database ${datalake.database} of Athena, workgroup ${datalake.workgroup}`
      : '';
  return `${datalake.format === 'csv' ? 'CSV' : 'Parquet'} files in ${lakePlaceText(datalake)}, under ${folders.join('/')}/${layout}${catalog}`;
}

function lakePlaceText(datalake: DatalakeSettings): string {
  switch (datalake.type) {
    case 'local':
      return `the folder ${datalake.path}`;
    case 'aws':
      return `the bucket ${datalake.bucket} in ${datalake.region}`;
    case 'module':
      return `the module ${datalake.module}`;
  }
}

function sourceText(source: Datasource): string {
  const { tables } = source;
  const parts = tables?.filter(({ partitions }) => partitions !== undefined).length ?? 0;
  const listed =
    tables === undefined
      ? 'all tables'
      : pluralText(tables.length, 'table') + (parts === 0 ? '' : `, ${parts} of them in partitions`);
  return `${source.type}, ${placeText(source)}; ${listed}`;
}

function placeText(source: Datasource): string {
  switch (source.type) {
    case 'mysql':
      return serverText(source);
    case 'openedx_course_structures': {
      const { mongodb, mysql } = source;
      const from = mysql === undefined ? '' : `, active versions from ${serverText(mysql)}`;
      return `${mongodb.host}/${mongodb.database}${from}`;
    }
    case 'module':
      return source.module;
    default:
      return source.location.join(', ');
  }
}

function serverText({ user, host, port, socket, database, ssl }: MysqlConnection): string {
  const tls = ssl === undefined ? 'without TLS' : `TLS ${ssl.mode}`;
  return `${user}@${socket ?? `${host}:${port}`}/${database}, ${tls}`;
}
