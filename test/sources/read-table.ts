import { collectRows, type Rows } from '../../src/contracts/source.ts';
import type { Source } from '../../src/sources/source.ts';

/** Columns and rows of a table, its cells as text. */
export interface ReadTable {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: Rows;
}

/** A table of a source by its name, or the only one. */
export async function readTable(source: Source, table?: string): Promise<ReadTable> {
  const session = await source.open();
  try {
    const name = table ?? (await session.tables())[0]!;
    const { fields } = await session.describe(name);
    const rows = await collectRows(session.read({ table: name, fields }));
    return {
      columns: fields.map((field) => field.name),
      types: fields.map((field) => field.type.kind),
      rows: rows.map((row) =>
        row.map((cell) => (cell === null ? null : Buffer.from(cell, 'latin1').toString())),
      ),
    };
  } finally {
    await session.close();
  }
}
