import type { Partition, PartitionError, PartitionInput } from '@aws-sdk/client-glue';

import { PanoramaError } from '../../errors.ts';
import type { LakeFile, TableState } from '../../lake/table-state.ts';
import { sideBySide } from '../../side-by-side.ts';
import { catalogName, samePlace, wantedTable } from './glue-table.ts';
import { partitionKey, partitionText, planPartitions, wantedPartitions } from './partition-plan.ts';
import type { Catalog } from './tables.ts';

/** The most partitions that Glue takes in one call. */
const CREATED_AT_ONCE = 100;
const UPDATED_AT_ONCE = 100;
const REMOVED_AT_ONCE = 25;

/** Calls in flight. */
const PARALLEL = 4;

/** From so many files on, the list of partitions is read in several parts side by side. */
const LONG_LIST = 2000;

/** See {@link Engine.syncPartitions}. @param folder the address of a file's folder */
export async function syncPartitions(
  catalog: Catalog,
  state: TableState,
  baseValues: readonly string[],
  folder: (file: LakeFile) => string,
): Promise<void> {
  if (state.partitionFields.length === 0) return;
  const location = catalog.location(state);
  const table = wantedTable(state, location);
  const wanted = wantedPartitions(state, baseValues, table, folder);
  const existing = await listPartitions(catalog, state);
  const plan = planPartitions(state, baseValues, wanted, existing.values(), location);
  const calls = [
    ...groups(plan.create, CREATED_AT_ONCE).map((part) => () => createPartitions(catalog, state, part)),
    ...groups(plan.update, UPDATED_AT_ONCE).map((part) => () => updatePartitions(catalog, state, part)),
    ...groups(plan.remove, REMOVED_AT_ONCE).map((part) => () => removePartitions(catalog, state, part)),
  ];
  await sideBySide(calls, PARALLEL, (call) => call());
}

/** All partitions of a table in the catalog, without their columns, by {@link partitionKey}. */
async function listPartitions(catalog: Catalog, state: TableState): Promise<Map<string, Partition>> {
  const segments = state.files.length < LONG_LIST ? 1 : PARALLEL;
  const partitions = new Map<string, Partition>();
  const readSegment = async (segment: number): Promise<void> => {
    let token: string | undefined;
    do {
      const request = {
        DatabaseName: catalog.database,
        TableName: catalogName(state.rawName),
        ExcludeColumnSchema: true,
        ...(segments > 1 && { Segment: { SegmentNumber: segment, TotalSegments: segments } }),
        ...(token !== undefined && { NextToken: token }),
      };
      const page = await catalog.aws.glue(
        `list the partitions of ${state.rawName} in Glue`,
        (glue, options) => glue.getPartitions(request, options),
      );
      for (const partition of page.Partitions ?? [])
        partitions.set(partitionKey(partition.Values ?? []), partition);
      token = page.NextToken;
    } while (token !== undefined && token !== '');
  };
  await sideBySide(Array(segments).keys(), PARALLEL, readSegment);
  return partitions;
}

async function createPartitions(
  catalog: Catalog,
  state: TableState,
  partitions: readonly PartitionInput[],
): Promise<void> {
  const what = `add partitions to ${state.rawName} in Glue`;
  const names = { DatabaseName: catalog.database, TableName: catalogName(state.rawName) };
  const { Errors = [] } = await catalog.aws.glue(what, (glue, options) =>
    glue.batchCreatePartition({ ...names, PartitionInputList: [...partitions] }, options),
  );
  const present = Errors.filter(({ ErrorDetail }) => ErrorDetail?.ErrorCode === 'AlreadyExistsException');
  refuse(
    what,
    state,
    Errors.filter((error) => !present.includes(error)),
  );
  if (present.length === 0) return;
  // Another run was quicker, or the answer to our own first attempt was lost.
  const answer = await catalog.aws.glue(what, (glue, options) =>
    glue.batchGetPartition(
      { ...names, PartitionsToGet: present.map(({ PartitionValues }) => ({ Values: PartitionValues })) },
      options,
    ),
  );
  const found = new Map((answer.Partitions ?? []).map((each) => [partitionKey(each.Values ?? []), each]));
  const wanted = new Map(
    partitions.map((each) => [partitionKey(each.Values!), each.StorageDescriptor!.Location!]),
  );
  const others = present.filter(({ PartitionValues = [] }) => {
    const location = found.get(partitionKey(PartitionValues))?.StorageDescriptor?.Location ?? '';
    return !samePlace(location, wanted.get(partitionKey(PartitionValues)) ?? '');
  });
  refuse(what, state, others);
}

async function updatePartitions(
  catalog: Catalog,
  state: TableState,
  partitions: readonly PartitionInput[],
): Promise<void> {
  const what = `change partitions of ${state.rawName} in Glue`;
  const request = {
    DatabaseName: catalog.database,
    TableName: catalogName(state.rawName),
    Entries: partitions.map((input) => ({ PartitionValueList: input.Values, PartitionInput: input })),
  };
  const { Errors = [] } = await catalog.aws.glue(what, (glue, options) =>
    glue.batchUpdatePartition(request, options),
  );
  const errors = Errors.map(({ PartitionValueList, ErrorDetail }) => ({
    ...(PartitionValueList && { PartitionValues: PartitionValueList }),
    ...(ErrorDetail && { ErrorDetail }),
  }));
  refuse(what, state, errors);
}

async function removePartitions(
  catalog: Catalog,
  state: TableState,
  partitions: readonly (readonly string[])[],
): Promise<void> {
  const what = `remove partitions of ${state.rawName} from Glue`;
  const request = {
    DatabaseName: catalog.database,
    TableName: catalogName(state.rawName),
    PartitionsToDelete: partitions.map((values) => ({ Values: [...values] })),
  };
  const { Errors = [] } = await catalog.aws.glue(what, (glue, options) =>
    glue.batchDeletePartition(request, options),
  );
  const gone = (error: PartitionError): boolean => error.ErrorDetail?.ErrorCode === 'EntityNotFoundException';
  refuse(
    what,
    state,
    Errors.filter((error) => !gone(error)),
  );
}

/** Calls that work on many partitions succeed although some of them failed, and list those. */
function refuse(what: string, state: TableState, errors: readonly PartitionError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const which = partitionText(state.partitionFields, first.PartitionValues ?? []);
  const { ErrorCode = 'unknown error', ErrorMessage = 'no reason given' } = first.ErrorDetail ?? {};
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  const denied = /AccessDenied/.test(ErrorCode);
  throw new PanoramaError(
    denied ? 'catalog-denied' : 'catalog-failed',
    `Could not ${what}: ${which}${more}: ${ErrorMessage} (${ErrorCode})`,
  );
}

function groups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
