import type { ExpectedTable } from '../../src/contracts/source.ts';
import { type FieldKind, type FieldType, typeText } from '../../src/rows/field.ts';
import type { DeclaredTable } from '../../src/sources/files/declared.ts';

/** What files of text can hold of some tables: no bytes, no keys, and any cell may be NULL. */
export function textOnly(tables: readonly ExpectedTable[]): ExpectedTable[] {
  return tables
    .filter(({ fields }) => fields.every(([, type]) => type.kind !== 'binary'))
    .map((table) => ({
      ...table,
      primaryKey: [],
      fields: table.fields.map(([name, type]) => [name, type, true]),
    }));
}

const NAMES: Partial<Record<FieldKind, string>> = {
  boolean: 'bit',
  int32: 'int',
  int64: 'bigint',
  float32: 'float',
  float64: 'double',
  text: 'longtext',
  timestamp: 'datetime(6)',
};

/** How settings declare a type. */
const declaredName = (type: FieldType): string => NAMES[type.kind] ?? typeText(type);

/** How settings declare a table with all of its types. */
export const declaredTable = ({ table, fields }: ExpectedTable): DeclaredTable => ({
  name: table,
  fields: fields.map(([name, type]) => ({ name, type: declaredName(type) })),
});
