import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Decoder } from '@toondepauw/node-zstd';
import { parquetMetadata, parquetRead } from 'hyparquet';
import type { FileField } from '../../src/formats/format.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { dateText, floatText, timestampText, unscaledText } from './expected.ts';
import { testPython } from '../servers/python.ts';
import { pyarrowFile, pyarrowText } from './pyarrow.ts';

/** Rows of cells in the spelling of expected.ts. */
export type Rows = (string | null)[][];

let connection: Promise<DuckDBConnection> | undefined;

/** Lends a file of these bytes. */
export async function withFile<T>(bytes: Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'panorama-format-'));
  try {
    const file = join(directory, 'file');
    writeFileSync(file, bytes);
    return await use(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The answer of DuckDB to a query in which `$file` stands for a Parquet file. */
export async function duckdbQueryFile(file: string, sql: string): Promise<unknown[][]> {
  connection ??= DuckDBInstance.create().then((instance) => instance.connect());
  const result = await (await connection).runAndReadAll(sql.replaceAll('$file', `'${file}'`));
  return result.getRows();
}

/** The answer of DuckDB to a query in which `$file` stands for a Parquet file of these bytes. */
export function duckdbQuery(bytes: Uint8Array, sql: string): Promise<unknown[][]> {
  return withFile(bytes, (file) => duckdbQueryFile(file, sql));
}

/** Reads with DuckDB, whose types decide how a value is asked for. */
function readWithDuckdb(bytes: Uint8Array, fields: readonly FileField[]): Promise<Rows> {
  return withFile(bytes, (file) => readFileWithDuckdb(file, fields));
}

export async function readFileWithDuckdb(file: string, fields: readonly FileField[]): Promise<Rows> {
  const columns = fields.map(({ name, type }) => duckdbExpression(`"${name.replaceAll('"', '""')}"`, type));
  const rows = await duckdbQueryFile(file, `SELECT ${columns.join(', ')} FROM read_parquet($file)`);
  return rows.map((row) => row.map((value, i) => duckdbText(fields[i]!.type, value)));
}

/** Reads with pyarrow; see pyarrow.ts for what else it tells. */
async function readWithPyarrow(bytes: Uint8Array, fields: readonly FileField[]): Promise<Rows> {
  const { rows, columns } = await withFile(bytes, pyarrowFile);
  return Array.from({ length: rows }, (_, row) =>
    fields.map(({ type }, i) => pyarrowText(type, columns[i]![row]!)),
  );
}

function duckdbExpression(column: string, type: FieldType): string {
  switch (type.kind) {
    case 'boolean':
    case 'float32':
    case 'float64':
      return column;
    case 'date':
      return `${column} - DATE '1970-01-01'`;
    case 'timestamp':
      return `epoch_us(${column})`;
    case 'text':
    case 'binary':
      return `lower(hex(${column}))`;
    case 'int32':
    case 'int64':
    case 'decimal':
      return `CAST(${column} AS VARCHAR)`;
  }
}

function duckdbText(type: FieldType, value: unknown): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case 'boolean':
      return value === true ? '1' : '0';
    case 'float32':
    case 'float64':
      return floatText(value as number);
    case 'date':
      return dateText(Number(value as bigint));
    case 'timestamp':
      return timestampText(value as bigint);
    case 'text':
      return Buffer.from(value as string, 'hex').toString();
    case 'decimal':
      // Without a digit before the point where the type has none.
      return (value as string).replace(/^(-?)\./, '$10.');
    default:
      return value as string;
  }
}

const decoder = new Decoder();
const compressors = { ZSTD: (bytes: Uint8Array) => decoder.decodeSync(Buffer.from(bytes)) };

/** Reads with hyparquet, told nothing of logical types, so that the stored values themselves are compared. */
export async function readWithHyparquet(bytes: Uint8Array, fields: readonly FileField[]): Promise<Rows> {
  const buffer = Uint8Array.from(bytes).buffer;
  const metadata = parquetMetadata(buffer);
  for (const element of metadata.schema) {
    delete element.converted_type;
    delete element.logical_type;
  }
  let rows: unknown[][] = [];
  await parquetRead({
    file: buffer,
    metadata,
    compressors,
    utf8: false,
    onComplete: (read) => (rows = read as unknown[][]),
  });
  return rows.map((row) => fields.map(({ type }, i) => storedText(type, row[i])));
}

function storedText(type: FieldType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'boolean':
      return value === true ? '1' : '0';
    case 'int32':
    case 'int64':
      return String(value);
    case 'float32':
    case 'float64':
      return floatText(value as number);
    case 'decimal':
      return unscaledText(
        value instanceof Uint8Array ? twosComplement(value) : BigInt(value as number),
        type.scale,
      );
    case 'date':
      return dateText(value as number);
    case 'timestamp':
      return timestampText(value as bigint);
    case 'text':
      return Buffer.from(value as Uint8Array).toString();
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex');
  }
}

function twosComplement(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** The readers that there are on this machine; they share no code with the encoder nor with each other. */
export function parquetReaders(): Record<
  string,
  (bytes: Uint8Array, fields: readonly FileField[]) => Promise<Rows>
> {
  return {
    duckdb: readWithDuckdb,
    hyparquet: readWithHyparquet,
    ...(testPython() !== undefined && { pyarrow: readWithPyarrow }),
  };
}
