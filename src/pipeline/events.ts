import type { PanoramaError } from '../errors.ts';
import type { TableReport } from '../lake/run-ledger.ts';

/**
 * What happens during a run, in order; for progress, logs and callers of the library. Several tables can be under
 * way at the same time, each from its `table-start` to its `table-staged` or `table-failed`.
 */
export type RunEvent =
  | { readonly type: 'run-start'; readonly sources: number }
  | { readonly type: 'recovered'; readonly table: string }
  | {
      readonly type: 'source-open';
      readonly source: string;
      /** How many tables are read at the same time. */
      readonly parallel: number;
      /** Why they are fewer than were wished for, e.g. a right that the user lacks; plain text. */
      readonly parallelNote?: string;
    }
  | {
      readonly type: 'table-start';
      readonly source: string;
      readonly table: string;
      /** About how many rows there are, where the source knows cheaply. */
      readonly estimatedRows?: number;
    }
  | {
      readonly type: 'table-progress';
      readonly source: string;
      readonly table: string;
      /** Rows read so far. */
      readonly rows: number;
      /** Bytes of cells read so far. */
      readonly bytes: number;
      /** How far the table, or the source where it is read in one pass, has come: 0 to 1. */
      readonly fraction?: number;
    }
  | {
      /** All rows are read and the new files complete; they become visible with `table-done`. */
      readonly type: 'table-staged';
      readonly source: string;
      readonly table: string;
      readonly rows: number;
    }
  | {
      /** Something failed that may pass: the table, or the source where none is named, is begun anew after a pause. */
      readonly type: 'retry';
      readonly source: string;
      readonly table?: string;
      readonly error: PanoramaError;
      /** Milliseconds of the pause. */
      readonly ms: number;
      /** Which retry it is, from 1, and how many there are at most. */
      readonly attempt: number;
      readonly of: number;
    }
  | ({ readonly type: 'table-done' } & TableReport)
  | ({ readonly type: 'table-failed' } & Failure)
  | {
      /** Something to know, about a table, a source, or the lake where neither is named. */
      readonly type: 'notice';
      readonly source?: string;
      readonly table?: string;
      readonly text: string;
    }
  | { readonly type: 'run-end'; readonly report: RunReport };

export type EventListener = (event: RunEvent) => void;

/** A table, or a whole source where `table` is absent, that failed; the lake keeps what it had of it. */
export interface Failure {
  readonly source: string;
  readonly table?: string;
  readonly error: PanoramaError;
}

/** The outcome of a run. */
export interface RunReport {
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly tables: readonly TableReport[];
  readonly failures: readonly Failure[];
  /** The exit code that stands for this outcome; see `docs/reference/errors.md`. */
  readonly exit: number;
}
