import { knownColumnType } from '../../openedx/column-types.ts';
import type { DeclaredTable } from '../files/declared.ts';
import type { ParsedTable } from './create-table.ts';

/**
 * What is known of a table whose rows come without a CREATE TABLE: its columns have the types that the settings declare,
 * else those that Open edX gives them, else they are text.
 */
export function typedColumns(
  table: string,
  columns: readonly string[],
  declared: DeclaredTable | undefined,
): Required<DeclaredTable> {
  const types = new Map(declared?.fields?.map(({ name, type }) => [name.toLowerCase(), type]));
  return {
    name: table,
    fields: columns.map((name) => {
      const type = types.get(name.toLowerCase()) ?? knownColumnType(table, name);
      return type === undefined ? { name } : { name, type };
    }),
  };
}

/** A table of which only inserted rows are there. */
export function impliedTable(
  { name, fields }: Required<DeclaredTable>,
  database: string | undefined,
): ParsedTable {
  return {
    database,
    name,
    primaryKey: [],
    columns: fields.map((field) => ({
      name: field.name,
      declared: field.type ?? 'text',
      nullable: true,
      generated: false,
      charset: undefined,
      default: undefined,
    })),
  };
}
