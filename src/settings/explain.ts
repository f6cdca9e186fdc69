import type * as z from 'zod';
import { treeAt } from './document.ts';
import type { Path, SettingsDocument, Tree } from './document.ts';
import { nearest } from './nearest.ts';
import { pathText } from './problems.ts';
import type { Problem } from './problems.ts';
import { PLACES, datasourceSchema } from './schema.ts';
import type { Place } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** What validation found, in words of the settings file: where, what was expected, what was found. */
export function explain(issues: readonly Issue[], document: SettingsDocument, root: Place): Problem[] {
  return [
    ...issues.flatMap((issue) => explainIssue(issue, document, root)),
    ...document.emptyKeys.flatMap((empty) => explainEmptyKey(empty, document, root)),
  ];
}

function explainIssue(issue: Issue, document: SettingsDocument, root: Place): Problem[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const place = placeAt(path, document.root, root);
    return issue.keys.map((key) => ({
      line: document.lineOf([...path, key]),
      text: `${pathText([...path, key])}: ${unknownKey(key, place, root)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    // Where the value is of the kind of one alternative, that one's complaints are the ones to hear.
    const fitting = issue.errors.find(([first]) => !isWrongKind(first));
    if (fitting !== undefined) {
      const inner = fitting.map((nested): Issue => ({ ...nested, path: [...path, ...nested.path] }));
      return inner.flatMap((nested) => explainIssue(nested, document, root));
    }
  }
  const text = `${pathText(path) || 'the file'}: ${explainValue(issue, path, document)}`;
  return [{ line: document.lineOf(path), text }];
}

function isWrongKind(issue: Issue | undefined): boolean {
  return issue?.code === 'invalid_type' && issue.path.length === 0;
}

function explainValue(issue: Issue, path: Path, document: SettingsDocument): string {
  const value = treeAt(document.root, path);
  if (value === undefined) {
    const isEmpty = document.emptyKeys.some(
      (empty) => pathText([...empty.path, empty.key]) === pathText(path),
    );
    return isEmpty ? 'nothing stands after this key' : 'this key is missing';
  }
  const found = `found ${kindOf(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}, ${found}${issue.expected === 'array' ? HOW_LISTS_LOOK : ''}`;
    case 'invalid_value':
      return oneOf(issue.values.map(String), document.shown(path));
    case 'invalid_union': {
      if (issue.discriminator !== undefined) return oneOf(datasourceTypes(), document.shown(path));
      const kinds = issue.errors.flatMap(([first]) =>
        first?.code === 'invalid_type' ? [KINDS[first.expected] ?? first.expected] : [],
      );
      return `expected ${[...new Set(kinds)].join(' or ')}, ${found}`;
    }
    default:
      // The remaining checks carry messages of our own, from schema.ts.
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = { string: 'text', object: 'a section', array: 'a list' };
const HOW_LISTS_LOOK = "; each entry of a list begins with '- '";

function kindOf(value: Tree): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text';
  return Array.isArray(value) ? 'a list' : 'a section';
}

function datasourceTypes(): string[] {
  return datasourceSchema.options.map(({ shape }) => shape.type.value);
}

function oneOf(values: readonly string[], shown: string | undefined): string {
  const expected = `expected ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  if (shown === undefined || shown.length > 40) return `${expected}; found another value`;
  const meant = nearest(shown, values);
  return `${expected}; found '${shown}'${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** The place of an unknown key, or the key that was meant, or what there is. */
function unknownKey(key: string, place: Place | undefined, root: Place): string {
  const here = place === undefined ? [] : keysOf(place);
  // A key of this very name in another section says more than one spelled like it here.
  const hidden = root.id === 'flat' ? NOT_IN_FLAT : ['flat'];
  const elsewhere = PLACES.filter(({ id }) => id !== place?.id && !hidden.includes(id));
  const right = elsewhere.filter((other) => keysOf(other).includes(key));
  if (right.length > 0 && kindsOf(right) <= 3)
    return `this key does not belong here; it goes ${wheres(right)}`;
  const meant = nearest(key, here);
  if (meant !== undefined) return `unknown key; did you mean ${meant}?`;
  const names = elsewhere.flatMap(keysOf);
  const far = nearest(key, names);
  if (far !== undefined) {
    return `unknown key; did you mean ${far} (${wheres(elsewhere.filter((other) => keysOf(other).includes(far)))})?`;
  }
  return here.length === 0 ? 'unknown key' : `unknown key; known here: ${here.join(', ')}`;
}

/** How many kinds of places these are; data sources are one kind. */
function kindsOf(places: readonly Place[]): number {
  return new Set(places.map(({ where }) => (where.startsWith(SOURCE) ? SOURCE : where))).size;
}

function wheres(places: readonly Place[]): string {
  const types = places.filter(({ where }) => where.startsWith(SOURCE)).map(({ id }) => id);
  const others = places.filter(({ where }) => !where.startsWith(SOURCE)).map(({ where }) => where);
  return [...(types.length > 0 ? [`${SOURCE} ${types.join(' or ')}`] : []), ...others].join(', or ');
}

const NOT_IN_FLAT: readonly string[] = ['nested', 'datalake', 'mysql', 'openedx_course_structures'];
const SOURCE = 'in a data source of type';

/** A key with nothing after it is passed over when it is a known one that may be absent. */
function explainEmptyKey(
  { path, key, line }: SettingsDocument['emptyKeys'][number],
  document: SettingsDocument,
  root: Place,
): Problem[] {
  const place = placeAt(path, document.root, root);
  const label = pathText([...path, key]);
  if (place !== undefined && !keysOf(place).includes(key)) {
    return [{ line, text: `${label}: ${unknownKey(key, place, root)}` }];
  }
  // Taking everything because a list was emptied would be a surprise, and with learners' data a bad one.
  if (key === 'tables' || key === 'fields' || key === 'exclude') {
    return [{ line, text: `${label}: the list is empty; fill it, or remove the key` }];
  }
  return [];
}

function keysOf(place: Place): string[] {
  return Object.keys(place.schema.shape);
}

/** Which section of the settings a path leads into. */
function placeAt(path: Path, tree: Tree, root: Place): Place | undefined {
  const id = path.findLast((part) => typeof part === 'string');
  if (id === undefined) return root;
  const section = treeAt(tree, path);
  const type =
    section !== null && typeof section === 'object' && !Array.isArray(section) ? section['type'] : undefined;
  return PLACES.find((place) => place.id === (id === 'datasources' ? type : id));
}
