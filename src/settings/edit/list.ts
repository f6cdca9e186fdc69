import { isMap } from 'yaml';
import type { CST, Node, YAMLMap, YAMLSeq } from 'yaml';
import { blockEntry, flowEntry } from './entry.ts';
import type { Entry, EntryStyle } from './entry.ts';
import { columnOf, contentEnd, dashesOf, keyColumn, lineBreakOf, lineEnd } from './splice.ts';
import type { Splice } from './splice.ts';

/** The style of an entry that is there; of its neighbours where a list has none. */
export function styleOf(source: string, list: YAMLSeq | undefined, otherwise: EntryStyle): EntryStyle {
  const sample = list?.items.at(-1) as Node | undefined;
  if (list === undefined || sample === undefined || list.flow === true) return otherwise;
  const gap = ' '.repeat(Math.max(1, sample.range![0] - dashesOf(list).at(-1)! - 1));
  if (!isMap(sample)) return { ...otherwise, gap: gap.length > 8 ? ' ' : gap };
  const padding = sample.flow === true && source[sample.range![0] + 1] !== ' ' ? '' : ' ';
  return { flow: sample.flow === true, padding, gap };
}

/** The style of a file that has no such list yet. */
export const PLAIN_STYLE: EntryStyle = { flow: false, padding: ' ', gap: ' ' };

/**
 * Takes entries out of a list, by their positions, and adds others at its end. Comments inside of an entry go with
 * it; those above it stay.
 */
export function changeList(
  source: string,
  list: YAMLSeq,
  remove: ReadonlySet<number>,
  add: readonly Entry[],
  style: EntryStyle,
  indent: number,
): Splice[] {
  if (list.flow !== true) return changeBlock(source, list, remove, add, style);
  const isEmpty = list.items.length === 0 && add.length > 0;
  return isEmpty ? fillEmpty(source, list, add, style, indent) : changeFlow(list, remove, add, style);
}

function changeBlock(
  source: string,
  list: YAMLSeq,
  remove: ReadonlySet<number>,
  add: readonly Entry[],
  style: EntryStyle,
): Splice[] {
  const dashes = dashesOf(list);
  const column = columnOf(source, dashes[0]!);
  const removed = [...remove].map((i) => {
    const from = dashes[i]! - column;
    return { from, to: afterInnerComments(source, contentEnd(list.items[i] as Node), column), text: '' };
  });
  if (add.length === 0) return removed;
  const last = list.items.length - 1;
  const end = afterInnerComments(source, contentEnd(list.items[last] as Node), column);
  const at = Math.max(end, ...removed.map(({ to }) => to));
  return [...removed, inserted(source, at, remove.has(last), linesOf(source, add, column, style))];
}

/** The end of an entry with the comments below its content that stand further right than its `-`. */
function afterInnerComments(source: string, content: number, column: number): number {
  let end = lineEnd(source, content);
  for (;;) {
    const next = lineEnd(source, end + 1);
    const comment = /^ *#/.exec(source.slice(end, next));
    if (comment === null || comment[0].length - 1 <= column) return end;
    end = next;
  }
}

function linesOf(source: string, add: readonly Entry[], column: number, style: EntryStyle): string {
  const lineBreak = lineBreakOf(source);
  return add.map((entry) => blockEntry(entry, column, style, lineBreak)).join('');
}

/** Whole lines put at the start of a line, or behind a last line that does not end. */
function inserted(source: string, at: number, isLineStart: boolean, lines: string): Splice {
  const open = !isLineStart && at > 0 && source[at - 1] !== '\n';
  return { from: at, to: at, text: open ? lineBreakOf(source) + lines.trimEnd() : lines };
}

/** `[]` becomes lines below its key, where its key stands at the start of a line. */
function fillEmpty(
  source: string,
  list: YAMLSeq,
  add: readonly Entry[],
  style: EntryStyle,
  indent: number,
): Splice[] {
  const [from, to] = list.range!;
  const line = source.slice(from - columnOf(source, from), from);
  const key = /^( *(?:- +)*)[^\s{[,&*][^{[,&*]*:( +)$/.exec(line);
  if (key === null) {
    return [{ from: from + 1, to: to - 1, text: add.map((entry) => flowEntry(entry, style)).join(', ') }];
  }
  const lines = linesOf(source, add, key[1]!.length + indent, style);
  const end = lineEnd(source, to);
  return [{ from: from - key[2]!.length, to, text: '' }, inserted(source, end, false, lines)];
}

function changeFlow(
  list: YAMLSeq,
  remove: ReadonlySet<number>,
  add: readonly Entry[],
  style: EntryStyle,
): Splice[] {
  const items = list.items as Node[];
  const commas = (list.srcToken as CST.FlowCollection).items.map(
    ({ start }) => start.find(({ type }) => type === 'comma')?.offset,
  );
  const kept = items.map((_, i) => i).filter((i) => !remove.has(i));
  const splices = [...remove].map((i): Splice => {
    // The comma in front goes with an entry; the first ones that stay have none, so theirs behind goes.
    const isLeading = kept[0] === undefined || i < kept[0];
    const from = isLeading ? items[i]!.range![0] : (commas[i] ?? items[i]!.range![0]);
    const next = items[i + 1]?.range![0];
    return { from, to: isLeading && next !== undefined ? next : items[i]!.range![1], text: '' };
  });
  if (add.length === 0) return splices;
  const added = add.map((entry) => flowEntry(entry, style)).join(', ');
  const at = items.at(-1)!.range![1];
  return [...splices, { from: at, to: at, text: kept.length === 0 ? added : `, ${added}` }];
}

/** Puts a key with a list at the end of a map. */
export function addList(
  source: string,
  map: YAMLMap,
  key: string,
  add: readonly Entry[],
  style: EntryStyle,
  indent: number,
): Splice {
  if (map.flow === true)
    return addPair(source, map, `${key}: [${add.map((entry) => flowEntry(entry, style)).join(', ')}]`);
  const lines = linesOf(source, add, keyColumn(map, source) + indent, style);
  return addPair(source, map, `${key}:${lineBreakOf(source)}${lines}`);
}

/** Puts a key with a text behind the other keys of a map. */
export function addKey(source: string, map: YAMLMap, key: string, text: string): Splice {
  return addPair(source, map, `${key}: ${text}${map.flow === true ? '' : lineBreakOf(source)}`);
}

/** Puts a written pair behind the others of a map: with a comma on its line, or as lines of its own. */
function addPair(source: string, map: YAMLMap, pair: string): Splice {
  const last = map.items.at(-1)!;
  const at = contentEnd((last.value ?? last.key) as Node);
  if (map.flow === true) return { from: at, to: at, text: `, ${pair}` };
  return inserted(source, lineEnd(source, at), false, `${' '.repeat(keyColumn(map, source))}${pair}`);
}
