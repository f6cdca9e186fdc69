import { randomUUID } from 'node:crypto';

import { type Check, check } from '../../check.ts';
import { PanoramaError } from '../../errors.ts';
import type { LakeFile, TableState } from '../../lake/table-state.ts';
import { execute } from './execution.ts';
import { catalogFailure, statementFailure } from './failures.ts';
import { type AthenaOptions, type AthenaParts, openParts } from './options.ts';
import { syncPartitions } from './partitions.ts';
import { openResult } from './results.ts';
import { deleteTable, ensureTable } from './tables.ts';

/**
 * What a run needs of Glue and of the work group, one thing after the other; each can be asked by itself. They make a
 * table of a random name, whose folder in the lake stays empty, and remove it; "remove a table" is to be run even if
 * others fail.
 */
export function athenaChecks(options: AthenaOptions): readonly Check[] {
  const parts = openParts({ ...options, tablePath: ({ table }) => `_panorama/${table}` });
  const { catalog } = parts;
  const { database, workgroup } = options;
  const table = `panorama_check_${randomUUID().replaceAll('-', '')}`;
  const empty = probeState(table, ['id'], []);
  const wider = probeState(table, ['id', 'name'], []);
  const filled = (columns: readonly string[]): TableState => probeState(table, columns, ['a', 'b']);
  const sync = (state: TableState): Promise<void> => syncPartitions(catalog, state, [], parts.folder);

  return [
    check(`find the database ${database}`, () => findDatabase(parts), ['glue:GetDatabase']),
    check('create a table', () => ensureTable(catalog, empty), ['glue:GetTable', 'glue:CreateTable']),
    check(
      'change a table',
      async () => {
        await ensureTable(catalog, empty);
        await ensureTable(catalog, wider);
      },
      ['glue:UpdateTable'],
    ),
    check(
      'add partitions',
      async () => {
        await ensureTable(catalog, wider);
        await sync(filled(['id']));
      },
      ['glue:GetPartitions', 'glue:BatchCreatePartition'],
    ),
    check('change partitions', () => sync(filled(['id', 'name'])), ['glue:BatchUpdatePartition']),
    check('remove partitions', () => sync(wider), ['glue:BatchDeletePartition']),
    check('remove a table', () => deleteTable(catalog, table), ['glue:DeleteTable']),
    check(`find the work group ${workgroup}`, () => findWorkgroup(parts), ['athena:GetWorkGroup']),
    check('run a query', () => runQuery(parts), [
      'athena:StartQueryExecution',
      'athena:GetQueryExecution',
      'athena:GetQueryResults',
    ]),
  ];
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

/** The work group is there, can be used and has a place for results. */
async function findWorkgroup({ group }: AthenaParts): Promise<void> {
  const { aws, workgroup, outputLocation } = group;
  const what = `find the work group ${workgroup} in Athena`;
  const { WorkGroup: found } = await aws
    .athena((athena, options) => athena.getWorkGroup({ WorkGroup: workgroup }, options))
    .catch((error: unknown) => {
      throw catalogFailure(what, error);
    });
  if (found === undefined) throw new PanoramaError('catalog-failed', `There is no work group ${workgroup}.`);
  if (found.State === 'DISABLED') {
    throw new PanoramaError('catalog-failed', `The work group ${workgroup} is disabled.`, {
      hint: 'Enable it in Athena, or name another one as datalake_workgroup.',
    });
  }
  const { ResultConfiguration: results, ManagedQueryResultsConfiguration: managed } =
    found.Configuration ?? {};
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
  await (await openResult(group.aws, execution)).close();
}
