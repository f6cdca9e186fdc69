import { isDeepStrictEqual } from 'node:util';
import {
  LineCounter,
  Pair,
  Scalar,
  YAMLMap,
  YAMLSeq,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from 'yaml';
import type { Alias, Document, Node } from 'yaml';
import { PanoramaError } from '../../errors.ts';
import { settingsOfFile } from '../load.ts';
import { tableKeys } from '../normalise-tables.ts';
import { invalidSettings } from '../problems.ts';
import { DEFAULTS } from '../schema.ts';
import { Secret } from '../secret.ts';
import type { Datasource, Settings } from '../settings.ts';
import type { SettingsFile } from '../settings-file.ts';
import { resolved } from './lookup.ts';
import { lineBreakOf, listIndent } from './splice.ts';

/**
 * The text of a file in the flat shape in the shape with sections, proven to say the same: keys keep their order
 * among themselves, their comments and anchors. Names of tables in the catalog, which were the plain ones where the
 * file said nothing, are written out. Undefined where the file has sections already.
 * @throws PanoramaError `settings-invalid`, also where an anchor would come behind its aliases
 */
export async function upgradedSettings(file: SettingsFile): Promise<string | undefined> {
  const before = await settingsOfFile(file);
  if (before.flat !== true) return undefined;
  const text = withSections(file, before);
  const after = await settingsOfFile({ ...file, text }).catch(() => undefined);
  const { flat: _, ...same } = before;
  if (after !== undefined && isDeepStrictEqual(revealed(after), revealed(same))) return text;
  throw new PanoramaError('internal', `${file.name}: the other shape would not say the same.`);
}

/** Settings as data that can be compared, secrets and all. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(revealed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revealed(part)]));
}

function withSections(file: SettingsFile, settings: Settings): string {
  const lines = new LineCounter();
  const document = parseDocument(file.text, {
    schema: 'failsafe',
    keepSourceTokens: true,
    lineCounter: lines,
    logLevel: 'error',
  });
  const indent = listIndent(document, file.text);
  const old = document.contents as YAMLMap;
  raiseHeader(document, old);
  const isOf = (pattern: RegExp) => (pair: Pair) => pattern.test(String(pair.key));
  const sourceOf = (wanted: Datasource['type']) => settings.datasources.find(({ type }) => type === wanted);
  const courses = sourceOf('openedx_course_structures');

  const mysql = old.items.filter(isOf(MYSQL));
  const mongodb = old.items.filter(isOf(MONGODB));
  const lake = old.items.filter((pair) => !mysql.includes(pair) && !mongodb.includes(pair));
  // Below the type of its source a group needs no blank line.
  for (const [first] of [mysql, mongodb]) if (isScalar(first?.key)) first.key.spaceBefore = false;
  nameBasePartitions(document, lake);
  nameTables(document, mysql);

  const sources = new YAMLSeq();
  if (sourceOf('mysql') !== undefined) sources.add(mapOf([pairOf('type', 'mysql'), ...mysql]));
  if (courses !== undefined) {
    const tables = (courses.tables ?? []).map(tableKeys);
    sources.add(
      mapOf([
        pairOf('type', 'openedx_course_structures'),
        ...mongodb,
        new Pair(new Scalar('tables'), document.createNode(tables)),
      ]),
    );
  }
  const datalake = new Pair<Node, Node>(new Scalar('datalake'), mapOf(lake));
  old.items = [datalake, new Pair<Node, Node>(new Scalar('datasources'), sources)];
  refuseEarlyAlias(document, (alias) => {
    const text = 'this alias (*name) would come before its anchor in the new order; write its value out';
    throw invalidSettings(file.name, [{ line: lines.linePos(alias.range![0]).line, text }]);
  });
  const text = document.toString({
    lineWidth: 0,
    indentSeq: indent > 0,
    flowCollectionPadding: !/[[{][^\s\]}]/.test(file.text),
  });
  return lineBreakOf(file.text) === '\n' ? text : text.replaceAll('\n', '\r\n');
}

/** Calls back with the first alias that stands before its anchor. */
function refuseEarlyAlias(document: Document, refuse: (alias: Alias) => void): void {
  const anchors = new Set<string>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        if (!anchors.has(node.source)) refuse(node);
      } else if ('anchor' in node && node.anchor !== undefined) anchors.add(node.anchor);
    },
  });
}

/** What is said at the very top is about the file; only its last paragraph may be about the first key. */
function raiseHeader(document: Document, old: YAMLMap): void {
  const first = old.items[0]!.key as Scalar;
  const paragraphs = first.commentBefore?.split(/\n\n+/) ?? [];
  const own = paragraphs.length > 1 ? paragraphs.pop() : undefined;
  const header = [document.commentBefore, ...paragraphs].filter((part) => part != null);
  if (header.length > 0) document.commentBefore = header.join('\n\n');
  first.commentBefore = own ?? null;
}

const MYSQL = /^(?:mysql_|jobs$|tables$)/;
const MONGODB = /^mongodb_/;

function mapOf(pairs: readonly Pair[]): YAMLMap {
  const map = new YAMLMap();
  map.items = [...pairs];
  return map;
}

function pairOf(key: string, text: string): Pair {
  return new Pair(new Scalar(key), new Scalar(text));
}

/** `key` becomes `name`, and each partition says its type, which panorama-elt 0.3 needs. */
function nameBasePartitions(document: Document, lake: readonly Pair[]): void {
  for (const partition of entriesUnder(document, lake, 'base_partitions')) {
    for (const { key } of partition.items) {
      if (isScalar(key) && key.value === 'key') Object.assign(key, { value: 'name', source: 'name' });
    }
    if (!partition.has('type')) insertAfter(partition, 'name', pairOf('type', DEFAULTS.partitionType));
  }
}

function nameTables(document: Document, mysql: readonly Pair[]): void {
  for (const table of entriesUnder(document, mysql, 'tables')) {
    const name = table.get('name', true);
    if (table.has('datalake_table_name') || !isScalar(name)) continue;
    const copy = new Scalar(name.value);
    if (name.type !== undefined) copy.type = name.type;
    insertAfter(table, 'name', new Pair(new Scalar('datalake_table_name'), copy));
  }
}

function entriesUnder(document: Document, pairs: readonly Pair[], key: string): YAMLMap[] {
  const list = resolved(document, pairs.find((pair) => String(pair.key) === key)?.value);
  if (!isSeq(list)) return [];
  return list.items.map((item) => resolved(document, item)).filter((item) => isMap(item));
}

function insertAfter(map: YAMLMap, key: string, pair: Pair): void {
  const at = map.items.findIndex((item) => String(item.key) === key);
  map.items.splice(at + 1, 0, pair);
}
