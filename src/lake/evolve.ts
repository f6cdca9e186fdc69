import { PanoramaError } from '../errors.ts';
import { type FieldType, sameType, typeText } from '../rows/field.ts';
import type { LakeField, PartitionField, TableState } from './table-state.ts';

/** A column as a load wants it in the lake, before it has a number. */
export interface WantedField {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
  readonly declared: string;
  readonly private: boolean;
}

export interface WantedPartition {
  readonly name: string;
  readonly type: FieldType;
  readonly from: 'base' | 'field';
}

/** What a load wants a table to look like. */
export interface WantedTable {
  readonly table: string;
  readonly fields: readonly WantedField[];
  readonly partitionFields: readonly WantedPartition[];
}

export interface EvolvedColumns {
  readonly fields: readonly LakeField[];
  readonly partitionFields: readonly PartitionField[];
  readonly nextFieldId: number;
}

/**
 * Gives every column its permanent number: a column that the table has keeps it, a new one gets the next.
 *
 * `othersStay` says that files of other installations (other base partitions) stay in the table; then columns
 * that only they have remain, new ones stand at the end, for Hive, Trino and Athena find the columns of CSV files by
 * their position, and a changed type is always refused, for their files could not be read with it.
 * @throws PanoramaError `guard-schema` for a column whose type changed or that disappeared, unless
 *   `allowChange`; a partitioning that changed is refused while others stay
 */
export function evolveColumns(
  wanted: WantedTable,
  current: TableState | undefined,
  options: { othersStay: boolean; allowChange: boolean },
): EvolvedColumns {
  let nextFieldId = current?.nextFieldId ?? 1;
  const known = new Map((current?.fields ?? []).map((field) => [field.name.toLowerCase(), field]));
  const knownPartitions = new Map(
    (current?.partitionFields ?? []).map((field) => [field.name.toLowerCase(), field]),
  );
  const changes: string[] = [];

  const fields = wanted.fields.map((field): LakeField => {
    const old = known.get(field.name.toLowerCase());
    known.delete(field.name.toLowerCase());
    if (old !== undefined && sameType(old.type, field.type)) return { ...field, id: old.id };
    if (old !== undefined)
      changes.push(`${field.name} was ${typeText(old.type)} and is ${typeText(field.type)}`);
    return { ...field, id: nextFieldId++ };
  });
  const partitionFields = wanted.partitionFields.map((field): PartitionField => {
    const old = knownPartitions.get(field.name.toLowerCase());
    return { ...field, id: old !== undefined && sameType(old.type, field.type) ? old.id : nextFieldId++ };
  });

  const typeChanges = changes.length;
  if (options.othersStay) {
    fields.push(...known.values());
    const places = new Map((current?.fields ?? []).map((field, i) => [field.name.toLowerCase(), i]));
    const placeOf = ({ name }: LakeField): number => places.get(name.toLowerCase()) ?? places.size;
    fields.sort((a, b) => placeOf(a) - placeOf(b));
  } else {
    const moved = new Set(wanted.partitionFields.map((field) => field.name.toLowerCase()));
    for (const [name, old] of known) if (!moved.has(name)) changes.push(`${old.name} is gone`);
  }

  if (
    current !== undefined &&
    options.othersStay &&
    !samePartitioning(current.partitionFields, partitionFields)
  ) {
    refuse(
      wanted.table,
      ['the partition columns differ from those of the files of other installations'],
      true,
    );
  }
  if (changes.length > 0 && (!options.allowChange || (options.othersStay && typeChanges > 0))) {
    refuse(wanted.table, changes, options.othersStay && typeChanges > 0);
  }
  return { fields, partitionFields, nextFieldId };
}

function refuse(table: string, changes: readonly string[], othersStay: boolean): never {
  const message = `The columns of table ${table} changed: ${changes.join('; ')}.`;
  throw new PanoramaError(
    'guard-schema',
    message,
    othersStay
      ? {
          hint: 'Files of other installations in this table need the old columns. Load this one under another base_prefix or table name.',
        }
      : {},
  );
}

function samePartitioning(a: readonly PartitionField[], b: readonly PartitionField[]): boolean {
  return (
    a.length === b.length && a.every((field, i) => field.name === b[i]!.name && field.from === b[i]!.from)
  );
}
