import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { PanoramaError } from '../errors.ts';
import { BatchBuilder, type Batch, type Column, isValid } from '../rows/batch.ts';
import { decodeRows, listBytes, RowBuffer, type RowList } from './row-buffer.ts';

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
  list: RowList;
  /** Pieces in the temporary file: offset, length, offset, length, … */
  readonly spilled: number[];
}

/**
 * Divides a table's rows by the values of its partition columns in one pass: rows wait in memory per partition;
 * when the budget is used up, all of them move to one temporary file, each partition's rows together; at the end
 * every partition is written as one file. Values are compared as bytes. Memory is the budget whatever the number
 * of rows and partitions (besides about 200 bytes a partition).
 */
export class PartitionWriter {
  rows = 0;
  readonly #options: PartitionWriterOptions;
  readonly #buffer = new RowBuffer();
  readonly #partitions = new Map<string, Partition>();
  #spill: FileHandle | undefined;
  #spillSize = 0;
  #lastKey = '';
  #last: Partition | undefined;

  constructor(options: PartitionWriterOptions) {
    this.#options = options;
  }

  /** The number of partitions seen so far. */
  get partitions(): number {
    return this.#partitions.size;
  }

  /** @throws PanoramaError `bad-value` for a partition value that is not UTF-8, `lake-full` */
  async write(batch: Batch): Promise<void> {
    const { fileColumns, memory } = this.#options;
    const keys = this.#options.partitionColumns.map((column) => batch.columns[column]!);
    for (let row = 0; row < batch.rows; row++) {
      const partition = this.#partitionOf(keys, row);
      this.#buffer.append(partition.list, batch, row, fileColumns);
    }
    this.rows += batch.rows;
    if (this.#buffer.held > memory) await this.#spillAll();
  }

  /** Writes every partition's file. */
  async finish(): Promise<void> {
    try {
      const waiting = [...this.#partitions.values()];
      const work = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#writeFile(next);
      };
      waiting.reverse();
      const outcomes = await Promise.allSettled(Array.from({ length: this.#options.parallel ?? 4 }, work));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      await this.abort();
    }
  }

  /** Releases memory and the temporary file. */
  async abort(): Promise<void> {
    this.#buffer.clear();
    this.#partitions.clear();
    this.#last = undefined;
    await this.#spill?.close();
    this.#spill = undefined;
  }

  #partitionOf(keys: readonly Column[], row: number): Partition {
    const key = partitionKey(keys, row);
    if (this.#last !== undefined && key === this.#lastKey) return this.#last;
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      const values = keys.map((column) => partitionValue(this.#options.table, column, row));
      partition = { values, list: this.#buffer.list(), spilled: [] };
      this.#partitions.set(key, partition);
    }
    this.#lastKey = key;
    this.#last = partition;
    return partition;
  }

  async #spillAll(): Promise<void> {
    this.#spill ??= await openUnlinked(this.#options.spillFolder);
    // Pieces of many partitions go out in one write, for most of them are small.
    let waiting: Buffer[] = [];
    let waitingFrom = this.#spillSize;
    const flush = async (): Promise<void> => {
      await writeAll(
        this.#spill!,
        waiting,
        this.#spillSize - waitingFrom,
        waitingFrom,
        this.#options.spillFolder,
      );
      waiting = [];
      waitingFrom = this.#spillSize;
    };
    for (const partition of this.#partitions.values()) {
      if (partition.list.rows === 0) continue;
      for (const piece of pieces(partition.list)) {
        partition.spilled.push(this.#spillSize, piece.size);
        waiting.push(...piece.buffers);
        this.#spillSize += piece.size;
        if (this.#spillSize - waitingFrom >= PIECE || waiting.length >= MAX_BUFFERS) await flush();
      }
      partition.list = this.#buffer.list();
    }
    await flush();
    this.#buffer.clear();
  }

  async #writeFile(partition: Partition): Promise<void> {
    const sink = await this.#options.open(partition.values);
    const columns = this.#options.fileColumns.length;
    const builder = new BatchBuilder(columns);
    const emit = (batch: Batch): Promise<void> => sink.write(batch);
    for (let i = 0; i < partition.spilled.length; i += 2) {
      const bytes = await readExactly(this.#spill!, partition.spilled[i]!, partition.spilled[i + 1]!);
      await decodeRows(bytes, columns, builder, emit);
    }
    for (const bytes of listBytes(partition.list)) await decodeRows(bytes, columns, builder, emit);
    if (builder.rows > 0) await emit(builder.take());
    await sink.finish();
  }
}

/** Equal keys for equal bytes: every cell with its length, NULL apart from the empty text. */
function partitionKey(columns: readonly Column[], row: number): string {
  let key = '';
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    if (!isValid(column, row)) {
      key += '-;';
      continue;
    }
    const text = (column.data as Buffer).toString('latin1', column.offsets[row]!, column.offsets[row + 1]!);
    key += columns.length === 1 ? `+${text}` : `${text.length};${text}`;
  }
  return key;
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

/** Rows are spilled, and read again, in pieces of about this size; a piece ends with a whole row. */
const PIECE = 1 << 20;
/** Buffers in one call of writev; the kernel takes 1024 at a time. */
const MAX_BUFFERS = 1000;

function* pieces(list: RowList): Iterable<{ buffers: Buffer[]; size: number }> {
  let buffers: Buffer[] = [];
  let size = 0;
  for (const bytes of listBytes(list)) {
    if (size > 0 && size + bytes.length > PIECE) {
      yield { buffers, size };
      buffers = [];
      size = 0;
    }
    buffers.push(bytes);
    size += bytes.length;
  }
  if (size > 0) yield { buffers, size };
}

/** A file without a name: it is gone when it is closed or the process dies, and nobody else can open it. */
async function openUnlinked(folder: string): Promise<FileHandle> {
  const path = join(folder, `spill-${process.pid}-${randomUUID().slice(0, 8)}`);
  return spillStep(folder, async () => {
    await mkdir(folder, { recursive: true });
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o600);
    await unlink(path);
    return file;
  });
}

async function writeAll(
  file: FileHandle,
  buffers: Buffer[],
  size: number,
  position: number,
  folder: string,
): Promise<void> {
  if (size === 0) return;
  await spillStep(folder, async () => {
    const { bytesWritten } = await file.writev(buffers, position);
    if (bytesWritten === size) return;
    const rest = Buffer.concat(buffers).subarray(bytesWritten);
    for (let done = 0; done < rest.length;) {
      const step = await file.write(rest, done, rest.length - done, position + bytesWritten + done);
      done += step.bytesWritten;
    }
  });
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0)
      throw new PanoramaError('internal', 'A temporary file is shorter than it was written.');
    done += bytesRead;
  }
  return buffer;
}

async function spillStep<T>(place: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    const message = `Cannot write the temporary file of a partitioned table in ${place}: ${(cause as Error).message}.`;
    throw new PanoramaError(full ? 'lake-full' : 'lake-unwritable', message, { cause });
  }
}
