import { isUtf8 } from 'node:buffer';

import { PanoramaError } from '../errors.ts';
import { type Batch, type Column, isValid } from '../rows/batch.ts';
import { HeldRows } from './held-rows.ts';
import { PartitionKeys } from './partition-keys.ts';
import { PieceMemory } from './piece-memory.ts';
import { pieceSize, readPiece, writePiece } from './piece.ts';
import { SpillFile } from './spill-file.ts';

/** Takes the rows of one partition; the batches hold the columns that stay in the file. */
export interface PartitionSink {
  write(batch: Batch): Promise<void>;
  finish(): Promise<void>;
}

export interface PartitionWriterOptions {
  readonly table: string;
  /** Positions of the partition columns in the batches, in partition order. */
  readonly partitionColumns: readonly number[];
  /** Positions of the columns that stay in the files, in file order. */
  readonly fileColumns: readonly number[];
  /** Opens the file of a partition; values in partition order. */
  readonly open: (values: readonly (string | null)[]) => Promise<PartitionSink>;
  /** Bytes of rows kept in memory before they are moved to a temporary file. */
  readonly memory: number;
  /** A folder for the temporary file, made when it is needed. */
  readonly spillFolder: string;
  /** How many files are encoded at the same time at the end. */
  readonly parallel?: number;
}

interface Partition {
  readonly values: readonly (string | null)[];
  /** Pieces in memory, oldest first. */
  pieces: Buffer[];
  /** Where its pieces lie in the temporary file: offset, length, offset, length, … */
  readonly spilled: number[];
}

/** Pieces, and what is read of the temporary file at once, are not larger than about this. */
const PIECE = 1 << 20;
/** Rows are sorted into pieces when so many bytes have come: what fits into the caches of a processor… */
const FIRST_UNIT = 8 << 20;
/** …or more where there are so many partitions that pieces would be smaller than this. */
const SMALL_PIECE = 16 << 10;

/**
 * Divides a table's rows by the values of its partition columns in one pass. A few batches at a time are sorted
 * into pieces, one per partition, which wait in memory; when the budget is used up, all pieces move to one
 * temporary file, each partition's together; at the end every partition is written as one file. Values are
 * compared as bytes. Memory is the budget whatever the number of rows and partitions (besides one to three kB
 * a partition). The batches are released.
 */
export class PartitionWriter {
  rows = 0;
  readonly #options: PartitionWriterOptions;
  readonly #keys = new PartitionKeys();
  readonly #partitions: Partition[] = [];
  readonly #held = new HeldRows();
  readonly #pieces = new PieceMemory();
  readonly #spill: SpillFile;
  /** The pieces on their way to the temporary file. */
  #spilling: Promise<void> = Promise.resolve();

  constructor(options: PartitionWriterOptions) {
    this.#options = options;
    this.#spill = new SpillFile(options.spillFolder);
  }

  /** The number of partitions seen so far. */
  get partitions(): number {
    return this.#partitions.length;
  }

  /** @throws PanoramaError `bad-value` for a partition value that is not UTF-8, `lake-full`, `lake-unwritable` */
  async write(batch: Batch): Promise<void> {
    const columns = this.#options.partitionColumns.map((column) => batch.columns[column]!);
    const numbers = new Uint32Array(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const number = this.#keys.find(columns, row);
      if (number === this.#partitions.length) {
        const values = columns.map((column) => partitionValue(this.#options.table, column, row));
        this.#partitions.push({ values, pieces: [], spilled: [] });
      }
      numbers[row] = number;
    }
    this.#held.add(batch, numbers);
    this.rows += batch.rows;
    const { memory } = this.#options;
    const unit = Math.min(memory / 4, Math.max(FIRST_UNIT, this.#partitions.length * SMALL_PIECE));
    if (this.#held.bytes > unit) this.#sort();
    // The other half of the budget is on its way to the temporary file.
    if (this.#pieces.bytes + unit > memory / 2) await this.#spillAll();
  }

  /** Writes every partition's file. */
  async finish(): Promise<void> {
    try {
      this.#sort();
      await this.#spilling;
      this.#pieces.trim();
      let next = 0;
      const work = async (): Promise<void> => {
        const memory = Buffer.allocUnsafeSlow(this.#spill.position > 0 ? PIECE : 0);
        while (next < this.#partitions.length) await this.#writeFile(this.#partitions[next++]!, memory);
      };
      const outcomes = await Promise.allSettled(Array.from({ length: this.#options.parallel ?? 4 }, work));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      await this.abort();
    }
  }

  /** Releases memory and the temporary file. */
  async abort(): Promise<void> {
    await this.#spilling.catch(() => {});
    this.#held.clear();
    this.#partitions.length = 0;
    this.#pieces.detach();
    this.#pieces.trim();
    await this.#spill.close();
  }

  /** Moves the held rows into pieces. */
  #sort(): void {
    const { rows, bytes } = this.#held;
    const { picks, starts } = this.#held.picks(this.#partitions.length);
    const { fileColumns } = this.#options;
    const step = Math.max(1, Math.floor((PIECE * rows) / Math.max(1, bytes)));
    for (let number = 0; number < this.#partitions.length; number++) {
      const end = starts[number + 1]!;
      for (let from = starts[number]!; from < end; from += step) {
        const to = Math.min(end, from + step);
        const piece = this.#pieces.take(pieceSize(picks, from, to, fileColumns));
        writePiece(piece, 0, picks, from, to, fileColumns);
        this.#partitions[number]!.pieces.push(piece);
      }
    }
    this.#held.clear();
  }

  /** Begins to move all pieces to the temporary file, when those before them are there. */
  async #spillAll(): Promise<void> {
    await this.#spilling;
    const moved = this.#partitions.filter(({ pieces }) => pieces.length > 0);
    const lists = moved.map(({ pieces, spilled }) => ({ pieces, spilled }));
    for (const partition of moved) partition.pieces = [];
    const slabs = this.#pieces.detach();
    this.#spilling = this.#writePieces(lists).then(() => this.#pieces.give(slabs));
    // The next spill or finish() sees the error.
    this.#spilling.catch(() => {});
  }

  async #writePieces(lists: readonly Pick<Partition, 'pieces' | 'spilled'>[]): Promise<void> {
    for (const { pieces, spilled } of lists) {
      let start = this.#spill.position;
      for (const piece of pieces) {
        if (this.#spill.position - start + piece.length > PIECE && this.#spill.position > start) {
          spilled.push(start, this.#spill.position - start);
          start = this.#spill.position;
        }
        await this.#spill.write(piece);
      }
      spilled.push(start, this.#spill.position - start);
    }
    await this.#spill.flush();
  }

  /** @param memory for what is read of the temporary file, used again and again */
  async #writeFile({ values, pieces, spilled }: Partition, memory: Buffer): Promise<void> {
    const sink = await this.#options.open(values);
    for (let i = 0; i < spilled.length; i += 2) {
      const bytes = await this.#spill.read(spilled[i]!, spilled[i + 1]!, memory);
      await this.#writeAll(bytes, sink);
    }
    for (const piece of pieces) await this.#writeAll(piece, sink);
    await sink.finish();
  }

  async #writeAll(pieces: Buffer, sink: PartitionSink): Promise<void> {
    for (let at = 0; at < pieces.length;) {
      const { batch, end } = readPiece(pieces, at, this.#options.fileColumns.length);
      await sink.write(batch);
      at = end;
    }
  }
}

function partitionValue(table: string, column: Column, row: number): string | null {
  if (!isValid(column, row)) return null;
  const bytes = column.data.subarray(column.offsets[row]!, column.offsets[row + 1]!);
  if (!isUtf8(bytes)) {
    throw new PanoramaError('bad-value', `Table ${table} has a partition value that is not UTF-8 text.`, {
      hint: 'Partition the table by another column.',
    });
  }
  return Buffer.from(bytes).toString();
}
