import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { duckdbEngine } from '../engines/duckdb/duckdb-engine.ts';
import { quoteText } from '../engines/duckdb/sql.ts';
import { quoteName } from '../engines/quote-name.ts';
import type { LakeFile, TableState } from '../lake/table-state.ts';
import type { Batch, Cell } from '../rows/batch.ts';
import { batchesOf } from '../rows/batches-of.ts';
import type { FieldType } from '../rows/field.ts';
import type { LostPart } from '../sources/source.ts';
import type { Lake } from './lake.ts';
import type { Load } from './load.ts';

/** A column of the table as the lake has it now. */
interface KnownColumn {
  readonly name: string;
  readonly type: FieldType;
}

/**
 * The rows that the lake has of parts of a table that cannot be read now, in the columns of the plan that are read. A
 * column that the lake does not have yet is NULL.
 * @param local true where the files lie on this machine as they are; others are fetched first
 * @throws PanoramaError the error of a part that the columns of the table cannot tell apart from the rest
 */
export async function* lostRows(
  parts: readonly LostPart[],
  load: Load,
  lake: Lake,
  local: boolean,
): AsyncGenerator<Batch> {
  const { plan, own } = load;
  const { state } = load.current;
  /** The column of the lake that has what is read from a column of the source. */
  const nameOf = (source: string): string | undefined => {
    const place = plan.read.findIndex(({ name }) => name === source);
    return plan.columns.find((column) => 'read' in column && column.read === place)?.name;
  };
  for (const { where, error } of parts)
    if (Object.keys(where).some((name) => nameOf(name) === undefined)) throw error;
  if (state === undefined) return;
  const known: KnownColumn[] = [...state.fields, ...state.partitionFields];
  const find = (source: string): KnownColumn | undefined => {
    const name = nameOf(source)?.toLowerCase();
    return known.find((column) => column.name.toLowerCase() === name);
  };
  const wanted = parts.filter(({ where }) => Object.keys(where).every((name) => find(name) !== undefined));
  const files = own.filter((file) => wanted.some(({ where }) => mayHold(file, state, where, find)));
  if (files.length === 0) return;

  const columns = plan.read.map(({ name }) => {
    const column = find(name);
    return column === undefined ? { sql: 'CAST(NULL AS VARCHAR)', isHex: false } : canonical(column);
  });
  const condition = wanted
    .map(({ where }) =>
      Object.entries(where)
        .map(([name, text]) => `CAST(${quoteName(find(name)!.name)} AS VARCHAR) = ${quoteText(text)}`)
        .join(' AND '),
    )
    .join(') OR (');
  const sql = `SELECT ${columns.map(({ sql }, i) => `${sql} AS c${i}`).join(', ')} FROM ${quoteName(state.viewName)} WHERE (${condition})`;

  const fetched = await fetchFiles(files, lake, local);
  const engine = duckdbEngine({
    locate: fetched.locate,
    tables: async () => [{ ...state, registered: true, files }],
  });
  try {
    const result = await engine.query(sql);
    async function* rows(): AsyncGenerator<Cell[]> {
      for await (const group of result.rows())
        for (const row of group)
          yield row.map((cell, i) => (cell !== null && columns[i]!.isHex ? Buffer.from(cell, 'hex') : cell));
    }
    yield* batchesOf(columns.length, rows());
  } finally {
    await engine.close();
    await fetched.remove();
  }
}

/** False where the folder of a file says that it has no row of the part. */
function mayHold(
  file: LakeFile,
  { partitionFields }: TableState,
  where: LostPart['where'],
  find: (source: string) => KnownColumn | undefined,
): boolean {
  return Object.entries(where).every(([source, text]) => {
    const place = partitionFields.findIndex((field) => field === find(source));
    return place < 0 || file.partition[place] === text;
  });
}

/** A column in the canonical text of batches, but bytes as hexadecimal. */
function canonical({ name, type }: KnownColumn): { sql: string; isHex: boolean } {
  const column = quoteName(name);
  switch (type.kind) {
    case 'boolean':
      return { sql: `CAST(CAST(${column} AS TINYINT) AS VARCHAR)`, isHex: false };
    case 'timestamp':
      return { sql: `strftime(${column}, '%Y-%m-%d %H:%M:%S.%f')`, isHex: false };
    case 'binary':
      return { sql: `lower(hex(${column}))`, isHex: true };
    default:
      return { sql: `CAST(${column} AS VARCHAR)`, isHex: false };
  }
}

/** Where the files are on this machine, until they are removed. */
async function fetchFiles(
  files: readonly LakeFile[],
  { storage, spillFolder }: Lake,
  local: boolean,
): Promise<{ locate: (path: string) => string; remove: () => Promise<void> }> {
  if (local) return { locate: (path) => storage.locate(path), remove: async () => {} };
  await mkdir(spillFolder, { recursive: true });
  const folder = await mkdtemp(join(spillFolder, 'last-'));
  const places = new Map(files.map(({ path }, i) => [path, join(folder, `${i}`)]));
  for (const [path, place] of places) await writeFile(place, (await storage.read(path))?.bytes ?? '');
  return {
    locate: (path) => places.get(path) ?? path,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
