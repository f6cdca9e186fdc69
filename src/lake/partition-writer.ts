import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

import { PanoramaError } from '../errors.ts';
import { allocate, bytesAt, free } from '../kernels/kernels.ts';
import { type Batch, cellBytes, type Column } from '../rows/batch.ts';
import { HeldRows } from './held-rows.ts';
import { PartitionKeys } from './partition-keys.ts';
import { cellTable, Pieces, readPiece } from './piece.ts';
import { SpillFile } from './spill-file.ts';

/** Takes the rows of one partition; the batches hold the columns that stay in the file. */
export interface PartitionSink {
  write(batch: Batch, from?: number, to?: number): Promise<void>;
  /** Bytes of memory that it holds. */
  held(): number;
  /** Makes {@link held} smaller. */
  relieve(): Promise<void>;
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
  /** Bytes of memory for rows and open files. */
  readonly memory: number;
  /** A folder for the temporary file, made when it is needed. */
  readonly spillFolder: string;
  /** How many partitions have their file open while rows come. */
  readonly openFiles?: number;
}

interface Partition {
  readonly values: readonly (string | null)[];
  /** Its file, where that is open while rows come, and the memory it held when last asked. */
  file?: PartitionSink;
  held: number;
  /** Its pieces in memory, oldest first: address, length, address, length, … */
  pieces: number[];
  /** Where its pieces lie in the temporary file: offset, length, offset, length, … */
  readonly spilled: number[];
}

/** Pieces, and what is read of the temporary file at once, are not larger than about this. */
const PIECE = 1 << 20;
/** Rows are divided when so many bytes have come: what fits into the caches of a processor… */
const FIRST_UNIT = 8 << 20;
/** …or more where there are so many partitions that pieces would be smaller than this. */
const SMALL_PIECE = 16 << 10;
/** The most files that are open while rows come… */
const OPEN_FILES = 256;
/** …each of which needs so much memory for a column before its pages are worth closing… */
const OPEN_COLUMN = 8 << 10;
/** …and this part of the descriptors that the process may have. */
const DESCRIPTORS = 1 / 16;
/** So many files are opened, or written out of pieces, at the same time… */
const WRITTEN = 4;
/** …and so many open ones completed: what little they still hold waits for the disk or a store. */
const COMPLETED = 16;

/**
 * Divides a table's rows by the values of its partition columns in one pass. The partitions that come first have
 * their files open and get rows every few batches; when these files hold too much, the fullest writes out what it
 * has. The rows of all others are copied into pieces, one per partition, which wait in memory; when that is used up,
 * all pieces move to one temporary file, each partition's together, and their files are written at the end. Each
 * partition is one file. Values are compared as bytes. Memory is the budget whatever the number of rows and
 * partitions (besides what is known of each partition, some kB). The batches are released.
 */
export class PartitionWriter {
  rows = 0;
  readonly #options: PartitionWriterOptions;
  readonly #keys = new PartitionKeys();
  readonly #partitions: Partition[] = [];
  readonly #open: Partition[] = [];
  /** The number of partitions that had their chance of an open file. */
  #seen = 0;
  /** The memory of all open files. */
  #openBytes = 0;
  readonly #held = new HeldRows();
  readonly #pieces = new Pieces();
  readonly #spill: SpillFile;
  /** The pieces on their way to the temporary file. */
  #spilling: Promise<void> = Promise.resolve();

  readonly #openFiles: number;

  constructor(options: PartitionWriterOptions) {
    this.#options = options;
    const fit = options.memory / 2 / (OPEN_COLUMN * Math.max(1, options.fileColumns.length));
    this.#openFiles =
      options.openFiles ?? Math.floor(Math.min(OPEN_FILES, fit, DESCRIPTORS * openFileLimit()));
    this.#spill = new SpillFile(options.spillFolder);
  }

  /** The number of partitions seen so far. */
  get partitions(): number {
    return this.#partitions.length;
  }

  /** @throws PanoramaError `bad-value` for a partition value that is not UTF-8, `lake-full`, `lake-unwritable` */
  async write(batch: Batch): Promise<void> {
    const columns = this.#options.partitionColumns.map((column) => batch.columns[column]!);
    const { numbers, firstRows } = this.#keys.number(columns, batch.rows);
    this.#held.add(batch, numbers);
    for (const row of firstRows) {
      const values = columns.map((column) => partitionValue(this.#options.table, column, row));
      this.#partitions.push({ values, held: 0, pieces: [], spilled: [] });
    }
    this.rows += batch.rows;
    const { memory } = this.#options;
    const unit = Math.min(memory / 4, Math.max(FIRST_UNIT, this.#partitions.length * SMALL_PIECE));
    if (this.#held.bytes > unit) await this.#divide();
    // A quarter of the budget is for pieces, another one for those on their way to the temporary file.
    if (this.#pieces.bytes + unit > memory / 4) await this.#spillAll();
  }

  /** Completes every partition's file. */
  async finish(): Promise<void> {
    try {
      await this.#divide();
      await this.#spilling;
      await this.#inParallel(this.#open, ({ file }) => file!.finish(), COMPLETED);
      await this.#inParallel(
        this.#partitions.filter(({ file }) => file === undefined),
        (partition) => this.#writeFile(partition),
      );
    } finally {
      await this.abort();
    }
  }

  /** Releases memory and the temporary file. */
  async abort(): Promise<void> {
    await this.#spilling.catch(() => {});
    this.#held.clear();
    this.#keys.drop();
    this.#partitions.length = 0;
    this.#open.length = 0;
    this.#pieces.detach()();
    await this.#spill.close();
  }

  async #inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>, width = WRITTEN): Promise<void> {
    let next = 0;
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      while (next < items.length && failures.length === 0) {
        await act(items[next++]!).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: width }, work));
    if (failures.length > 0) throw failures[0];
  }

  /** Hands the held rows on: to open files, or into pieces. */
  async #divide(): Promise<void> {
    if (this.#held.rows === 0) return;
    const { rows, bytes } = this.#held;
    const { batch, begin } = this.#held.divide(this.#partitions.length, this.#options.fileColumns);
    const table = cellTable(batch.columns);
    try {
      await this.#openFilesOf(begin);
      const step = Math.max(1, Math.floor((PIECE * rows) / Math.max(1, bytes)));
      for (let number = 0, from = 0; number < this.#partitions.length; number++) {
        const to = begin(number + 1);
        if (to === from) continue;
        const partition = this.#partitions[number]!;
        const { file } = partition;
        if (file !== undefined) await this.#writeOpen(partition, file, batch, from, to);
        else
          for (; from < to; from += step)
            this.#pieces.add(table, from, Math.min(to, from + step), partition.pieces);
        from = to;
      }
    } finally {
      free(table.address);
      batch.release();
      this.#held.clear();
    }
  }

  /** Opens the files of partitions that come for the first time, as long as there are files to be had. */
  async #openFilesOf(begin: (partition: number) => number): Promise<void> {
    const opened: Partition[] = [];
    for (let number = this.#seen; number < this.#partitions.length; number++) {
      if (this.#open.length + opened.length >= this.#openFiles) break;
      if (begin(number + 1) > begin(number)) opened.push(this.#partitions[number]!);
    }
    // A partition that has none by now goes on with pieces, for its rows stay in order.
    this.#seen = this.#partitions.length;
    await this.#inParallel(opened, async (partition) => {
      partition.file = await this.#options.open(partition.values);
    });
    this.#open.push(...opened);
  }

  async #writeOpen(
    partition: Partition,
    file: PartitionSink,
    batch: Batch,
    from: number,
    to: number,
  ): Promise<void> {
    await file.write(batch, from, to);
    this.#note(partition, file);
    while (this.#openBytes > this.#options.memory / 2) {
      const before = this.#openBytes;
      const fullest = this.#open.reduce((a, b) => (b.held > a.held ? b : a));
      await fullest.file!.relieve();
      this.#note(fullest, fullest.file!);
      if (this.#openBytes >= before) break;
    }
  }

  #note(partition: Partition, file: PartitionSink): void {
    const held = file.held();
    this.#openBytes += held - partition.held;
    partition.held = held;
  }

  /** Begins to move all pieces to the temporary file, when those before them are there. */
  async #spillAll(): Promise<void> {
    await this.#spilling;
    if (this.#pieces.bytes === 0) return;
    const moved = this.#partitions.filter(({ pieces }) => pieces.length > 0);
    const lists = moved.map(({ pieces, spilled }) => ({ pieces, spilled }));
    for (const partition of moved) partition.pieces = [];
    const release = this.#pieces.detach();
    this.#spilling = this.#writePieces(lists).finally(release);
    // The next spill or finish() sees the error.
    this.#spilling.catch(() => {});
  }

  async #writePieces(lists: readonly Pick<Partition, 'pieces' | 'spilled'>[]): Promise<void> {
    for (const { pieces, spilled } of lists) {
      let start = this.#spill.position;
      for (let i = 0; i < pieces.length; i += 2) {
        const length = pieces[i + 1]!;
        if (this.#spill.position - start + length > PIECE && this.#spill.position > start) {
          spilled.push(start, this.#spill.position - start);
          start = this.#spill.position;
        }
        await this.#spill.write(bytesAt(pieces[i]!, length));
      }
      spilled.push(start, this.#spill.position - start);
    }
    await this.#spill.flush();
  }

  async #writeFile({ values, pieces, spilled }: Partition): Promise<void> {
    const file = await this.#options.open(values);
    for (let i = 0; i < spilled.length; i += 2) {
      const length = spilled[i + 1]!;
      const address = allocate(length);
      try {
        await this.#spill.read(spilled[i]!, bytesAt(address, length));
        await this.#writePiecesAt(address, length, file);
      } finally {
        free(address);
      }
    }
    for (let i = 0; i < pieces.length; i += 2) await this.#writePiecesAt(pieces[i]!, pieces[i + 1]!, file);
    await file.finish();
  }

  async #writePiecesAt(address: number, length: number, file: PartitionSink): Promise<void> {
    for (let at = address; at < address + length;) {
      const { batch, end } = readPiece(at, this.#options.fileColumns.length);
      try {
        await file.write(batch);
      } finally {
        batch.release();
      }
      at = end;
    }
  }
}

function partitionValue(table: string, column: Column, row: number): string | null {
  const bytes = cellBytes(column, row);
  if (bytes === null) return null;
  if (!isUtf8(bytes)) {
    throw new PanoramaError('bad-value', `Table ${table} has a partition value that is not UTF-8 text.`, {
      hint: 'Partition the table by another column.',
    });
  }
  return bytes.toString();
}

/** How many files the process may have open, where the system says so (`/proc/self/limits`, Linux). */
function openFileLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
