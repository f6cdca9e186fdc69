import type { Staged } from '../storage/storage.ts';
import type { LakeFile, TableState } from './table-state.ts';

/** Which table of the lake is meant. */
export interface TableKey {
  readonly basePrefix: string;
  readonly table: string;
}

/** A table as it is now; `token` stands for exactly this version. */
export interface CurrentTable {
  readonly key: TableKey;
  readonly state?: TableState;
  readonly token?: string;
}

/**
 * How a table's files are published. Nothing outside this room knows which layout is in use.
 * Every implementation passes `test/contracts/layout.ts`.
 */
export interface Layout {
  /** The current version of a table, with its schema and compare token. */
  load(key: TableKey): Promise<CurrentTable>;

  /** All tables that the lake knows. */
  tables(): Promise<TableKey[]>;

  /** The exact live files, from the state, never from a listing. */
  files(state: TableState): readonly LakeFile[];

  /**
   * The name under which a run writes the file of a partition.
   * @throws PanoramaError `partition-too-long`
   */
  place(
    state: Pick<TableState, 'basePrefix' | 'table' | 'format' | 'layout' | 'partitionFields'>,
    partition: readonly (string | null)[],
  ): string;

  /**
   * The only visible step: `next` becomes the current version, its staged files visible, files that `next` no
   * longer lists removed.
   * @throws PanoramaError `lake-conflict` when `current` is stale, `lock-lost` when the lock is; then nothing was changed
   */
  commit(current: CurrentTable, next: TableState, staged: readonly Staged[]): Promise<void>;

  /**
   * After a crash or an unknown answer: finishes a commit that had passed its commit point and removes what
   * never reached it. Idempotent. Each holder of the lock calls it before anything else.
   * @throws PanoramaError `lock-lost`
   */
  settle(): Promise<SettleReport>;

  /** Tables with a commit that was interrupted past its commit point, which {@link settle} finishes. */
  unfinished(): Promise<TableKey[]>;

  /** Removes files that no version needs any more; answers those that are left. @throws PanoramaError `lock-lost` */
  purge<File extends Pick<LakeFile, 'path'>>(files: readonly File[]): Promise<File[]>;
}

export interface SettleReport {
  /** Tables whose half-finished commit was completed. */
  readonly finished: readonly TableKey[];
}
