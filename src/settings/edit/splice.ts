import { isMap, isPair, isSeq, visit } from 'yaml';
import type { CST, Document, Node, YAMLMap, YAMLSeq } from 'yaml';

/** A piece of a text, from one offset up to another, that another text takes the place of. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The text with all splices done; those at one place keep their order. Undefined where they overlap. */
export function spliced(source: string, splices: readonly Splice[]): string | undefined {
  const sorted = splices.toSorted((a, b) => a.from - b.from || a.to - b.to);
  let result = '';
  let at = 0;
  for (const { from, to, text } of sorted) {
    if (from < at) return undefined;
    result += source.slice(at, from) + text;
    at = to;
  }
  return result + source.slice(at);
}

/** The line break of a text. */
export function lineBreakOf(source: string): string {
  return source.includes('\r\n') ? '\r\n' : '\n';
}

/** How many characters stand before an offset in its line. */
export function columnOf(source: string, offset: number): number {
  return offset - (source.lastIndexOf('\n', offset - 1) + 1);
}

/** Where a node's content ends: behind its last scalar or bracket, before comments that follow. */
export function contentEnd(node: Node): number {
  if (isMap(node) && node.flow !== true && node.items.length > 0) {
    const { key, value } = node.items.at(-1)!;
    return contentEnd((value ?? key) as Node);
  }
  if (isSeq(node) && node.flow !== true && node.items.length > 0)
    return contentEnd(node.items.at(-1) as Node);
  return node.range![1];
}

/** The start of the first line that begins behind an offset in content. */
export function lineEnd(source: string, offset: number): number {
  // A block of text ends with its own line break.
  if (offset > 0 && source[offset - 1] === '\n') return offset;
  const next = source.indexOf('\n', offset);
  return next < 0 ? source.length : next + 1;
}

/** The offsets of the `-` of a block list, one for each entry. */
export function dashesOf(list: YAMLSeq): number[] {
  const { items } = list.srcToken as CST.BlockSequence;
  return items.flatMap(({ start }) => {
    const dash = start.find(({ type }) => type === 'seq-item-ind');
    return dash === undefined ? [] : [dash.offset];
  });
}

/** How many columns further right than its key a block list stands in this file: 0 or more, 2 where there is none. */
export function listIndent(document: Document, source: string): number {
  let indent: number | undefined;
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isSeq(value) || value.flow === true || value.items.length === 0) return undefined;
      indent = columnOf(source, dashesOf(value)[0]!) - columnOf(source, (key as Node).range![0]);
      return visit.BREAK;
    },
  });
  return indent ?? 2;
}

/** The column in which the keys of a block map stand. */
export function keyColumn(map: YAMLMap, source: string): number {
  const first = map.items.find((item) => isPair(item) && (item.key as Node).range != null);
  return first === undefined ? 0 : columnOf(source, (first.key as Node).range![0]);
}
