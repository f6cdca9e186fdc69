import { isRejectedDate } from '../formats/rejected-date.ts';
import type { FileField, FileSummary, Format } from '../formats/format.ts';
import type { Batch } from '../rows/batch.ts';
import type { Staged, Storage } from '../storage/storage.ts';
import type { Layout } from './layout.ts';
import { type PartitionSink, PartitionWriter } from './partition-writer.ts';
import type { LakeField, LakeFile, TableState } from './table-state.ts';

/** What a table's new files are to look like. */
export interface TableTarget extends Pick<
  TableState,
  'basePrefix' | 'table' | 'format' | 'layout' | 'partitionFields'
> {
  readonly fields: readonly LakeField[];
  /** Values of the base partitions, the first of the partition fields. */
  readonly baseValues: readonly (string | null)[];
  /** The columns of the batches by name: file columns and field partition columns. */
  readonly batchColumns: readonly string[];
}

export interface TableWriterOptions {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly format: Format;
  /** Bytes of rows that a partitioned table may keep in memory. */
  readonly memory: number;
  /** Folder for the temporary file of a partitioned table. */
  readonly spillFolder: string;
  /** ISO 8601, stored with every file. */
  readonly loadedAt: string;
}

/** A table's new files, complete but invisible. */
export interface StagedTable {
  readonly files: readonly LakeFile[];
  readonly staged: readonly Staged[];
  readonly rows: number;
  readonly bytes: number;
  /** Values stored as NULL because the lake's type cannot hold them, by column; only columns that have any. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** Writes the batches of one table into staged files: one file, or one per partition. */
export class TableWriter {
  readonly #target: TableTarget;
  readonly #options: TableWriterOptions;
  readonly #fileFields: readonly FileField[];
  readonly #files: LakeFile[] = [];
  readonly #staged: Staged[] = [];
  readonly #rejected: Record<string, number> = {};
  readonly #open = new Set<OpenFile>();
  #partitions: PartitionWriter | undefined;
  #single: OpenFile | undefined;

  constructor(target: TableTarget, options: TableWriterOptions) {
    this.#target = target;
    this.#options = options;
    this.#fileFields = target.fields.filter((field) => target.batchColumns.includes(field.name));
    const names = target.partitionFields.filter((field) => field.from === 'field').map((field) => field.name);
    if (names.length > 0) {
      this.#partitions = new PartitionWriter({
        table: target.table,
        partitionColumns: names.map((name) => target.batchColumns.indexOf(name)),
        fileColumns: this.#fileFields.map((field) => target.batchColumns.indexOf(field.name)),
        open: (values) => this.#openFile(values),
        memory: options.memory,
        spillFolder: options.spillFolder,
      });
    }
  }

  /** Releases the batch. @throws PanoramaError `bad-value`, `lake-full`, `lake-unwritable`, `partition-too-long` */
  async write(batch: Batch): Promise<void> {
    if (this.#partitions !== undefined) return this.#partitions.write(batch);
    try {
      this.#single ??= await this.#openFile([]);
      await this.#single.write(batch);
    } finally {
      batch.release();
    }
  }

  /** Completes all files; an unpartitioned table always has one, also without rows. */
  async finish(): Promise<StagedTable> {
    if (this.#partitions !== undefined) await this.#partitions.finish();
    else {
      this.#single ??= await this.#openFile([]);
      await this.#single.finish();
    }
    return {
      files: this.#files,
      staged: this.#staged,
      rows: this.#files.reduce((sum, file) => sum + file.rows, 0),
      bytes: this.#files.reduce((sum, file) => sum + file.bytes, 0),
      rejected: this.#rejected,
    };
  }

  /** Removes everything that was staged. */
  async abort(): Promise<void> {
    await this.#partitions?.abort();
    const aborts = [
      ...[...this.#open].map((file) => file.abort()),
      ...this.#staged.map((staged) => this.#options.storage.abort(staged)),
    ];
    const outcomes = await Promise.allSettled(aborts);
    this.#open.clear();
    this.#staged.length = 0;
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #openFile(fieldValues: readonly (string | null)[]): Promise<OpenFile> {
    const { storage, layout, format, loadedAt } = this.#options;
    const partition = [...this.#target.baseValues, ...fieldValues];
    const path = layout.place(this.#target, partition);
    const sink = await storage.stage(path);
    const writer = format.open(this.#target.table, this.#fileFields, sink);
    const file: OpenFile = {
      write: (batch, from, to) => writer.write(batch, from, to),
      held: () => writer.held,
      relieve: () => writer.relieve(),
      finish: async () => {
        const summary = await writer.finish();
        this.#staged.push(await sink.finish());
        this.#open.delete(file);
        this.#count(summary);
        this.#countPartition(fieldValues, summary.rows);
        this.#files.push({
          path,
          partition,
          rows: summary.rows,
          bytes: summary.bytes,
          sha256: summary.sha256,
          loadedAt,
        });
      },
      abort: async () => {
        writer.abort();
        await sink.abort();
      },
    };
    this.#open.add(file);
    return file;
  }

  /** A zero date in a path has its text there, but is NULL in the typed view, as it would be in a file. */
  #countPartition(values: readonly (string | null)[], rows: number): void {
    const fields = this.#target.partitionFields.filter((field) => field.from === 'field');
    fields.forEach(({ name, type }, i) => {
      const value = values[i] ?? null;
      if (value !== null && isRejectedDate(type, value))
        this.#rejected[name] = (this.#rejected[name] ?? 0) + rows;
    });
  }

  #count(summary: FileSummary): void {
    summary.columns.forEach((column, i) => {
      const name = this.#fileFields[i]!.name;
      if (column.rejected > 0) this.#rejected[name] = (this.#rejected[name] ?? 0) + column.rejected;
    });
  }
}

interface OpenFile extends PartitionSink {
  abort(): Promise<void>;
}
