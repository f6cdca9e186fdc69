import type { Partition, PartitionInput, TableInput } from '@aws-sdk/client-glue';

import { PanoramaError } from '../../errors.ts';
import { NULL_PARTITION } from '../../lake/escape.ts';
import type { LakeFile, PartitionField, TableState } from '../../lake/table-state.ts';
import { partitionDescriptor, samePlace, SCHEMA_MARK, schemaMark, withSlash } from './glue-table.ts';

/** What to send so that the catalog lists the partitions of a state. */
export interface PartitionPlan {
  readonly create: readonly PartitionInput[];
  readonly update: readonly PartitionInput[];
  /** Values of partitions that have no file any more. */
  readonly remove: readonly (readonly string[])[];
}

/** A state's partitions as the catalog should have them, by {@link partitionKey}. */
export type WantedPartitions = ReadonlyMap<string, PartitionInput>;

/** One text for the values of a partition. */
export function partitionKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

/**
 * A partition's value in the catalog. NULL has Hive's name there. So has the empty text: Glue takes no empty
 * value, and Hive writes the empty text as NULL too.
 */
export function catalogValue(value: string | null): string {
  return value === null || value === '' ? NULL_PARTITION : value;
}

/**
 * The partitions of a state that begin with these base values.
 * @param wanted the table, see `wantedTable`
 * @param folder the address of a file's folder
 * @throws PanoramaError `unsupported` where the catalog could not tell two of them apart
 */
export function wantedPartitions(
  state: TableState,
  baseValues: readonly string[],
  wanted: TableInput,
  folder: (file: LakeFile) => string,
): WantedPartitions {
  const mark = schemaMark(wanted);
  const partitions = new Map<string, PartitionInput>();
  for (const file of state.files) {
    const values = file.partition.map(catalogValue);
    if (!beginsWith(values, baseValues)) continue;
    const location = withSlash(folder(file));
    const other = partitions.get(partitionKey(values));
    if (other !== undefined && other.StorageDescriptor!.Location !== location) {
      throw new PanoramaError(
        'unsupported',
        `The table ${state.table} has two partitions that Athena cannot tell apart: NULL and the empty text of ${undecidedColumns(state.partitionFields, values)}.`,
        { hint: 'Partition the table by another column, or let the source have only one of the two.' },
      );
    }
    partitions.set(partitionKey(values), {
      Values: values,
      StorageDescriptor: partitionDescriptor(wanted, location),
      Parameters: { [SCHEMA_MARK]: mark },
    });
  }
  refuseNested(state, partitions);
  return partitions;
}

/**
 * Compares with what the catalog has. Partitions of other base values are left alone, and so are those outside of
 * the table's folder.
 * @throws PanoramaError `catalog-foreign` where such a one has the values of ours
 */
export function planPartitions(
  state: TableState,
  baseValues: readonly string[],
  wanted: WantedPartitions,
  existing: Iterable<Partition>,
  tableLocation: string,
): PartitionPlan {
  const update: PartitionInput[] = [];
  const remove: string[][] = [];
  const missing = new Map(wanted);
  for (const partition of existing) {
    const values = partition.Values ?? [];
    if (!beginsWith(values, baseValues)) continue;
    const location = partition.StorageDescriptor?.Location ?? '';
    const input = wanted.get(partitionKey(values));
    missing.delete(partitionKey(values));
    if (!withSlash(location).startsWith(withSlash(tableLocation))) {
      if (input !== undefined) throw foreignPartition(state, values);
    } else if (input === undefined) {
      remove.push(values);
    } else if (!isAsWanted(partition, input)) {
      update.push({ ...input, Parameters: { ...partition.Parameters, ...input.Parameters } });
    }
  }
  return { create: [...missing.values()], update, remove };
}

function isAsWanted(partition: Partition, input: PartitionInput): boolean {
  return (
    samePlace(partition.StorageDescriptor?.Location ?? '', input.StorageDescriptor!.Location!) &&
    partition.Parameters?.[SCHEMA_MARK] === input.Parameters![SCHEMA_MARK]
  );
}

/**
 * A partition for a message: `lms=lms.example.com, course_id=course-v1:A+B+C`. Values of other columns of the
 * source may be data of learners and are left out.
 */
export function partitionText(fields: readonly PartitionField[], values: readonly string[]): string {
  return fields
    .map(({ name, from }, i) => {
      const value = values[i] ?? '';
      const shown = from === 'base' || /^(?:course_id|course_key)$/i.test(name) || value === NULL_PARTITION;
      return `${name}=${shown ? value : '…'}`;
    })
    .join(', ');
}

function beginsWith(values: readonly string[], baseValues: readonly string[]): boolean {
  return baseValues.every((base, i) => values[i] === catalogValue(base));
}

function undecidedColumns(fields: readonly PartitionField[], values: readonly string[]): string {
  return fields
    .filter((_, i) => values[i] === NULL_PARTITION)
    .map(({ name }) => name)
    .join(', ');
}

/** Athena reads a partition's folder with all folders below: rows of a nested one would count twice. */
function refuseNested(state: TableState, partitions: WantedPartitions): void {
  const places = [...partitions.values()].map((partition) => ({
    location: partition.StorageDescriptor!.Location!,
    values: partition.Values!,
  }));
  places.sort((a, b) => (a.location < b.location ? -1 : 1));
  for (const [i, inner] of places.entries()) {
    const outer = places[i - 1];
    if (outer !== undefined && inner.location.startsWith(outer.location)) {
      const [outside, inside] = [outer, inner].map(({ values }) =>
        partitionText(state.partitionFields, values),
      );
      throw new PanoramaError(
        'unsupported',
        `The folder of the partition ${inside} of ${state.table} lies inside that of ${outside}; Athena would read its rows twice.`,
        { hint: 'Use layout: hive, which escapes the slash in partition values.' },
      );
    }
  }
}

function foreignPartition(state: TableState, values: readonly string[]): PanoramaError {
  return new PanoramaError(
    'catalog-foreign',
    `The table ${state.rawName} in the catalog has its partition ${partitionText(state.partitionFields, values)} outside of its folder.`,
    {
      hint: 'It was not changed. Remove that partition yourself, or give the table another datalake_table_name.',
    },
  );
}
