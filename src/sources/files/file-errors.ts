import type { ErrorCode } from '../../errors.ts';

/** What the errors about the files of a kind of source are called. */
export interface FileErrors {
  /** A file that cannot be opened or read. */
  readonly unreadable: ErrorCode;
  /** A file that ends before its end. */
  readonly truncated: ErrorCode;
  /** Something in a file that cannot be understood. */
  readonly syntax: ErrorCode;
}

export const DUMP_FILES: FileErrors = {
  unreadable: 'dump-unreadable',
  truncated: 'dump-truncated',
  syntax: 'dump-syntax',
};

/** CSV files and workbooks: what is wrong with one of them is no reason to distrust the others. */
export const DATA_FILES: FileErrors = {
  unreadable: 'file-unreadable',
  truncated: 'file-truncated',
  syntax: 'file-syntax',
};
