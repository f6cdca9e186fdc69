import type { Entry } from './entry.ts';

/** A column as settings name it. */
export interface SettingsColumn {
  readonly name: string;
  /** The bare name of its type, e.g. `bigint`. Absent where the source has none to tell. */
  readonly type?: string;
}

/** The columns of a table in its source, in their order. */
export interface TableFields {
  readonly table: string;
  readonly columns: readonly SettingsColumn[];
}

/** A field as a settings file has it: a name, or keys. */
type FieldTree = string | Readonly<Record<string, string | null>>;

/** What becomes of a list of fields. */
interface FieldsPlan {
  /** Positions of entries whose columns the source has no more. */
  readonly remove: ReadonlySet<number>;
  /** New types of entries. */
  readonly types: readonly { readonly index: number; readonly type: string }[];
  readonly add: readonly Entry[];
  /** The list as it will be. */
  readonly result: readonly FieldTree[];
}

/**
 * Compares the fields of a table with the columns of its source. Constants, which have a `value`, are not the
 * source's; a type stays where it is that of the source in other letters or with a length.
 * @param exclude names of columns that the table leaves out, in lower case
 * @param asNames new entries are names without types
 */
export function fieldsPlan(
  old: readonly FieldTree[],
  columns: readonly SettingsColumn[],
  exclude: readonly string[],
  asNames: boolean,
): FieldsPlan {
  const remove = new Set<number>();
  const types: { index: number; type: string }[] = [];
  const kept: FieldTree[] = [];
  const seen = new Set(exclude);
  for (const [index, field] of old.entries()) {
    const name = nameOf(field).toLowerCase();
    const column = columns.find((candidate) => candidate.name.toLowerCase() === name);
    seen.add(name);
    if (typeof field !== 'string' && Object.hasOwn(field, 'value')) kept.push(field);
    else if (column === undefined) remove.add(index);
    else if (typeof field === 'string' || column.type === undefined || bare(field['type']) === column.type) {
      kept.push(field);
    } else {
      types.push({ index, type: column.type });
      kept.push({ ...field, type: column.type });
    }
  }
  const add = columns
    .filter(({ name }) => !seen.has(name.toLowerCase()))
    .map(({ name, type }): Record<string, string> | string =>
      asNames ? name : { name, ...(type === undefined ? {} : { type }) },
    );
  return { remove, types, add, result: [...kept, ...add] };
}

function nameOf(field: FieldTree): string {
  return typeof field === 'string' ? field : String(field['name']);
}

/** `VARCHAR(255)` as `varchar`. */
function bare(type: string | null | undefined): string | undefined {
  return /^\s*([a-z_0-9]+)/i.exec(type ?? '')?.[1]?.toLowerCase();
}
