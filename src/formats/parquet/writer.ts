import { PanoramaError } from '../../errors.ts';
import { kernels } from '../../kernels/kernels.ts';
import type { Batch } from '../../rows/batch.ts';
import { BadCell, badValue } from '../bad-value.ts';
import type { ByteSink, FileField, FileSummary, FileWriter, RejectedListener } from '../format.ts';
import { FileOutput } from '../output.ts';
import { tellRejected } from '../rejected-cells.ts';
import { columnWriter } from './column.ts';
import type { Chunk, ColumnContext, ColumnWriter } from './chunk.ts';
import type { CompressedPage } from './compressor.ts';
import type { ChunkMetadata, RowGroupMetadata } from './metadata.ts';
import { ENCODING, dataPageHeader, dictionaryPageHeader, fileMetadata } from './metadata.ts';
import { columnType } from './schema.ts';
import type { FileColumn } from './schema.ts';
import { ThriftWriter } from './thrift.ts';

const MAGIC = Buffer.from('PAR1');

/** The open pages of a file share so many bytes; a table of very many columns has smaller pages, down to this. */
const OPEN_PAGES = 32 << 20;
const SMALL_PAGE = 64 << 10;
/** The same for dictionaries, of which an entry needs some bytes besides its own. */
const SMALL_DICTIONARY = 32 << 10;
const BYTES_PER_ENTRY = 24;
/** A row group ends when so many bytes of compressed pages wait, as those of texts that do not shrink do. */
const MOST_WAITING = 8 << 20;
/** A smaller page is not closed early. */
const LEAST_PAGE = 32 << 10;

export interface WriterOptions extends ColumnContext {
  readonly createdBy: string;
  /** A row group ends with so many rows or, at the end of a batch, so many bytes of cells. */
  readonly rowGroupRows: number;
  readonly rowGroupBytes: number;
}

/**
 * Writes one Parquet file. Pages are compressed as they fill and wait, compressed, for the end of their row
 * group; a finished row group is written while the next one fills, and no more than that one is ahead.
 */
export class ParquetWriter implements FileWriter {
  readonly #table: string;
  readonly #options: WriterOptions;
  readonly #listener: RejectedListener | undefined;
  readonly #columns: readonly FileColumn[];
  readonly #writers: readonly ColumnWriter[];
  readonly #output: FileOutput;
  readonly #thrift = new ThriftWriter();
  readonly #groups: RowGroupMetadata[] = [];
  readonly #nulls: number[];
  #rows = 0;
  #groupRows = 0;
  #groupBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #open = true;

  constructor(
    table: string,
    fields: readonly FileField[],
    sink: ByteSink,
    options: WriterOptions,
    listener?: RejectedListener,
  ) {
    this.#table = table;
    this.#options = options;
    this.#listener = listener;
    this.#columns = fields.map((field) => ({ field, type: columnType(field.type) }));
    const share = OPEN_PAGES / Math.max(1, fields.length);
    const pageBytes = Math.min(options.pageBytes, Math.max(SMALL_PAGE, share));
    const dictionaryBytes = Math.max(SMALL_DICTIONARY, share);
    const dictionary = {
      bytes: Math.min(options.dictionary.bytes, dictionaryBytes),
      entries: Math.min(options.dictionary.entries, dictionaryBytes / BYTES_PER_ENTRY),
    };
    this.#writers = this.#columns.map((column) =>
      columnWriter(column, { ...options, pageBytes, dictionary }),
    );
    this.#nulls = fields.map(() => 0);
    this.#output = new FileOutput(sink);
  }

  async write(batch: Batch, first = 0, end = batch.rows): Promise<void> {
    this.#mustBeOpen();
    if (batch.columns.length !== this.#columns.length)
      throw new PanoramaError('internal', `${this.#table}: a batch has ${batch.columns.length} columns`);
    for (let from = first; from < end;) {
      const to = Math.min(end, from + this.#options.rowGroupRows - this.#groupRows);
      await this.#append(batch, from, to);
      this.#mustBeOpen();
      this.#rows += to - from;
      this.#groupRows += to - from;
      for (const { lengths } of batch.columns)
        this.#groupBytes += kernels.cellBytes(lengths.byteOffset, from, to) >>> 0;
      const { rowGroupRows, rowGroupBytes } = this.#options;
      const full = this.#groupRows >= rowGroupRows || this.#groupBytes >= rowGroupBytes;
      if (full || this.#waiting() >= MOST_WAITING) await this.#endGroup();
      this.#mustBeOpen();
      from = to;
    }
  }

  /** Bytes of compressed pages that wait for the end of their row group. */
  #waiting(): number {
    return this.#writers.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
  }

  get held(): number {
    let bytes = 0;
    for (const { pageBytes, waitingBytes, dictionaryBytes } of this.#writers)
      bytes += pageBytes + waitingBytes + dictionaryBytes;
    return bytes;
  }

  /** Compresses the open pages or, where that would not help much, ends the row group. */
  async relieve(): Promise<void> {
    this.#mustBeOpen();
    let pages = 0;
    let others = 0;
    for (const { pageBytes, waitingBytes, dictionaryBytes } of this.#writers) {
      if (pageBytes >= LEAST_PAGE) pages += pageBytes;
      else others += pageBytes;
      others += waitingBytes + dictionaryBytes;
    }
    if (pages < others) {
      if (this.#groupRows > 0) await this.#endGroup();
      await this.#writing;
      await this.#output.flush();
      return;
    }
    for (const writer of this.#writers) {
      writer.closePage(LEAST_PAGE);
      await this.#options.compressor.room();
    }
  }

  async finish(): Promise<FileSummary> {
    this.#mustBeOpen();
    if (this.#groupRows > 0) await this.#endGroup();
    await this.#writing;
    if (this.#groups.length === 0) await this.#output.write(MAGIC);
    const { createdBy } = this.#options;
    const footer = fileMetadata(this.#thrift, {
      columns: this.#columns,
      rows: this.#rows,
      groups: this.#groups,
      createdBy,
    });
    const tail = Buffer.alloc(8);
    tail.writeUInt32LE(footer.length);
    MAGIC.copy(tail, 4);
    await this.#output.write(footer);
    await this.#output.write(tail);
    const { bytes, sha256 } = await this.#output.finish();
    this.#close();
    const columns = this.#writers.map(({ rejected }, i) => ({ nulls: this.#nulls[i]!, rejected }));
    return { rows: this.#rows, bytes, sha256, columns };
  }

  abort(): void {
    this.#close();
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new PanoramaError('internal', `${this.#table}: the file is closed already`);
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const writer of this.#writers) writer.drop();
  }

  async #append(batch: Batch, from: number, to: number): Promise<void> {
    for (let i = 0; i < this.#writers.length; i++) {
      const writer = this.#writers[i]!;
      const { rejected } = writer;
      try {
        writer.append(batch.columns[i]!, from, to);
      } catch (error) {
        this.#close();
        if (!(error instanceof BadCell)) throw error;
        throw badValue(this.#table, this.#columns[i]!.field, this.#rows + error.row - from + 1);
      }
      if (this.#listener !== undefined && writer.rejected > rejected)
        tellRejected(this.#listener, batch, i, from, to);
      const room = this.#options.compressor.room();
      if (room !== undefined) {
        await room;
        this.#mustBeOpen();
      }
    }
  }

  async #endGroup(): Promise<void> {
    const chunks = this.#writers.map((writer) => writer.endChunk());
    const rows = this.#groupRows;
    this.#groupRows = 0;
    this.#groupBytes = 0;
    await this.#writing;
    this.#mustBeOpen();
    this.#writing = this.#writeGroup(rows, chunks);
    // The next row group or finish() waits for it and sees its error.
    this.#writing.catch(() => {});
  }

  async #writeGroup(rows: number, chunks: readonly Chunk[]): Promise<void> {
    if (this.#groups.length === 0) await this.#output.write(MAGIC);
    const offset = this.#output.position;
    const written: ChunkMetadata[] = [];
    for (let i = 0; i < chunks.length; i++) {
      written.push(await this.#writeChunk(this.#columns[i]!, rows, chunks[i]!));
      this.#nulls[i]! += chunks[i]!.nulls;
    }
    this.#groups.push({ rows, offset, chunks: written });
  }

  async #writeChunk(column: FileColumn, rows: number, chunk: Chunk): Promise<ChunkMetadata> {
    const output = this.#output;
    const start = output.position;
    let uncompressed = 0;
    const put = async (body: CompressedPage, header: (sizes: PageSizes) => Buffer) => {
      const bytes = await body.bytes;
      this.#mustBeOpen();
      const head = header({ uncompressed: body.uncompressed, compressed: bytes.length });
      uncompressed += head.length + body.uncompressed;
      await output.write(head);
      await output.write(bytes);
    };
    const { dictionary, pages } = chunk;
    if (dictionary !== undefined) {
      const values = dictionary.entries;
      await put(dictionary.body, (sizes) => dictionaryPageHeader(this.#thrift, { values, ...sizes }));
    }
    const dataOffset = output.position;
    for (const { rows: values, encoding, body } of pages)
      await put(body, (sizes) => dataPageHeader(this.#thrift, { values, encoding, ...sizes }));
    const plainPages = pages.filter(({ encoding }) => encoding === ENCODING.plain).length;
    return {
      column,
      codec: chunk.codec,
      values: rows,
      uncompressed,
      compressed: output.position - start,
      dictionaryOffset: dictionary === undefined ? undefined : start,
      dataOffset,
      plainPages,
      dictionaryPages: pages.length - plainPages,
      statistics: {
        nulls: chunk.nulls,
        ...chunk.bounds,
        float: column.field.type.kind === 'float32' || column.field.type.kind === 'float64',
      },
    };
  }
}

interface PageSizes {
  readonly uncompressed: number;
  readonly compressed: number;
}
