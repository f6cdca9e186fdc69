import { BytesColumn } from './bytes-column.ts';
import type { ColumnContext, ColumnWriter } from './chunk.ts';
import { FixedColumn } from './fixed.ts';
import type { FileColumn } from './schema.ts';

/** The writer for a column's type. */
export function columnWriter(column: FileColumn, context: ColumnContext): ColumnWriter {
  const { type, nullable } = column.field;
  const bounds = !column.field.private;
  if (type.kind === 'text' || type.kind === 'binary') {
    return new BytesColumn(context, type.kind === 'text', nullable, bounds && type.kind === 'text');
  }
  return new FixedColumn(context, type, column.type.width, nullable, bounds);
}
