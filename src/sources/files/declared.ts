import { PanoramaError } from '../../errors.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { mysqlFieldType } from '../mysql-types.ts';

/** What the settings say of a table whose source has no types of its own. */
export interface DeclaredTable {
  readonly name: string;
  /** Its columns with their types in MySQL's names, `text` where there is none; absent: all that there are, as text. */
  readonly fields?: readonly { readonly name: string; readonly type?: string }[];
}

/**
 * A table of text with the types that the settings declare for some of its columns. Nothing is known to be never NULL.
 * @throws PanoramaError `settings-invalid` for a type of bytes, which text does not hold
 */
export function declaredSchema(
  table: string,
  columns: readonly string[],
  declared: DeclaredTable | undefined,
): TableSchema {
  const types = new Map(declared?.fields?.map(({ name, type }) => [name.toLowerCase(), type]));
  const fields = columns.map((name): Field => {
    const type = types.get(name.toLowerCase()) ?? 'text';
    const field: Field = { name, type: mysqlFieldType(type), nullable: true, declared: type };
    if (field.type.kind !== 'binary') return field;
    throw new PanoramaError(
      'settings-invalid',
      `Table ${table}: the column ${name} cannot be ${type}; its source holds text.`,
    );
  });
  return { table, fields, primaryKey: [] };
}

/** @throws PanoramaError `unknown-column` for a field of a request that the table does not have */
export function checkRequested(schema: TableSchema, fields: readonly Field[], where: string): void {
  for (const { name } of fields) {
    if (schema.fields.some((field) => field.name === name)) continue;
    throw new PanoramaError('unknown-column', `Table ${schema.table} of ${where} has no column ${name}.`);
  }
}

/**
 * Where the columns of a request are among those of a file. All files of a table have the same columns, in any order.
 * @throws PanoramaError made by `fail` for a file with other columns than the first one
 */
export function columnPlaces(
  columns: readonly string[],
  schema: TableSchema,
  fields: readonly Field[],
  fail: (message: string) => PanoramaError,
): readonly number[] {
  const places = new Map(columns.map((name, place) => [name.toLowerCase(), place]));
  const first = `the first file of table ${schema.table}`;
  const wanted = new Set(schema.fields.map(({ name }) => name.toLowerCase()));
  const missing = schema.fields.find(({ name }) => !places.has(name.toLowerCase()));
  if (missing !== undefined) throw fail(`there is no column ${missing.name}, which ${first} has`);
  const other = columns.find((name) => !wanted.has(name.toLowerCase()));
  if (other !== undefined) throw fail(`there is a column ${other}, which ${first} does not have`);
  return fields.map(({ name }) => places.get(name.toLowerCase())!);
}

/** The name of a column that has no heading. @param place from 0 */
export const numberedColumn = (place: number): string => `column_${place + 1}`;

/**
 * Names of columns from a row of headings: without blanks around them, `column_3` and so on where there is none.
 * @throws PanoramaError `file-syntax` made by `fail` where two are the same
 */
export function columnNames(
  headings: readonly string[],
  fail: (message: string) => PanoramaError,
): readonly string[] {
  const names = headings.map((heading, i) => heading.trim() || numberedColumn(i));
  const seen = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = seen.get(name.toLowerCase());
    if (before !== undefined) throw fail(`columns ${before + 1} and ${i + 1} are both named ${name}`);
    seen.set(name.toLowerCase(), i);
  }
  return names;
}
