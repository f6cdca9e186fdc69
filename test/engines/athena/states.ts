import type { PartitionField, TableState } from '../../../src/lake/table-state.ts';
import { tablePath } from '../../../src/lake/hive-layout.ts';
import { partitionFolder } from '../../../src/lake/escape.ts';
import { emptyState, field, partitionField } from '../lake.ts';

/** A base partition, as settings have it. */
export const basePartition = (id: number, name: string): PartitionField => ({
  ...partitionField(id, name),
  from: 'base',
});

/** A table of a lake; the files are those of the partitions, empty. */
export interface StateOptions extends Partial<Omit<TableState, 'files'>> {
  readonly partitions?: readonly (readonly (string | null)[])[];
  /** The folder of a partition below the table's; default: Hive's. */
  readonly folder?: (partition: readonly (string | null)[]) => string;
}

/** `people` with the columns id and name, in CSV, unless told otherwise. */
export function stateOf(options: StateOptions = {}): TableState {
  const { partitions, folder, ...rest } = options;
  const table = rest.table ?? 'people';
  const columns = [field(1, 'id', 'int32'), field(2, 'name')];
  const empty: TableState = { ...emptyState(table, columns), format: 'csv', ...rest };
  const hive = (partition: readonly (string | null)[]): string =>
    partition.map((value, i) => partitionFolder(empty.partitionFields[i]!.name, value)).join('/');
  return {
    ...empty,
    files: (partitions ?? (empty.partitionFields.length === 0 ? [[]] : [])).map((partition) => ({
      path: [tablePath(empty), (folder ?? hive)(partition), `${table}.${empty.format}`]
        .filter((part) => part !== '')
        .join('/'),
      partition,
      rows: 1,
      bytes: 1,
      sha256: '',
      loadedAt: '2026-01-01T00:00:00Z',
    })),
  };
}
