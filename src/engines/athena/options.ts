import { posix } from 'node:path';

import type { LakeFile, TableState } from '../../lake/table-state.ts';
import { type AwsAccess, openAws } from './clients.ts';
import type { Workgroup } from './execution.ts';
import type { Catalog } from './tables.ts';

/** What an Athena engine works with. */
export interface AthenaOptions extends AwsAccess {
  /** The database in Glue; it must be there. */
  readonly database: string;
  /** The work group in which statements run. */
  readonly workgroup: string;
  /** Where results go when the work group does not say it, e.g. `s3://bucket/results/`. */
  readonly outputLocation?: string;
  /** The address of an object of the lake as S3 has its key, e.g. `s3://bucket/openedx/auth_user/auth_user.csv`. */
  readonly locate: (name: string) => string;
  /** The folder of a table, relative to the root of the lake. */
  readonly tablePath: (state: TableState) => string;
}

/** What the options come to. */
export interface AthenaParts {
  readonly catalog: Catalog;
  readonly group: Workgroup;
  /** The address of a file's folder, with a slash at its end. */
  readonly folder: (file: LakeFile) => string;
}

export function openParts(options: AthenaOptions): AthenaParts {
  const aws = openAws(options);
  const { database, workgroup, outputLocation, locate, tablePath } = options;
  return {
    catalog: { aws, database, location: (state) => `${locate(tablePath(state))}/` },
    group: { aws, database, workgroup, ...(outputLocation !== undefined && { outputLocation }) },
    folder: (file) => `${locate(posix.dirname(file.path))}/`,
  };
}
