import type { PanoramaError } from '../errors.ts';
import type { Batch } from '../rows/batch.ts';
import type { Field, TableSchema } from '../rows/field.ts';

/**
 * A place that tables come from. Making a source does no I/O; {@link Source.open} does.
 * Every implementation passes `src/contracts/source.ts`.
 */
export interface Source {
  /** The name in the settings, for messages and `--datasource`. */
  readonly name: string;
  /** The kind in the settings, e.g. `mysql`. */
  readonly type: string;
  /**
   * Opens a session: one consistent view of the source for all of its reads (for MySQL one or more connections in
   * one snapshot, for a dump the files as they are now).
   * @throws PanoramaError `source-unreachable`, `source-access-denied`, `dump-unreadable`
   */
  open(options?: OpenOptions): Promise<SourceSession>;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** How many reads at the same time are wished for; a session may grant fewer. Default 1. */
  readonly parallel?: number;
  /** Told of what the user should know while it happens, e.g. that reads wait for a busy server; plain text. */
  readonly tell?: (text: string) => void;
}

/** A consistent view of a source. At most {@link parallel} reads are under way at a time. */
export interface SourceSession {
  /** How many reads may be under way at a time, all in the one view; 1 where absent. */
  readonly parallel?: number;

  /** Why {@link parallel} is less than was wished for, as plain text without an end mark. */
  readonly parallelNote?: string;

  /** When the view was taken, or a little before, by the source's clock; ISO 8601 in UTC. Absent: not known. */
  readonly opened?: string;

  /**
   * False when nothing can be read any more: a table that was being read can only be had of another session. Absent:
   * so it is after `source-failed` and `source-unreachable`.
   */
  alive?(): boolean;

  /** The names of all base tables, in the source's order. */
  tables(): Promise<readonly string[]>;

  /** @throws PanoramaError `unknown-table` */
  describe(table: string): Promise<TableSchema>;

  /**
   * The rows of a table as bounded batches. After a failure that may pass the table can be asked for again, in a session
   * that is {@link alive}. Stopping early releases what the read holds. A read that does not
   * reach the source's own end mark throws; it never ends quietly.
   * @throws PanoramaError `unknown-table`, `unknown-column`, `source-failed`, `source-changed`, `source-busy`, `source-permission`, `dump-…`
   */
  read(request: ReadRequest): AsyncIterable<Batch>;

  /**
   * Present where reading tables one by one costs a pass over the whole source each: reads all wanted tables
   * in one pass, in the source's order. `select` is asked once per table with its schema and answers what to
   * read of it, or undefined to pass over it. The batches of a table must be consumed, or their iterator
   * closed, before the next table is asked for. A source that turns out to be cut off throws at its end.
   */
  sweep?(select: (schema: TableSchema) => readonly Field[] | undefined): AsyncIterable<TableStream>;

  /**
   * Present where the source can tell which partitions of a table changed lately, by a column that says when a row
   * changed: every combination of values that a row has whose stamp lies in the interval before the session was
   * opened, or in the future, or is NULL. Each combination once, in no particular order.
   * @throws PanoramaError `unknown-table`, `unknown-column`, `settings-invalid`, `source-failed`, `source-permission`
   */
  changedPartitions?(request: ChangesRequest): Promise<readonly PartitionValues[]>;

  /** About how many rows a table has, for progress only; undefined where it is not known cheaply. */
  estimateRows?(table: string): Promise<number | undefined>;

  /** How far reading has come, in bytes of the source's files; for progress only. */
  progress?(): { done: number; total: number };

  /** What `test-connections` prints: what was reached, as plain text lines. Throws what is wrong. */
  check(): Promise<readonly string[]>;

  /**
   * Present where a table can be known and yet not be read: asks for the columns without any row.
   * @throws PanoramaError as {@link read}
   */
  probe?(request: ReadRequest): Promise<void>;

  /** What was passed over and why, one plain line each, e.g. files of another kind in a folder of dumps. */
  notices?(): readonly string[];

  close(): Promise<void>;
}

export interface ReadRequest {
  readonly table: string;
  /** The columns to read, in the order of the batches; taken from {@link SourceSession.describe}. */
  readonly fields: readonly Field[];
  /**
   * Only rows that have one of these combinations in these columns, compared as bytes; no combination, no row. Taken
   * by sources that have {@link SourceSession.changedPartitions}.
   */
  readonly partitions?: PartitionChoice;
  /**
   * Told of a part of the table that cannot be read, by a source that goes on without it: the lake keeps the rows that
   * it has of the part, and the run ends as one of which something failed. Absent: what cannot be read is thrown.
   */
  readonly lost?: (part: LostPart) => void;
}

/** Rows of a table that cannot be read now. */
export interface LostPart {
  /** They have these texts in these columns. */
  readonly where: Readonly<Record<string, string>>;
  /** Why, naming the part. */
  readonly error: PanoramaError;
}

/** Combinations of values of some columns. */
export interface PartitionChoice {
  readonly fields: readonly Field[];
  readonly values: readonly PartitionValues[];
}

/** One value per partition field, in their order: the bytes that the cell has in a batch, or null for NULL. */
export type PartitionValues = readonly (Buffer | null)[];

/** What {@link SourceSession.changedPartitions} is asked. */
export interface ChangesRequest {
  readonly table: string;
  /** The columns that make the partitions; taken from {@link SourceSession.describe}. */
  readonly partitionFields: readonly Field[];
  /** The column that says when a row changed: a date, or a time in UTC. */
  readonly timestampField: string;
  /** How far back to look, as MySQL writes it, e.g. `2 hour` or `'1:30' hour_minute`. */
  readonly interval: string;
}

/** One table of a {@link SourceSession.sweep}. */
export interface TableStream {
  readonly schema: TableSchema;
  readonly batches: AsyncIterable<Batch>;
}
