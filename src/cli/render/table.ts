import { visible } from '../text.ts';
import type { QueryResult, ResultColumn, ResultRow } from '../../engines/engine.ts';

export interface TableOptions {
  /** The most places of a text cell; longer ones end in `…`. A result of one column is not cut. */
  readonly maxWidth?: number;
}

/** Widths follow from so many rows; later rows that need more stick out. */
const SAMPLE_ROWS = 1000;
const MAX_WIDTH = 60;

/**
 * The rows as a table for people: numbers to the right, NULL as `NULL`, control characters as pictures of
 * themselves, so that no value can steer the terminal. Numbers are never cut.
 */
export async function* renderTable(result: QueryResult, options: TableOptions = {}): AsyncIterable<string> {
  const { columns } = result;
  const limit = columns.length === 1 ? Infinity : (options.maxWidth ?? MAX_WIDTH);
  const waiting: Cell[][] = [];
  let widths: number[] | undefined;
  let count = 0;
  for await (const rows of result.rows()) {
    count += rows.length;
    const cells = rows.map((row) => cellsOf(row, columns, limit));
    if (widths !== undefined) yield body(cells, columns, widths);
    else {
      waiting.push(...cells);
      if (waiting.length < SAMPLE_ROWS) continue;
      widths = widthsOf(columns, waiting, limit);
      yield head(columns, widths, limit) + body(waiting.splice(0), columns, widths);
    }
  }
  if (widths === undefined) {
    widths = widthsOf(columns, waiting, limit);
    yield head(columns, widths, limit) + body(waiting, columns, widths);
  }
  yield `(${count} ${count === 1 ? 'row' : 'rows'})\n`;
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

function cellsOf(row: ResultRow, columns: readonly ResultColumn[], limit: number): Cell[] {
  return row.map((text, i) => {
    if (text === null) return { text: 'NULL', width: 4 };
    return isNumber(columns[i]!) ? { text, width: text.length } : cell(text, limit);
  });
}

function widthsOf(columns: readonly ResultColumn[], rows: readonly Cell[][], limit: number): number[] {
  return columns.map(({ name }, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]!.width), cell(name, limit).width),
  );
}

function head(columns: readonly ResultColumn[], widths: readonly number[], limit: number): string {
  const names = columns.map(({ name }) => cell(name, limit));
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');
  return `${line(names, columns, widths)}${rule}\n`;
}

function body(rows: readonly Cell[][], columns: readonly ResultColumn[], widths: readonly number[]): string {
  return rows.map((row) => line(row, columns, widths)).join('');
}

function line(cells: readonly Cell[], columns: readonly ResultColumn[], widths: readonly number[]): string {
  const padded = cells.map(({ text, width }, i) => {
    const space = ' '.repeat(Math.max(0, widths[i]! - width));
    return isNumber(columns[i]!) ? space + text : text + space;
  });
  return `${padded.join(' │ ').trimEnd()}\n`;
}

function isNumber({ kind }: ResultColumn): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'float';
}

/** A text made visible and cut to a number of places. */
function cell(text: string, limit: number): Cell {
  let shown = '';
  let width = 0;
  let fitting = '';
  for (const character of text) {
    const picture = visible(character);
    const places = placesOf(picture);
    if (width + places > limit) return { text: `${fitting}…`, width: placesOfText(fitting) + 1 };
    shown += picture;
    width += places;
    if (width < limit) fitting = shown;
  }
  return { text: shown, width };
}

function placesOfText(text: string): number {
  let places = 0;
  for (const character of text) places += placesOf(character);
  return places;
}

const NO_PLACE = /^[\p{Mn}\p{Me}\u200b-\u200f]$/u;
const TWO_PLACES =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]$|^\p{Emoji_Presentation}$/u;

/** How many places of a terminal a character takes. */
function placesOf(character: string): number {
  if (character.codePointAt(0)! < 0x300) return 1;
  if (NO_PLACE.test(character)) return 0;
  return TWO_PLACES.test(character) ? 2 : 1;
}
