import type * as z from 'zod';
import type { OutsideOrigin } from '../connection.ts';
import { parseSettings, treeAt } from '../document.ts';
import type { Path, SettingsDocument, Tree } from '../document.ts';
import { SECRET_KEYS, soundsSecret } from '../edit/mask.ts';
import { settingsOfFile } from '../load.ts';
import { DEFAULTS } from '../schema.ts';
import { metaOf } from '../schema-parts.ts';
import { MASK, Secret } from '../secret.ts';
import type { SettingsFile } from '../settings-file.ts';
import { OWN_TABLES, sectionsOf } from './sections.ts';

/** Where the value of a key comes from. Lines count from 1; `variables` are those that the file's value refers to. */
export type Origin =
  | { readonly kind: 'file'; readonly line: number; readonly variables: readonly string[] }
  | OutsideOrigin
  | { readonly kind: 'default' };

/** A key that is in effect. */
export interface ShownKey {
  /** Its place in the shape with sections. */
  readonly path: Path;
  /** Its value as text, masked where it is secret; an empty list where the file has one. */
  readonly value: string | null | readonly [];
  readonly origin: Origin;
}

/**
 * Every key in effect of a settings file of either shape, in the order of the schema: what the file says, what comes
 * from the environment or an option file, and the defaults.
 * @throws PanoramaError `settings-invalid`
 */
export async function shownSettings(file: SettingsFile): Promise<ShownKey[]> {
  const outside = new Map<string, { value: string | Secret; origin: OutsideOrigin }>();
  const settings = await settingsOfFile(file, (path, value, origin) =>
    outside.set(JSON.stringify(path), { value, origin }),
  );
  const document = parseSettings(file.text, file.env);
  const keys: ShownKey[] = [];
  for (const { path, inFile, shape, derived, leaveOut } of sectionsOf(settings)) {
    for (const [key, schema] of Object.entries(shape)) {
      const written = treeAt(document.root, [...inFile, key]);
      const found = outside.get(JSON.stringify([...inFile, key]));
      const place = [...path, key === OWN_TABLES ? 'tables' : key];
      if (written !== undefined && !isUnset(key, written)) {
        keys.push(...completed(leaves(written, place, [...inFile, key], document), settings.flat === true));
      } else if (found !== undefined) {
        const value = found.value instanceof Secret ? MASK : found.value;
        keys.push({ path: place, value, origin: found.origin });
      } else {
        const value = derived[key] ?? (leaveOut.test(key) ? undefined : defaultOf(schema));
        if (value !== undefined) keys.push(...leaves(value, place));
      }
    }
  }
  return keys;
}

/** Empty text is as good as no key, but for passwords. */
function isUnset(key: string, tree: Tree): boolean {
  return tree === '' && !key.endsWith('_password');
}

/** The scalars of a part of the file, or, without a document, of a default. */
function leaves(tree: Tree, path: Path, inFile: Path = [], document?: SettingsDocument): ShownKey[] {
  const isList = Array.isArray(tree);
  if (isList && tree.length > 0)
    return tree.flatMap((part, i) => leaves(part, [...path, i], [...inFile, i], document));
  if (tree !== null && typeof tree === 'object' && !isList) {
    return Object.entries(tree).flatMap(([key, part]) => {
      // The flat shape calls the name of a base partition its key.
      const shown = key === 'key' && path.includes('base_partitions') ? 'name' : key;
      return leaves(part, [...path, shown], [...inFile, key], document);
    });
  }
  const origin: Origin =
    document === undefined
      ? { kind: 'default' }
      : { kind: 'file', line: document.lineOf(inFile), variables: document.variables(inFile) };
  return [{ path, value: isList ? [] : maskedValue(tree as string | null, path, origin), origin }];
}

function maskedValue(value: string | null, path: Path, origin: Origin): string | null {
  const key = String(path.findLast((part) => typeof part === 'string'));
  if (SECRET_KEYS.has(key)) return MASK;
  // Nobody declares which options of a module are secret.
  const mayBe = soundsSecret(key) || (origin.kind === 'file' && origin.variables.length > 0);
  return path.includes('options') && mayBe ? MASK : value;
}

/** What lists in the file leave unsaid: the type of a base partition, and in the flat shape the name of a table. */
function completed(keys: readonly ShownKey[], flat: boolean): ShownKey[] {
  const there = new Set(keys.map(({ path }) => JSON.stringify(path)));
  return keys.flatMap((key): ShownKey[] => {
    const entry = key.path.slice(0, -1);
    const list = entry.at(-2);
    if (key.path.at(-1) !== 'name' || typeof entry.at(-1) !== 'number') return [key];
    const added = (name: string, value: ShownKey['value']): ShownKey[] =>
      there.has(JSON.stringify([...entry, name]))
        ? [key]
        : [key, { path: [...entry, name], value, origin: { kind: 'default' } }];
    if (list === 'base_partitions') return added('type', DEFAULTS.partitionType);
    return list === 'tables' && flat ? added('datalake_table_name', key.value) : [key];
  });
}

function defaultOf(schema: z.ZodType | undefined): string | undefined {
  const value = schema === undefined ? undefined : metaOf(schema).default;
  return value === undefined ? undefined : String(value);
}
