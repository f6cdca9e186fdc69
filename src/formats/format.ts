import type { Batch } from '../rows/batch.ts';
import type { FieldType } from '../rows/field.ts';

/** A column as it is written: its permanent number in the lake goes into every file that can hold it. */
export interface FileField {
  readonly id: number;
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
  /** No statistics are kept of a private column, for minimum and maximum are values of learners. */
  readonly private: boolean;
}

/** Takes the bytes of a file in order. The chunk belongs to the sink afterwards. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}

/** A kind of file: batches in, the bytes of one file out. */
export interface Format {
  readonly name: 'parquet' | 'csv';
  /** File name ending without the dot. */
  readonly extension: string;
  /** @param table names the table in messages. @param rejected is told of cells that become NULL in the file */
  open(table: string, fields: readonly FileField[], sink: ByteSink, rejected?: RejectedListener): FileWriter;
}

/** Is told of each cell that a file cannot hold and that becomes NULL there; see {@link ColumnSummary.rejected}. */
export interface RejectedListener {
  /** False when it has heard enough; then such cells are not looked for any more. */
  readonly wanted: boolean;
  /** The batch may be looked at until this returns; cells of the row have what they came with (`originalBytes`). */
  add(batch: Batch, column: number, row: number): void;
}

/**
 * Writes one file as a stream. Columns of the batches stand in the order of the fields.
 * Every implementation passes `test/contracts/format.ts`.
 */
export interface FileWriter {
  /** Writes the rows `[from, to)` of a batch, all of them unless told otherwise. Keeps nothing of the batch once it resolves; it may make cells NULL that their type cannot hold. @throws PanoramaError `bad-value` naming table, column and row of the file */
  write(batch: Batch, from?: number, to?: number): Promise<void>;
  /** Bytes of memory that it holds for rows that the sink has not got. */
  readonly held: number;
  /** Makes {@link held} much smaller, at some cost for whoever reads the file. */
  relieve(): Promise<void>;
  /** Completes the file; its last byte has been given to the sink when this resolves. */
  finish(): Promise<FileSummary>;
  /** Releases what the writer holds, after an error or instead of {@link finish}. */
  abort(): void;
}

export interface FileSummary {
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly sha256: string;
  /** One entry per field. */
  readonly columns: readonly ColumnSummary[];
}

export interface ColumnSummary {
  /** Cells that are NULL in the file, the rejected ones included. */
  readonly nulls: number;
  /** Values of the source that its own type cannot hold outside MySQL (zero and partial dates), stored as NULL. */
  readonly rejected: number;
}
