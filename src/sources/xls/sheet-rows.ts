import type { Archive } from './archive.ts';
import { TextCollector } from './shared-strings.ts';
import { attribute, readXml, unescapeText } from './xml.ts';

/** A cell as it is stored. */
export interface StoredCell {
  /** From 0. */
  readonly column: number;
  /** The kind of the value (ECMA-376 part 1, 18.18.11); `n` where the cell names none. */
  readonly kind: string;
  readonly style: number;
  /** The stored text of the value; undefined for a formula whose value was never stored. */
  readonly value: string | undefined;
}

export interface SheetRow {
  /** As Excel counts, from 1. */
  readonly number: number;
  /** The cells with a value, or with a formula. */
  readonly cells: readonly StoredCell[];
}

/** Cells that are shown as one, as rows from 1 and columns from 0, both ends included. */
export interface MergedRange {
  readonly ref: string;
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

/** Excel's own limits. */
const MOST_COLUMNS = 16_384;
const MOST_ROWS = 1_048_576;

/**
 * The rows of a sheet that have a value, in their order, as they are read.
 * @param onMerged called with merged cells, which a sheet tells behind its rows
 * @throws PanoramaError `file-syntax`, `file-truncated`
 */
export async function* readSheetRows(
  archive: Archive,
  part: string,
  onMerged: (range: MergedRange) => void,
  signal?: AbortSignal,
): AsyncGenerator<SheetRow, void, undefined> {
  const reader = new SheetReader(archive, onMerged);
  for await (const _ of readXml(archive, part, reader, signal)) yield* reader.take();
}

/** Puts the elements of a sheet together. */
class SheetReader {
  readonly #archive: Archive;
  readonly #onMerged: (range: MergedRange) => void;
  #rows: SheetRow[] = [];
  #row = 0;
  #column = -1;
  #cells: StoredCell[] = [];
  #kind = 'n';
  #style = 0;
  #value: string | undefined;
  #formula = false;
  #inValue = false;
  readonly #inline = new TextCollector();

  constructor(archive: Archive, onMerged: (range: MergedRange) => void) {
    this.#archive = archive;
    this.#onMerged = onMerged;
  }

  take(): SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'c') this.#openCell(attributes);
    else if (name === 'v') {
      this.#inValue = true;
      this.#value = '';
    } else if (name === 'f') this.#formula = true;
    else if (name === 'row') this.#openRow(attributes);
    else if (name === 'is') this.#value = '';
    else if (name === 'mergeCell') this.#merged(attribute(attributes, 'ref') ?? '');
    else this.#inline.open(name);
  }

  text(text: string): void {
    if (this.#inValue) this.#value += text;
    else this.#inline.add(text);
  }

  close(name: string): void {
    if (name === 'v') this.#inValue = false;
    else if (name === 'is') this.#value = this.#inline.take();
    else if (name === 'c') this.#closeCell();
    else if (name === 'row') this.#closeRow();
    else this.#inline.close(name);
  }

  #openRow(attributes: Readonly<Record<string, string>>): void {
    const number = Number(attribute(attributes, 'r') ?? this.#row + 1);
    if (!Number.isInteger(number) || number <= this.#row || number > MOST_ROWS)
      throw this.#archive.fail(`row ${attribute(attributes, 'r')} of a sheet is out of order`);
    this.#row = number;
    this.#column = -1;
    this.#cells = [];
  }

  #closeRow(): void {
    if (this.#cells.length > 0) this.#rows.push({ number: this.#row, cells: this.#cells });
    this.#cells = [];
  }

  #openCell(attributes: Readonly<Record<string, string>>): void {
    const ref = attribute(attributes, 'r');
    const column = ref === undefined ? this.#column + 1 : columnOf(ref);
    if (!(column > this.#column && column < MOST_COLUMNS))
      throw this.#archive.fail(`cell ${ref ?? ''} of row ${this.#row} of a sheet is out of order`);
    this.#column = column;
    this.#kind = attribute(attributes, 't') ?? 'n';
    this.#style = Number(attribute(attributes, 's') ?? 0);
    this.#value = undefined;
    this.#formula = false;
  }

  #closeCell(): void {
    const kind = this.#kind;
    let value = this.#value;
    // A cell that has but a style is empty, as a formula without its value is not.
    if (value === undefined && !this.#formula) return;
    if (value === '' && kind !== 'inlineStr' && kind !== 'str') {
      if (!this.#formula) return;
      value = undefined;
    }
    if (kind === 'str' && value !== undefined) value = unescapeText(value);
    this.#cells.push({ column: this.#column, kind, style: this.#style, value });
  }

  #merged(ref: string): void {
    const [, left, top, right, bottom] = /^\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)$/i.exec(ref) ?? [];
    if (bottom === undefined) return;
    this.#onMerged({
      ref,
      rows: [Number(top), Number(bottom)],
      columns: [columnOf(left!), columnOf(right!)],
    });
  }
}

/** The column of a reference such as `AB12`, from 0; -1 where there is none. */
function columnOf(ref: string): number {
  let column = 0;
  for (let i = 0; i < ref.length; i++) {
    const letter = ref.charCodeAt(i) & ~32;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
  }
  return column - 1;
}

/** The letters of a column, from 0: `A`, …, `Z`, `AA`, … */
export function columnLetters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : columnLetters(Math.floor(column / 26) - 1) + last;
}
