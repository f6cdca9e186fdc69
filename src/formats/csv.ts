import { PanoramaError } from '../errors.ts';
import { allBytes, allocate, bytesAt, free, kernels, readUint32 } from '../kernels/kernels.ts';
import type { Batch } from '../rows/batch.ts';
import { KIND_NUMBERS } from '../rows/bad-cells.ts';
import { badValue } from './bad-value.ts';
import type { ByteSink, FileField, FileSummary, FileWriter, Format, RejectedListener } from './format.ts';
import { FileOutput } from './output.ts';
import { tellRejected } from './rejected-cells.ts';

/**
 * CSV files in the dialect of Hive's OpenCSVSerde: a header line, separator `,`, quote `"`, escape `\`, line end
 * `\r\n`. NULL is an empty field, the empty text is `""`. Numbers stand in MySQL's own text, a boolean as 0 or 1,
 * dates as `YYYY-MM-DD`, timestamps always with six digits of the second, bytes as lower-case hexadecimal, text
 * escaped. Values are checked by the same parsers as for Parquet, so that a table fits both formats or neither.
 */
export function csvFormat(): Format {
  return {
    name: 'csv',
    extension: 'csv',
    open: (table, fields, sink, rejected) => new CsvWriter(table, fields, sink, rejected),
  };
}

/** Encoded lines are gathered up to this size before they are given to the sink. */
const CHUNK_BYTES = 256 * 1024;
/** What the chunk of a small file takes. */
const SMALL_CHUNK = 4096;

/** The columns of the kernel (assembly/csv.ts): six numbers of 32 bits each. */
const COLUMN_BYTES = 24;
const REJECTED = 20;

class CsvWriter implements FileWriter {
  readonly #table: string;
  readonly #fields: readonly FileField[];
  readonly #output: FileOutput;
  readonly #listener: RejectedListener | undefined;
  readonly #nulls: number[];
  /** The rejected cells of each column before the rows that are being written. */
  readonly #rejected: number[];
  /** The columns for the kernel. */
  readonly #columns: number;
  #chunk = 0;
  #chunkSize = 0;
  #used = 0;
  #rows = 0;
  #open = true;

  constructor(
    table: string,
    fields: readonly FileField[],
    sink: ByteSink,
    listener: RejectedListener | undefined,
  ) {
    this.#table = table;
    this.#fields = fields;
    this.#listener = listener;
    this.#nulls = fields.map(() => 0);
    this.#rejected = fields.map(() => 0);
    this.#output = new FileOutput(sink);
    this.#columns = allocate(COLUMN_BYTES * Math.max(1, fields.length));
    fields.forEach(({ type }, i) => {
      const [precision, scale] = type.kind === 'decimal' ? [type.precision, type.scale] : [0, 0];
      const column = new Uint32Array(allBytes().buffer, this.#columns + i * COLUMN_BYTES, 6);
      column.set([0, 0, KIND_NUMBERS[type.kind], precision, scale, 0]);
    });
    this.#writeHeader();
  }

  get held(): number {
    return this.#chunkSize;
  }

  async relieve(): Promise<void> {
    this.#mustBeOpen();
    await this.#flush();
    this.#resize(SMALL_CHUNK);
  }

  async write(batch: Batch, first = 0, end = batch.rows): Promise<void> {
    this.#mustBeOpen();
    if (batch.columns.length !== this.#fields.length)
      throw new PanoramaError('internal', `${this.#table}: a batch has ${batch.columns.length} columns`);
    this.#place(batch);
    // Those that are rejected come besides.
    batch.columns.forEach(({ lengths, nulls }, i) => {
      if (nulls > 0) this.#nulls[i]! += kernels.countNulls(lengths.byteOffset, first, end);
    });
    let sure = 0;
    for (let from = first; from < end;) {
      const to = sure === 1 ? from + 1 : end;
      const out = this.#chunk + this.#used;
      const limit = this.#chunk + this.#chunkSize;
      const count = this.#fields.length;
      const next = kernels.csvRows(this.#columns, count, from, to, out, limit, sure);
      if (next < 0) throw this.#bad(first);
      this.#used = (kernels.csvEnd() >>> 0) - this.#chunk;
      sure = 0;
      if (next === from) {
        const needed = kernels.csvRowSize(this.#columns, count, from) >>> 0;
        await this.#makeRoom(needed);
        this.#mustBeOpen();
        sure = 1;
      } else if (next < end && this.#chunkSize === CHUNK_BYTES) await this.#flush();
      from = next;
    }
    this.#tellRejected(batch, first, end);
    this.#rows += end - first;
  }

  async finish(): Promise<FileSummary> {
    this.#mustBeOpen();
    await this.#flush();
    const { bytes, sha256 } = await this.#output.finish();
    const columns = this.#nulls.map((nulls, i) => {
      const rejected = this.#rejectedOf(i);
      return { nulls: nulls + rejected, rejected };
    });
    this.abort();
    return { rows: this.#rows, bytes, sha256, columns };
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    free(this.#chunk);
    free(this.#columns);
    this.#chunk = 0;
    this.#used = 0;
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new PanoramaError('internal', `${this.#table}: the file is closed already`);
  }

  #writeHeader(): void {
    const names = this.#fields.map(({ name }) => Buffer.from(name));
    this.#resize(names.reduce((sum, name) => sum + 4 * name.length + 4, SMALL_CHUNK));
    let at = this.#chunk;
    names.forEach((name, i) => {
      if (i > 0) allBytes()[at++] = 44;
      // The name lies at the end of the chunk for the moment.
      const from = this.#chunk + this.#chunkSize - name.length;
      allBytes().set(name, from);
      at = kernels.writeText(from, name.length, at) >>> 0;
    });
    allBytes().set([13, 10], at);
    this.#used = at + 2 - this.#chunk;
  }

  #rejectedOf(column: number): number {
    return readUint32(this.#columns + column * COLUMN_BYTES + REJECTED);
  }

  #tellRejected(batch: Batch, from: number, to: number): void {
    if (this.#listener === undefined) return;
    for (let column = 0; column < this.#fields.length; column++) {
      const rejected = this.#rejectedOf(column);
      if (rejected === this.#rejected[column]) continue;
      this.#rejected[column] = rejected;
      tellRejected(this.#listener, batch, column, from, to);
    }
  }

  /** Tells the kernel where the cells of a batch lie. */
  #place({ columns }: Batch): void {
    const bytes = allBytes();
    columns.forEach(({ starts, lengths }, i) => {
      bytes.writeUInt32LE(starts.byteOffset, this.#columns + i * COLUMN_BYTES);
      bytes.writeUInt32LE(lengths.byteOffset, this.#columns + i * COLUMN_BYTES + 4);
    });
  }

  #bad(first: number): PanoramaError {
    const [column, row] = [kernels.getBadColumn(), kernels.getBadRow()];
    this.abort();
    return badValue(this.#table, this.#fields[column]!, this.#rows + row - first + 1);
  }

  /** Makes room for so many bytes. A small file gets by with a small chunk. */
  async #makeRoom(needed: number): Promise<void> {
    const fits = this.#used + needed <= CHUNK_BYTES && this.#chunkSize < CHUNK_BYTES;
    if (fits) this.#resize(Math.min(CHUNK_BYTES, Math.max(4 * this.#chunkSize, this.#used + needed)));
    else {
      await this.#flush();
      if (needed > this.#chunkSize) this.#resize(Math.max(CHUNK_BYTES, needed));
    }
  }

  /** A chunk of another size with what was written. */
  #resize(size: number): void {
    const chunk = allocate(size);
    allBytes().copyWithin(chunk, this.#chunk, this.#chunk + this.#used);
    free(this.#chunk);
    this.#chunk = chunk;
    this.#chunkSize = size;
  }

  async #flush(): Promise<void> {
    if (this.#used === 0) return;
    const chunk = new Uint8Array(bytesAt(this.#chunk, this.#used));
    this.#used = 0;
    // What one huge row needed is not kept for the others.
    if (this.#chunkSize > CHUNK_BYTES) this.#resize(CHUNK_BYTES);
    await this.#output.writeOwned(chunk);
    this.#mustBeOpen();
  }
}
