import { posix } from 'node:path';

import type { LakeFile, TableState } from '../../lake/table-state.ts';
import type { Engine, EngineCapabilities } from '../engine.ts';
import { type AwsAccess, openAws } from './clients.ts';
import { execute, type Workgroup } from './execution.ts';
import { catalogFailure, errorName, queryFailure, reasonOf } from './failures.ts';
import { syncPartitions } from './partitions.ts';
import { openResult } from './results.ts';
import { readingStatement } from './statement.ts';
import { type Catalog, dropTable, ensureTable } from './tables.ts';
import { athenaTypes } from './types.ts';
import { dropView, replaceView } from './views.ts';

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
  /** A table of ours whose format or partition columns are others is made anew; else it is refused. */
  readonly replace?: boolean;
}

const capabilities: EngineCapabilities = {
  keepsCatalog: true,
  emptyPartitionText: false,
  emptyCsvText: false,
  columnsById: [],
  foldsCase: true,
  // Those of Parquet files; a CSV lake keeps six.
  timestampDigits: 3,
};

/**
 * Amazon Athena over a lake in S3. Tables and partitions are written through the Glue API, in few calls and only
 * where something differs; views and queries are statements that Athena runs. Every answer is waited for, and a
 * failure has AWS's own reason. Making the engine costs nothing; the SDK is loaded at the first call.
 */
export function athenaEngine(options: AthenaOptions): Engine {
  const aws = openAws(options);
  const { database, workgroup, outputLocation, locate, tablePath, replace = false } = options;
  const catalog: Catalog = { aws, database, location: (state) => `${locate(tablePath(state))}/` };
  const group: Workgroup = {
    aws,
    database,
    workgroup,
    ...(outputLocation !== undefined && { outputLocation }),
  };
  const folder = (file: LakeFile): string => `${locate(posix.dirname(file.path))}/`;

  return {
    name: 'athena',
    capabilities,
    types: athenaTypes,
    ensureTable: (state) => ensureTable(catalog, state, replace),
    syncPartitions: (state, baseValues) => syncPartitions(catalog, state, baseValues, folder),
    replaceViews: (state) => replaceView(catalog, group, state, options.signal),

    async drop(state) {
      await dropView(catalog, group, state, options.signal);
      await dropTable(catalog, state);
    },

    async query(sql, queryOptions = {}) {
      const signal = anySignal(options.signal, queryOptions.signal);
      const statement = readingStatement(sql);
      const execution = await execute(group, statement, signal).catch((error: unknown) => {
        if (errorName(error) === 'InvalidRequestException') throw queryFailure(reasonOf(error));
        throw catalogFailure('run the query in Athena', error, signal);
      });
      if (execution.state !== 'SUCCEEDED') throw queryFailure(execution.reason);
      return openResult(aws, execution, signal);
    },

    close: async () => aws.close(),
  };
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const present = signals.filter((signal) => signal !== undefined);
  return present.length < 2 ? present[0] : AbortSignal.any(present);
}
