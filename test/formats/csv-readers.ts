import { viewSelect } from '../../src/engines/duckdb/views.ts';
import type { FileField } from '../../src/formats/format.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { emptyState } from '../engines/lake.ts';
import { opencsvAvailable } from '../servers/opencsv-jars.ts';
import { expectedCell } from './expected.ts';
import { OPENCSV_VERSIONS, readWithOpencsv } from './opencsv.ts';
import { duckdbQueryFile, type Rows, withFile } from './parquet-readers.ts';

type Read = (bytes: Uint8Array, fields: readonly FileField[]) => Promise<Rows>;

/** The readers of CSV files: the raw view of our own lake, and what Hive finds. */
export function csvReaders(): Record<string, Read> {
  const readers: Record<string, Read> = { view: readWithView };
  if (opencsvAvailable()) {
    for (const version of OPENCSV_VERSIONS)
      readers[`opencsv ${version}`] = (bytes, fields) => readAsHive(version, bytes, fields);
  }
  return readers;
}

/**
 * What a reader gives for a cell: a line end in a text is two characters, and a text or bytes that are NULL are empty
 * for opencsv, which does not tell whether a field had quotes.
 */
export function arrives(reader: string, type: FieldType, cell: string | null): string | null {
  if (cell === null) return reader !== 'view' && staysEmpty(type) ? '' : null;
  return type.kind === 'text' ? cell.replaceAll('\n', '\\n').replaceAll('\r', '\\r') : cell;
}

const staysEmpty = (type: FieldType): boolean => type.kind === 'text' || type.kind === 'binary';

/** The text of a field in the spelling of expected.ts. */
function spelled(type: FieldType, text: string): string {
  return type.kind === 'binary' ? text : expectedCell(type, text)!;
}

function readWithView(bytes: Uint8Array, fields: readonly FileField[]): Promise<Rows> {
  return withFile(bytes, async (path) => {
    const columns = fields.map((field) => ({ ...field, declared: '' }));
    const file = { path, partition: [], rows: 0, bytes: bytes.length, sha256: '', loadedAt: '' };
    const state = { ...emptyState('t', columns), format: 'csv' as const, files: [file] };
    // As hexadecimal, for DuckDB's library for Node leaves out a byte order mark at the start of a text.
    const view = `SELECT hex(COLUMNS(*)) FROM (${viewSelect(state, 'raw', () => path)})`;
    const rows = (await duckdbQueryFile(path, view)) as Rows;
    return rows.map((row) =>
      row.map((cell, i) =>
        cell === null ? null : spelled(fields[i]!.type, Buffer.from(cell, 'hex').toString()),
      ),
    );
  });
}

async function readAsHive(
  version: (typeof OPENCSV_VERSIONS)[number],
  bytes: Uint8Array,
  fields: readonly FileField[],
): Promise<Rows> {
  const [header, ...rows] = await readWithOpencsv(version, bytes);
  if (header?.join() !== fields.map(({ name }) => name).join()) throw new Error('header');
  return rows.map((row) =>
    // The record of a lone column that is NULL is empty and has no field.
    (row ?? ['']).map((text, i) => {
      const { type } = fields[i]!;
      return text === '' && !staysEmpty(type) ? null : spelled(type, text);
    }),
  );
}
