import type { Engine, EngineCapabilities } from '../engine.ts';
import { execute } from './execution.ts';
import { catalogFailure, errorName, queryFailure, reasonOf } from './failures.ts';
import { type AthenaOptions, openParts } from './options.ts';
import { syncPartitions } from './partitions.ts';
import { openResult } from './results.ts';
import { readingStatement } from './statement.ts';
import { deleteTable, ensureTable, hasOurTable } from './tables.ts';
import { athenaTypes } from './types.ts';
import { dropDerivedView, dropView, replaceDerivedView, replaceView } from './views.ts';

const capabilities: EngineCapabilities = {
  dialect: 'trino',
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
  const { catalog, group, folder } = openParts(options);
  const { signal: ends } = options;

  return {
    name: 'athena',
    capabilities,
    types: athenaTypes,
    ensureTable: (state) => ensureTable(catalog, state),
    syncPartitions: (state, baseValues) => syncPartitions(catalog, state, baseValues, folder),
    replaceViews: (state) => replaceView(catalog, group, state, ends),
    replaceDerivedView: (view) => replaceDerivedView(catalog, group, view, ends),
    dropDerivedView: (view) => dropDerivedView(catalog, group, view, ends),

    async drop(state) {
      const isThere = await hasOurTable(catalog, state);
      await dropView(catalog, group, state, ends);
      if (isThere) await deleteTable(catalog, state.rawName);
    },

    async query(sql, queryOptions = {}) {
      const signal = anySignal(ends, queryOptions.signal);
      const statement = readingStatement(sql);
      const execution = await execute(group, statement, signal).catch((error: unknown) => {
        if (errorName(error) === 'InvalidRequestException') throw queryFailure(reasonOf(error));
        throw catalogFailure('run the query in Athena', error, signal);
      });
      if (execution.state !== 'SUCCEEDED') throw queryFailure(execution.reason);
      return openResult(group.aws, execution, signal);
    },

    close: async () => group.aws.close(),
  };
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const present = signals.filter((signal) => signal !== undefined);
  return present.length < 2 ? present[0] : AbortSignal.any(present);
}
