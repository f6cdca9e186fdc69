import { isScalar, isSeq } from 'yaml';
import type { Path, Tree } from '../document.ts';
import type { SettingsFile } from '../settings-file.ts';
import { openEditor } from './editor.ts';
import type { Editor } from './editor.ts';
import type { Entry } from './entry.ts';
import { fieldsPlan } from './fields.ts';
import type { TableFields } from './fields.ts';
import { PLAIN_STYLE, addKey, addList, changeList, styleOf } from './list.ts';
import { valueOf } from './lookup.ts';
import type { Splice } from './splice.ts';

/** The tables that a data source shall list; `at` is where the source stands in the file. */
export interface TablesEdit {
  readonly at: Path;
  readonly names: readonly string[];
}

/** The fields of tables that a data source lists; `at` is where the source stands in the file. */
export interface FieldsEdit {
  readonly at: Path;
  /** The flat shape has names of columns without their types. */
  readonly types: boolean;
  readonly tables: readonly TableFields[];
}

/**
 * The text of a settings file in which data sources list exactly these tables. Entries that stay keep their text, and
 * so does everything else; new ones have a name alone.
 * @throws PanoramaError `settings-invalid` with the line where an anchor shares a list with another part of the file
 */
export function withTables(file: SettingsFile, edits: readonly TablesEdit[]): string {
  const editor = openEditor(file);
  for (const { at, names } of edits) {
    const entries = names.map((name): Entry => ({ name }));
    const source = editor.map(at);
    const place = [...at, 'tables'];
    editor.expect(place, (old) => {
      const tables = (old ?? []) as { name: string }[];
      const kept = tables.filter(({ name }) => names.includes(name));
      const known = new Set(kept.map(({ name }) => name));
      return [...kept, ...names.filter((name) => !known.has(name)).map((name) => ({ name }))];
    });
    const list = valueOf(editor.document, source, 'tables');
    if (!isSeq(list)) {
      editor.push(source, names, place, [
        addList(file.text, source, 'tables', entries, PLAIN_STYLE, editor.indent),
      ]);
      continue;
    }
    const there = namesOf(editor, place);
    const remove = new Set(there.flatMap((name, i) => (names.includes(name) ? [] : [i])));
    const add = entries.filter((_, i) => !there.includes(names[i]!));
    const style = styleOf(file.text, list, PLAIN_STYLE);
    editor.push(list, names, place, changeList(file.text, list, remove, add, style, editor.indent));
  }
  return editor.close();
}

/**
 * The text of a settings file in which the tables have the columns of their source: entries that stay keep their
 * order, their text and their constants; types follow the source; new columns come last, vanished ones go.
 * @throws PanoramaError `settings-invalid` as {@link withTables}
 */
export function withFields(file: SettingsFile, edits: readonly FieldsEdit[]): string {
  const editor = openEditor(file);
  for (const { at, types, tables } of edits) {
    const names = namesOf(editor, [...at, 'tables']);
    for (const fields of tables) {
      const i = names.indexOf(fields.table);
      if (i >= 0) editFields(file.text, editor, [...at, 'tables', i], fields, types);
    }
  }
  return editor.close();
}

/** The names in a list of tables. */
function namesOf(editor: Editor, place: Path): string[] {
  return ((editor.tree(place) ?? []) as { name: string }[]).map(({ name }) => name);
}

function editFields(
  text: string,
  editor: Editor,
  at: Path,
  { columns }: TableFields,
  withTypes: boolean,
): void {
  const { document } = editor;
  const table = editor.map(at);
  const place = [...at, 'fields'];
  const old = editor.tree(place) as (string | Record<string, string | null>)[] | undefined;
  const exclude = ((editor.tree([...at, 'exclude']) ?? []) as string[]).map((name) => name.toLowerCase());
  const asNames = old === undefined ? !withTypes : old.every((field) => typeof field === 'string');
  const plan = fieldsPlan(old ?? [], columns, exclude, asNames);
  editor.expect(place, () => plan.result as Tree);
  const list = valueOf(document, table, 'fields');
  if (!isSeq(list)) {
    const style = styleOf(text, undefined, editor.fieldStyle);
    editor.push(table, plan.result, place, [addList(text, table, 'fields', plan.add, style, editor.indent)]);
    return;
  }
  const changed = plan.types.map(({ index, type }): Splice => {
    const field = editor.map([...place, index]);
    const value = valueOf(document, field, 'type');
    if (!isScalar(value)) return addKey(text, field, 'type', type);
    const [from, to] = value.range!;
    return { from, to, text: type };
  });
  const style = styleOf(text, list, editor.fieldStyle);
  const listed = changeList(text, list, plan.remove, plan.add, style, editor.indent);
  editor.push(list, plan.result, place, [...changed, ...listed]);
}
