import type { Path } from './document.ts';
import { resolvePath } from './paths.ts';
import { present } from './present.ts';
import type { RawTable } from './schema.ts';
import type { FieldSettings, PartitionSettings, TableSettings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** Paths of files, folders or patterns, absolute. */
export function locations(written: string | readonly string[], { paths }: Surroundings): string[] {
  return [written].flat().map((file) => resolvePath(file, paths));
}

/** Keys of a table that only some kinds of source know. */
const KIND_KEYS = { location: 'csv', sheet: 'xls' } as const;

/** The tables of a source of some type; `at` is the source's place in the file. */
export function normaliseTables(
  raw: readonly RawTable[] | undefined,
  type: string,
  at: Path,
  around: Surroundings,
): TableSettings[] | undefined {
  if (raw === undefined) return undefined;
  for (const [i, table] of raw.entries())
    for (const key of ['location', 'sheet'] as const)
      if (table[key] !== undefined && type !== KIND_KEYS[key])
        around.fault(
          [...at, 'tables', i, key],
          `only tables of a source of type ${KIND_KEYS[key]} have this key`,
        );
  const place = [...at, 'tables'];
  noteRepeated(
    raw.map(({ name }) => name),
    place,
    'another table of this data source has this name already',
    around,
  );
  return raw.map((table, i) => normaliseTable(table, [...place, i], around));
}

function normaliseTable(raw: RawTable, at: Path, around: Surroundings): TableSettings {
  const fields = raw.fields?.map((field): FieldSettings =>
    typeof field === 'string' ? { name: field } : present(field),
  );
  // Column names of MySQL do not tell upper from lower case.
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  const column = 'this column is listed twice';
  if (fields !== undefined)
    noteRepeated(lower(fields.map(({ name }) => name)), [...at, 'fields'], column, around);
  if (raw.partitions !== undefined) {
    noteRepeated(
      lower(raw.partitions.partition_fields),
      [...at, 'partitions', 'partition_fields'],
      column,
      around,
    );
  }
  return {
    name: raw.name,
    ...present({
      location: raw.location === undefined ? undefined : locations(raw.location, around),
      sheet: raw.sheet,
      datalakeTableName: raw.datalake_table_name,
      datalakeTableView: raw.datalake_table_view,
      fields,
      partitions: raw.partitions === undefined ? undefined : normalisePartitions(raw.partitions),
      exclude: raw.exclude,
    }),
  };
}

/** The keys of a table that the flat shape has without naming it, as a file with sections would have them. */
export function tableKeys({ name, datalakeTableName, fields }: TableSettings) {
  return {
    name,
    datalake_table_name: datalakeTableName ?? name,
    fields: (fields ?? []).map((field) => field.name),
  };
}

function normalisePartitions(raw: NonNullable<RawTable['partitions']>): PartitionSettings {
  return {
    partitionFields: raw.partition_fields,
    ...present({ interval: raw.interval, timestampField: raw.timestamp_field }),
  };
}

function noteRepeated(names: readonly string[], at: Path, text: string, around: Surroundings): void {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (seen.has(name)) around.fault([...at, i], text);
    seen.add(name);
  }
}
