import { Scalar, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import type { Path } from '../document.ts';

/** The node that an alias stands for, or the node itself. */
export function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** The text of a key, where it is a word. */
function keyText(document: Document, pair: Pair): string | undefined {
  const key = resolved(document, pair.key);
  return isScalar(key) ? String(key.value) : undefined;
}

/** What stands under a key of a map: its own, else that of the sections it takes over with `<<`. */
export function valueOf(document: Document, map: YAMLMap, key: string): unknown {
  const own = map.items.find((pair) => keyText(document, pair) === key);
  if (own !== undefined) return resolved(document, own.value);
  for (const pair of map.items) {
    if (!isScalar(pair.key) || pair.key.value !== '<<' || pair.key.type !== Scalar.PLAIN) continue;
    const from = resolved(document, pair.value);
    for (const part of isSeq(from) ? from.items : [from]) {
      const target = resolved(document, part);
      const found = isMap(target) ? valueOf(document, target, key) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The node at a path; undefined where the file has none. */
export function nodeAt(document: Document, path: Path): Node | undefined {
  let node = resolved(document, document.contents);
  for (const step of path) {
    if (isMap(node)) node = valueOf(document, node, String(step));
    else if (isSeq(node)) node = resolved(document, node.items[Number(step)]);
    else return undefined;
  }
  return (node ?? undefined) as Node | undefined;
}
