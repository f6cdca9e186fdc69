import { isDeepStrictEqual } from 'node:util';
import { isMap, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import { PanoramaError } from '../../errors.ts';
import { parseSettings, treeAt } from '../document.ts';
import type { Path, Tree } from '../document.ts';
import { invalidSettings, pathText } from '../problems.ts';
import type { SettingsFile } from '../settings-file.ts';
import type { EntryStyle } from './entry.ts';
import { PLAIN_STYLE, styleOf } from './list.ts';
import { nodeAt } from './lookup.ts';
import { listIndent, spliced } from './splice.ts';
import type { Splice } from './splice.ts';

/** A settings file under change. Only the asked pieces of its text change, and the result is proven to say just that. */
export interface Editor {
  readonly document: Document;
  /** How far right of its key a list stands in this file. */
  readonly indent: number;
  /** How the first list of fields in this file writes its entries. */
  readonly fieldStyle: EntryStyle;
  /** The section at a path. */
  map(path: Path): YAMLMap;
  /** The data at a path as they were read; undefined where there are none. */
  tree(path: Path): Tree | undefined;
  /** Says what data shall be at a path in the end. */
  expect(path: Path, change: (old: Tree | undefined) => Tree): void;
  /** Notes changes of a node. One that several places share by an alias is changed once. */
  push(node: Node, wanted: unknown, path: Path, splices: readonly Splice[]): void;
  /** The new text. @throws PanoramaError `settings-invalid` where an anchor carries the change to other places */
  close(): string;
}

/** Opens a file that is known to be valid. */
export function openEditor(file: SettingsFile): Editor {
  const document = parseDocument(file.text, {
    schema: 'failsafe',
    keepSourceTokens: true,
    logLevel: 'error',
  });
  const settings = parseSettings(file.text, file.env);
  const root = plain(settings.root);
  const expected = structuredClone(root);
  const changed = new Map<Node, { wanted: unknown; path: Path }>();
  // By what they do: an entry that lists share by an alias is changed once, too.
  const pieceOf = new Map<string, Splice>();

  const shared = (path: Path): PanoramaError => {
    const line = settings.lineOf(path);
    const text = `${pathText(path)}: an anchor (&name) shares this list with another part of the file, which would change with it; write the list out in one of the two places`;
    return invalidSettings(file.name, [{ line, text }]);
  };
  return {
    document,
    indent: listIndent(document, file.text),
    fieldStyle: firstFieldStyle(document, file.text),
    map(path) {
      const node = nodeAt(document, path);
      if (isMap(node)) return node;
      throw new Error(`no section at ${pathText(path)}`);
    },
    tree: (path) => treeAt(root, path),
    expect(path, change) {
      const parent = treeAt(expected, path.slice(0, -1)) as Record<string | number, Tree>;
      const key = path.at(-1)!;
      parent[key] = plain(change(treeAt(root, path)));
    },
    push(node, wanted, path, pieces) {
      const before = changed.get(node);
      if (before === undefined) {
        for (const piece of pieces) pieceOf.set(`${piece.from} ${piece.to} ${piece.text}`, piece);
      } else if (!isDeepStrictEqual(before.wanted, wanted)) throw shared(path);
      changed.set(node, { wanted, path });
    },
    close() {
      const text = spliced(file.text, [...pieceOf.values()]);
      const parsed = text === undefined ? undefined : parseSettings(text, file.env);
      const isProven = parsed?.problems.length === 0 && isDeepStrictEqual(plain(parsed.root), expected);
      if (text !== undefined && isProven) return text;
      const [first] = [...changed.values()];
      if (first !== undefined && hasAliases(document)) throw shared(first.path);
      throw new PanoramaError(
        'internal',
        `${file.name}: the change could not be made without changing more.`,
      );
    },
  };
}

function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function firstFieldStyle(document: Document, source: string): EntryStyle {
  let style: EntryStyle | undefined;
  visit(document, {
    Pair: (_, { key, value }) => {
      if (String(key) !== 'fields' || !isSeq(value) || !isMap(value.items.at(-1))) return undefined;
      style = styleOf(source, value, PLAIN_STYLE);
      return visit.BREAK;
    },
  });
  return style ?? PLAIN_STYLE;
}

/** The same data in ordinary objects that share nothing. */
function plain(tree: Tree): Tree {
  return JSON.parse(JSON.stringify(tree)) as Tree;
}
