import { PanoramaError } from '../errors.ts';
import type { Field, TableSchema } from '../rows/field.ts';
import { mysqlFieldType } from '../sources/mysql-types.ts';

function field(name: string, declared: string, nullable: boolean): Field {
  return { name, type: mysqlFieldType(declared), nullable, declared };
}

/**
 * The table of the lake that lists the values of all other tables that became NULL, because the lake's types cannot
 * hold them. No source has it; it is partitioned by `table_name`, and each load of a table replaces its partition.
 */
export const REJECTED_TABLE: TableSchema = {
  table: 'panorama_rejected_values',
  fields: [
    field('column_name', 'varchar(64)', false),
    field('row_key', 'longtext', true),
    field('value', 'longtext', true),
    field('loaded_at', 'datetime(6)', false),
    field('table_name', 'varchar(64)', false),
  ],
  primaryKey: [],
};

/** True for the name of {@link REJECTED_TABLE}; catalogs do not tell upper from lower case. */
export function isRejectedTable(name: string): boolean {
  return name.toLowerCase() === REJECTED_TABLE.table;
}

/** @throws PanoramaError `settings-invalid` for a table of a source that would lie over that of this program */
export function guardRejectedTable(schema: TableSchema): void {
  if (schema === REJECTED_TABLE || !isRejectedTable(schema.table)) return;
  throw new PanoramaError(
    'settings-invalid',
    `The name of table ${schema.table} is taken: the lake lists rejected values under it.`,
    {
      hint: 'Rename the table in the source, or list the tables of the data source in the settings without it.',
    },
  );
}
