import { isRejectedDate } from '../formats/rejected-date.ts';
import type { FileField, FileSummary, Format, RejectedListener } from '../formats/format.ts';
import { type Batch, originalBytes } from '../rows/batch.ts';
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
  /** Is told of the values that are counted as rejected. */
  readonly rejected?: RejectedValues;
}

/** The cells of a row by the names of their columns, as they came. */
export type RowCells = (column: string) => Buffer | null;

/** Is told of each value that is NULL in the lake because the lake's type cannot hold it. */
export interface RejectedValues {
  /** False when it has heard enough; then such values are not looked for any more. */
  readonly wanted: boolean;
  /** @param cell gives the bytes of the row's cells until this returns, that of `column` among them */
  add(column: string, cell: RowCells): void;
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
    const inPath = this.#inPath(fieldValues);
    const gone = inPath.filter(({ rejected }) => rejected).map(({ name }) => name);
    const told = this.#listener(new Map(inPath.map(({ name, value }) => [name, value])));
    const writer = format.open(this.#target.table, this.#fileFields, sink, told?.inFile);
    const file: OpenFile = {
      async write(batch, from = 0, to = batch.rows) {
        await writer.write(batch, from, to);
        for (const name of gone) told?.inPath(name, batch, from, to);
      },
      held: () => writer.held,
      relieve: () => writer.relieve(),
      finish: async () => {
        const summary = await writer.finish();
        this.#staged.push(await sink.finish());
        this.#open.delete(file);
        this.#count(summary);
        for (const name of gone) this.#addRejected(name, summary.rows);
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
  #inPath(values: readonly (string | null)[]): PathCell[] {
    const fields = this.#target.partitionFields.filter((field) => field.from === 'field');
    return fields.map(({ name, type }, i) => {
      const value = values[i] ?? null;
      return { name, value, rejected: value !== null && isRejectedDate(type, value) };
    });
  }

  /** Passes on what is rejected in a file, and in its path. */
  #listener(pathCells: ReadonlyMap<string, string | null>): FileListener | undefined {
    const values = this.#options.rejected;
    if (values === undefined) return undefined;
    const fields = this.#fileFields;
    const cellsOf =
      (batch: Batch, row: number): RowCells =>
      (name) => {
        const column = batch.columns[fields.findIndex((field) => field.name === name)];
        if (column !== undefined) return originalBytes(column, row);
        const value = pathCells.get(name) ?? null;
        return value === null ? null : Buffer.from(value);
      };
    return {
      inFile: {
        get wanted() {
          return values.wanted;
        },
        add: (batch, column, row) => values.add(fields[column]!.name, cellsOf(batch, row)),
      },
      inPath(name, batch, from, to) {
        for (let row = from; row < to && values.wanted; row++) values.add(name, cellsOf(batch, row));
      },
    };
  }

  #count(summary: FileSummary): void {
    summary.columns.forEach(({ rejected }, i) => {
      if (rejected > 0) this.#addRejected(this.#fileFields[i]!.name, rejected);
    });
  }

  #addRejected(column: string, count: number): void {
    this.#rejected[column] = (this.#rejected[column] ?? 0) + count;
  }
}

/** A value in the path of a file. */
interface PathCell {
  readonly name: string;
  readonly value: string | null;
  readonly rejected: boolean;
}

interface FileListener {
  readonly inFile: RejectedListener;
  inPath(column: string, batch: Batch, from: number, to: number): void;
}

interface OpenFile extends PartitionSink {
  abort(): Promise<void>;
}
