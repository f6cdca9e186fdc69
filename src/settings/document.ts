import { Alias, LineCounter, Scalar, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import type { Problem } from './problems.ts';
import { substitute } from './substitute.ts';
import { BAD_ALIAS, yamlProblem } from './yaml-problems.ts';

/** The data of a settings file. Scalars are the text as written; null only where YAML says null. */
export type Tree = string | null | Tree[] | { [key: string]: Tree };

export type Path = readonly (string | number)[];

/** A parsed settings file: its data and where each part of it stands. */
export interface SettingsDocument {
  readonly root: Tree;
  readonly problems: readonly Problem[];
  /** Keys that stand in the file with nothing after them; they are not in `root`. */
  readonly emptyKeys: readonly { readonly path: Path; readonly key: string; readonly line: number }[];
  /** The line of the key or list entry at a path, or of the nearest part around it that exists. */
  lineOf(path: Path): number;
  /** A scalar's text as far as it may be shown: undefined where it came from the environment. */
  shown(path: Path): string | undefined;
  /** The environment variables that a scalar refers to. */
  variables(path: Path): readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Parses YAML 1.2 with every scalar kept as text, and replaces references to the environment. */
export function parseSettings(source: string, env: Environment): SettingsDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    text: yamlProblem(error),
  }));
  const reader = new TreeReader(document, env, lineAt);
  const root = faults.length > 0 ? null : reader.read();
  return {
    root,
    problems: [...faults, ...reader.problems],
    emptyKeys: reader.emptyKeys,
    lineOf: (path) => reader.lineOf(path),
    shown: (path) => reader.shown.get(pathKey(path)),
    variables: (path) => reader.variables.get(pathKey(path)) ?? [],
  };
}

const MAX_DEPTH = 32;
const MAX_ALIASED_NODES = 50_000;

class TreeReader {
  readonly problems: Problem[] = [];
  readonly emptyKeys: { path: Path; key: string; line: number }[] = [];
  readonly shown = new Map<string, string>();
  readonly variables = new Map<string, readonly string[]>();
  readonly #lines = new Map<string, number>();
  readonly #document: Document;
  readonly #env: Environment;
  readonly #lineAt: (offset: number) => number;
  readonly #usedAnchors = new Set<string>();
  #aliasDepth = 0;
  #aliasedNodes = 0;

  constructor(document: Document, env: Environment, lineAt: (offset: number) => number) {
    this.#document = document;
    this.#env = env;
    this.#lineAt = lineAt;
  }

  read(): Tree {
    visit(this.#document, { Alias: (_, alias) => void this.#usedAnchors.add(alias.source) });
    return this.#node(this.#document.contents, [], 1);
  }

  lineOf(path: Path): number {
    for (let length = path.length; length >= 0; length--) {
      const line = this.#lines.get(pathKey(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }

  #node(node: unknown, path: Path, line: number): Tree {
    this.#lines.set(pathKey(path), line);
    if (path.length > MAX_DEPTH) return this.#refuse(line, 'the settings are nested too deeply');
    if (this.#aliasDepth > 0 && ++this.#aliasedNodes > MAX_ALIASED_NODES) {
      if (this.#aliasedNodes > MAX_ALIASED_NODES + 1) return null;
      return this.#refuse(line, 'aliases (*name) repeat too much; write the parts out');
    }
    if (isAlias(node)) return this.#alias(node, path, line);
    if (isScalar(node)) return this.#scalar(node, path, line);
    if (isSeq(node)) {
      return node.items.map((item, i) => this.#node(item, [...path, i], this.#lineOfNode(item, line)));
    }
    return isMap(node) ? this.#map(node, path, line) : null;
  }

  #alias(alias: Alias, path: Path, line: number): Tree {
    const target = alias.resolve(this.#document);
    if (target === undefined) return this.#refuse(line, BAD_ALIAS);
    this.#aliasDepth++;
    const value = this.#node(target, path, line);
    this.#aliasDepth--;
    return value;
  }

  #map(map: YAMLMap, path: Path, line: number): Tree {
    const result: { [key: string]: Tree } = Object.create(null);
    for (const pair of map.items as Pair[]) {
      const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
      const keyLine = this.#lineOfNode(pair.key, line);
      if (!isScalar(key) || isNull(key)) {
        this.#refuse(
          keyLine,
          'a key must be a word; a template such as {{ NAME }} must be filled in or quoted',
        );
      } else if (key.value === '<<' && key.type === Scalar.PLAIN) {
        this.#merge(result, pair.value, path, keyLine);
      } else {
        this.#entry(result, String(key.value), pair.value, path, keyLine);
      }
    }
    return result;
  }

  #entry(into: { [key: string]: Tree }, key: string, node: unknown, path: Path, line: number): void {
    const value = this.#node(node, [...path, key], line);
    // Nothing after a key is as if the key were not there, but for `value: null`, which is a value.
    if (value === null && key !== 'value') {
      delete into[key];
      this.emptyKeys.push({ path, key, line });
    } else into[key] = value;
  }

  /** `<<: *base` as YAML 1.1 has it: keys of the map itself win, whichever side they stand on. */
  #merge(into: { [key: string]: Tree }, node: unknown, path: Path, line: number): void {
    const parts = isSeq(node) ? node.items : [node];
    for (const part of parts) {
      const target = isAlias(part) ? part.resolve(this.#document) : part;
      if (!isMap(target)) {
        this.#refuse(line, 'what follows << must be an alias of a section, such as *base');
        continue;
      }
      const merged = this.#node(part, path, line) as { [key: string]: Tree };
      for (const key of Object.keys(merged)) if (!Object.hasOwn(into, key)) into[key] = merged[key]!;
    }
  }

  #scalar(scalar: Scalar, path: Path, line: number): Tree {
    if (scalar.anchor !== undefined && !this.#usedAnchors.has(scalar.anchor)) {
      return this.#refuse(line, 'a value that begins with & must be put in quotes');
    }
    if (isNull(scalar)) return meansWord(path) && scalar.source ? scalar.source : null;
    const written =
      scalar.type === Scalar.PLAIN ? (scalar.source ?? String(scalar.value)) : String(scalar.value);
    const { text, names, problems } = substitute(written, this.#env);
    if (names.length > 0) this.variables.set(pathKey(path), names);
    for (const problem of problems) this.#refuse(line, problem);
    if (text === written) this.shown.set(pathKey(path), text);
    return text;
  }

  #lineOfNode(node: unknown, otherwise: number): number {
    const range = (node as { range?: [number, number, number] | null } | null)?.range;
    return range ? this.#lineAt(range[0]) : otherwise;
  }

  #refuse(line: number, text: string): null {
    this.problems.push({ line, text });
    return null;
  }
}

function isNull(scalar: Scalar): boolean {
  if (scalar.tag !== undefined || (scalar.type !== undefined && scalar.type !== Scalar.PLAIN)) return false;
  return /^(~|null|Null|NULL|)$/.test(scalar.source ?? String(scalar.value ?? ''));
}

/** The data at a path; undefined where there are none. */
export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let part: Tree | undefined = tree;
  for (const step of path) {
    if (part === null || part === undefined || typeof part === 'string') return undefined;
    part = Object.hasOwn(part, step) ? (part as Record<string | number, Tree>)[step] : undefined;
  }
  return part;
}

/** What stands for NULL in a file is a word, also where YAML would take it for its own null. */
function meansWord(path: Path): boolean {
  return path.findLast((part) => typeof part === 'string') === 'null_value';
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}
