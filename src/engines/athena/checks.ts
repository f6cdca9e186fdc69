import { randomUUID } from 'node:crypto';

import { asPanoramaError, PanoramaError } from '../../errors.ts';
import type { LakeFile, TableState } from '../../lake/table-state.ts';
import { execute } from './execution.ts';
import { catalogFailure, statementFailure } from './failures.ts';
import { type AthenaOptions, type AthenaParts, openParts } from './options.ts';
import { syncPartitions } from './partitions.ts';
import { openResult } from './results.ts';
import { deleteTable, ensureTable } from './tables.ts';

/** Something that a run needs of Glue or Athena. */
export interface AthenaCheck {
  /** What is tried, for people; the rights of AWS that it takes. */
  readonly what: string;
  readonly rights: readonly string[];
  /** Answers what is wrong, or undefined. */
  run(): Promise<PanoramaError | undefined>;
}

/**
 * What a run needs of Glue and of the work group, one thing after the other; each can be asked by itself. They make a
 * table of a random name, whose folder in the lake stays empty, and remove it; "remove a table" is to be run even if
 * others fail.
 */
export function athenaChecks(options: AthenaOptions): readonly AthenaCheck[] {
  const parts = openParts({ ...options, tablePath: ({ table }) => `_panorama/${table}` });
  const { catalog } = parts;
  const table = `panorama_connection_test_${randomUUID().replaceAll('-', '')}`;
  const empty = probeState(table, ['id'], []);
  const wider = probeState(table, ['id', 'name'], []);
  const filled = (columns: readonly string[]): TableState => probeState(table, columns, ['a', 'b']);
  const register = (state: TableState): Promise<void> => ensureTable(catalog, state, false);
  const sync = (state: TableState): Promise<void> => syncPartitions(catalog, state, [], parts.folder);

  return [
    check('database', ['glue:GetDatabase'], () => findDatabase(parts)),
    check('list tables', ['glue:GetTables'], () => listTables(parts)),
    check('create a table', ['glue:GetTable', 'glue:CreateTable'], () => register(empty)),
    check('change a table', ['glue:UpdateTable'], async () => {
      await register(empty);
      await register(wider);
    }),
    check('add partitions', ['glue:GetPartitions', 'glue:BatchCreatePartition'], async () => {
      await register(wider);
      await sync(filled(['id']));
    }),
    check('change partitions', ['glue:BatchUpdatePartition'], () => sync(filled(['id', 'name']))),
    check('remove partitions', ['glue:BatchDeletePartition'], () => sync(wider)),
    check('remove a table', ['glue:DeleteTable'], () => deleteTable(catalog, table)),
    check('work group', ['athena:GetWorkGroup'], () => findWorkgroup(parts)),
    check(
      'run a query',
      ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults'],
      () => runQuery(parts),
    ),
  ];
}

function check(what: string, rights: readonly string[], act: () => Promise<void>): AthenaCheck {
  return {
    what,
    rights,
    run: () => act().then(() => undefined, asPanoramaError),
  };
}

/** A table of CSV files that nobody writes. */
function probeState(table: string, columns: readonly string[], partitions: readonly string[]): TableState {
  const files = partitions.map((value): LakeFile => ({
    path: `_panorama/${table}/part=${value}/${table}.csv`,
    partition: [value],
    rows: 0,
    bytes: 0,
    sha256: '',
    loadedAt: '',
  }));
  const fields = columns.map((name, i) => ({
    id: i + 1,
    name,
    type: { kind: 'text' } as const,
    nullable: true,
    private: false,
    declared: '',
  }));
  return {
    version: 1,
    table,
    basePrefix: '',
    rawName: table,
    viewName: table,
    registered: true,
    format: 'csv',
    fields,
    partitionFields: [{ id: 9, name: 'part', type: { kind: 'text' }, from: 'field' }],
    primaryKey: [],
    nextFieldId: 10,
    files,
    rejected: {},
  };
}

async function findDatabase({ catalog }: AthenaParts): Promise<void> {
  const { aws, database } = catalog;
  await aws.glue(`find the database ${database} in Glue`, (glue, options) =>
    glue.getDatabase({ Name: database }, options),
  );
}

async function listTables({ catalog }: AthenaParts): Promise<void> {
  const { aws, database } = catalog;
  await aws.glue(`list the tables of the database ${database} in Glue`, (glue, options) =>
    glue.getTables({ DatabaseName: database, MaxResults: 1 }, options),
  );
}

/** The work group is there, can be used and has a place for results. */
async function findWorkgroup({ group }: AthenaParts): Promise<void> {
  const { aws, workgroup, outputLocation } = group;
  const what = `find the work group ${workgroup} in Athena`;
  const { WorkGroup: found } = await aws
    .athena((athena, options) => athena.getWorkGroup({ WorkGroup: workgroup }, options))
    .catch((error: unknown) => {
      throw catalogFailure(what, error);
    });
  if (found?.State === 'DISABLED') {
    throw new PanoramaError('catalog-failed', `The work group ${workgroup} is disabled.`, {
      hint: 'Enable it in Athena, or name another one as datalake_workgroup.',
    });
  }
  const { ResultConfiguration: results, ManagedQueryResultsConfiguration: managed } =
    found?.Configuration ?? {};
  if (outputLocation === undefined && !results?.OutputLocation && managed?.Enabled !== true) {
    throw new PanoramaError(
      'catalog-failed',
      `The work group ${workgroup} has no place for results of queries.`,
      {
        hint: 'Set a query result location in the work group, in a bucket that you may write.',
      },
    );
  }
}

async function runQuery({ group }: AthenaParts): Promise<void> {
  const what = `run SELECT 1 in the work group ${group.workgroup}`;
  const execution = await execute(group, 'SELECT 1').catch((error: unknown) => {
    throw catalogFailure(what, error);
  });
  if (execution.state !== 'SUCCEEDED') throw statementFailure(what, execution.reason);
  await openResult(group.aws, execution);
}
