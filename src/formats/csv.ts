import { PanoramaError } from '../errors.ts';
import type { Batch } from '../rows/batch.ts';
import { BadCell, badValue, checkUtf8 } from './bad-value.ts';
import type { ByteSink, FileField, FileSummary, FileWriter, Format } from './format.ts';
import { REJECTED_CELL, cellWriter, escapedSize, writeText } from './csv-cells.ts';
import type { CellWriter } from './csv-cells.ts';
import { FileOutput } from './output.ts';

/**
 * CSV files in the dialect of Hive's OpenCSVSerde: a header line, separator `,`, quote `"`, escape `\`, line end
 * `\r\n`. NULL is an empty field, the empty text is `""`. How each type is spelled stands in csv-cells.ts.
 */
export function csvFormat(): Format {
  return {
    name: 'csv',
    extension: 'csv',
    open: (table, fields, sink) => new CsvWriter(table, fields, sink),
  };
}

const COMMA = 44;
const CR = 13;
const LF = 10;

/** Encoded lines are gathered up to this size before they are given to the sink. */
const CHUNK_BYTES = 256 * 1024;
/** So many rows are encoded after one look at the room that is left. */
const STRIDE = 64;
/** A stride that could exceed this is encoded row by row. */
const LARGE = 128 * 1024;

class CsvWriter implements FileWriter {
  readonly #table: string;
  readonly #fields: readonly FileField[];
  readonly #cells: readonly CellWriter[];
  readonly #output: FileOutput;
  readonly #summaries: { nulls: number; rejected: number }[];
  #chunk: Buffer = Buffer.alloc(0);
  #used = 0;
  #rows = 0;
  #open = true;

  constructor(table: string, fields: readonly FileField[], sink: ByteSink) {
    this.#table = table;
    this.#fields = fields;
    this.#cells = fields.map((field) => cellWriter(field.type));
    this.#summaries = fields.map(() => ({ nulls: 0, rejected: 0 }));
    this.#output = new FileOutput(sink);
    this.#writeHeader();
  }

  async write(batch: Batch): Promise<void> {
    this.#mustBeOpen();
    if (batch.columns.length !== this.#fields.length)
      throw new PanoramaError('internal', `${this.#table}: a batch has ${batch.columns.length} columns`);
    this.#checkTexts(batch);
    for (let from = 0; from < batch.rows;) {
      let to = Math.min(batch.rows, from + STRIDE);
      let needed = this.#bound(batch, from, to);
      if (needed > LARGE) {
        to = from + 1;
        needed = this.#bound(batch, from, to);
        if (needed > LARGE) needed = this.#exactBound(batch, from);
      }
      if (this.#used + needed > this.#chunk.length) await this.#makeRoom(needed);
      this.#writeRows(batch, from, to);
      from = to;
    }
    batch.columns.forEach((column, i) => (this.#summaries[i]!.nulls += column.nulls));
    this.#rows += batch.rows;
  }

  async finish(): Promise<FileSummary> {
    this.#mustBeOpen();
    await this.#flush();
    this.#open = false;
    const { bytes, sha256 } = await this.#output.finish();
    return { rows: this.#rows, bytes, sha256, columns: this.#summaries };
  }

  abort(): void {
    this.#open = false;
    this.#chunk = Buffer.alloc(0);
    this.#used = 0;
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new PanoramaError('internal', `${this.#table}: the file is closed already`);
  }

  #writeHeader(): void {
    const names = this.#fields.map(({ name }) => Buffer.from(name));
    this.#chunk = Buffer.allocUnsafeSlow(names.reduce((sum, name) => sum + 3 * name.length + 3, 4096));
    let at = 0;
    names.forEach((name, i) => {
      if (i > 0) this.#chunk[at++] = COMMA;
      at = writeText(name, 0, name.length, this.#chunk, at);
    });
    this.#used = this.#endLine(at);
  }

  #checkTexts(batch: Batch): void {
    this.#fields.forEach((field, i) => {
      if (field.type.kind !== 'text') return;
      try {
        checkUtf8(batch.columns[i]!, 0, batch.rows);
      } catch (error) {
        throw error instanceof BadCell ? this.#bad(i, error.row) : error;
      }
    });
  }

  #bad(column: number, row: number): PanoramaError {
    this.abort();
    return badValue(this.#table, this.#fields[column]!, this.#rows + row + 1);
  }

  /** The most bytes that rows can take: an escape triples a byte, a timestamp gains seven, quotes add two. */
  #bound({ columns }: Batch, from: number, to: number): number {
    let cells = 0;
    for (const { offsets } of columns) cells += offsets[to]! - offsets[from]!;
    return 3 * cells + (to - from) * (10 * columns.length + 2);
  }

  /** As {@link #bound} for one row with large cells, which are looked through so as not to ask for thrice them. */
  #exactBound({ columns }: Batch, row: number): number {
    return columns.reduce((sum, { data, offsets }, i) => {
      const start = offsets[row]!;
      const end = offsets[row + 1]!;
      const { kind } = this.#fields[i]!.type;
      return sum + 10 + (kind === 'text' ? escapedSize(data, start, end) : 2 * (end - start));
    }, 2);
  }

  /** A chunk with so much room; a small file gets by with a small one. */
  async #makeRoom(needed: number): Promise<void> {
    const grow = this.#used + needed <= CHUNK_BYTES && this.#chunk.length < CHUNK_BYTES;
    const old = this.#chunk.subarray(0, this.#used);
    if (!grow) await this.#flush();
    this.#chunk = Buffer.allocUnsafeSlow(
      grow ? Math.min(CHUNK_BYTES, 4 * (old.length + needed)) : Math.max(CHUNK_BYTES, needed),
    );
    if (grow) old.copy(this.#chunk);
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk.subarray(0, this.#used);
    this.#chunk = Buffer.alloc(0);
    this.#used = 0;
    if (chunk.length > 0) await this.#output.writeOwned(chunk);
    this.#mustBeOpen();
  }

  #writeRows(batch: Batch, from: number, to: number): void {
    const { columns } = batch;
    const cells = this.#cells;
    const out = this.#chunk;
    let at = this.#used;
    for (let row = from; row < to; row++) {
      for (let i = 0; i < cells.length; i++) {
        if (i > 0) out[at++] = COMMA;
        const { validity, data, offsets } = columns[i]!;
        if ((validity[row >> 3]! & (1 << (row & 7))) === 0) continue;
        const end = cells[i]!(data, offsets[row]!, offsets[row + 1]!, out, at);
        if (end >= 0) at = end;
        else if (end === REJECTED_CELL) {
          this.#summaries[i]!.nulls++;
          this.#summaries[i]!.rejected++;
        } else throw this.#bad(i, row);
      }
      at = this.#endLine(at);
    }
    this.#used = at;
  }

  #endLine(at: number): number {
    this.#chunk[at] = CR;
    this.#chunk[at + 1] = LF;
    return at + 2;
  }
}
