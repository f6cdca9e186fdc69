import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { TableSchema } from '../../rows/field.ts';
import { CSV, type Dialect } from '../delimited/dialect.ts';
import { type DelimitedOptions, readColumns, readRows } from '../delimited/read-table.ts';
import { BytesRead } from '../files/bytes-read.ts';
import { firstBytes } from '../files/chunks.ts';
import { declaredSchema, type DeclaredTable, checkRequested } from '../files/declared.ts';
import { DATA_FILES } from '../files/file-errors.ts';
import { findFiles, type FoundFile, plainName } from '../files/find-files.ts';
import { remembered } from '../files/remembered.ts';
import { workbookKind } from '../files/workbook-kind.ts';
import type { OpenOptions, ReadRequest, Source, SourceSession } from '../source.ts';

export interface CsvOptions {
  readonly name: string;
  /** Files, folders and patterns; each file found is a table by its name. */
  readonly location: readonly string[];
  /** Tables of the settings; one with a location of its own is all files there. */
  readonly tables?: readonly (DeclaredTable & { readonly location?: readonly string[] })[];
  /** What stands between fields. Absent: a tab in files ending in `.tsv` or `.tab`, else a comma. */
  readonly delimiter?: string;
  /** One character around fields; empty: none. Absent: `"`. */
  readonly quote?: string;
  /** One character behind which the next stands for itself, or `mysql` (see {@link Dialect.mysql}). */
  readonly escape?: string;
  /** What stands for NULL in a field without quotes. Absent: nothing, or `\N` with the escape `mysql`. */
  readonly nulls?: readonly string[];
  /** A label of the WHATWG. */
  readonly encoding?: string;
  /** Default true. */
  readonly header?: boolean;
  /** Lines above the header. Default 0. */
  readonly skipLines?: number;
  /** Bytes per read. Only tests have a reason to set it. */
  readonly chunkBytes?: number;
}

const ENDINGS = /\.(csv|tsv|tab|txt)(\.gz|\.zst)?$/i;
const TABS = /\.(tsv|tab)(\.gz|\.zst)?$/i;

/**
 * Files of delimited text as a source: CSV, tab-separated and the like, also compressed by gzip or zstd. Columns are text
 * unless the settings declare another type. Files are read in one pass each and never held; several files of one name
 * are one table.
 */
export function csvSource(options: CsvOptions): Source {
  return { name: options.name, type: 'csv', open: (how) => CsvSession.open(options, how) };
}

interface CsvTable {
  readonly files: readonly FoundFile[];
  readonly declared: DeclaredTable | undefined;
}

class CsvSession implements SourceSession {
  readonly describe = remembered((table) => this.#describe(table));
  readonly #options: CsvOptions;
  readonly #tables: ReadonlyMap<string, CsvTable>;
  readonly #notices: readonly string[];
  readonly #signal: AbortSignal | undefined;
  readonly #read = new BytesRead();
  #total = 0;

  static async open(options: CsvOptions, { signal }: OpenOptions = {}): Promise<CsvSession> {
    const { tables, notices } = await findTables(options);
    return new CsvSession(options, tables, notices, signal);
  }

  private constructor(
    options: CsvOptions,
    tables: ReadonlyMap<string, CsvTable>,
    notices: readonly string[],
    signal: AbortSignal | undefined,
  ) {
    this.#options = options;
    this.#tables = tables;
    this.#notices = notices;
    this.#signal = signal;
  }

  async tables(): Promise<readonly string[]> {
    return [...this.#tables.keys()];
  }

  async *read({ table, fields }: ReadRequest): AsyncGenerator<Batch, void, undefined> {
    const schema = await this.describe(table);
    checkRequested(schema, fields, this.#options.name);
    const found = this.#table(table);
    this.#read.reset();
    this.#total = found.files.reduce((sum, file) => sum + file.size, 0);
    const { track } = this.#read;
    yield* readRows(found.files, schema, fields, { ...this.#reading(found.declared), track });
  }

  progress(): { done: number; total: number } {
    return { done: Math.min(this.#read.total, this.#total), total: this.#total };
  }

  async check(): Promise<readonly string[]> {
    const files = [...this.#tables.values()].flatMap((table) => table.files);
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    return [`${files.length} files, ${bytes} bytes`, `${this.#tables.size} tables`];
  }

  notices(): readonly string[] {
    return this.#notices;
  }

  async close(): Promise<void> {}

  async #describe(table: string): Promise<TableSchema> {
    const { files, declared } = this.#table(table);
    for (const { path } of files) await refuseArchive(path);
    const columns = await readColumns(files[0]!, this.#reading(declared));
    return declaredSchema(table, columns, declared);
  }

  #table(name: string): CsvTable {
    const table = this.#tables.get(name);
    if (table !== undefined) return table;
    const found = [...this.#tables.keys()].join(', ');
    throw new PanoramaError(
      'unknown-table',
      `Source ${this.#options.name} has no file for a table ${name}; its files are: ${found}.`,
    );
  }

  #reading(declared: DeclaredTable | undefined): DelimitedOptions {
    const { encoding, header = true, skipLines = 0, chunkBytes } = this.#options;
    const names = declared?.fields?.map(({ name }) => name);
    const dialect = (file: string): Dialect => dialectOf(this.#options, file);
    return { dialect, encoding, header, skipLines, names, signal: this.#signal, chunkBytes };
  }
}

async function findTables(
  options: CsvOptions,
): Promise<{ tables: Map<string, CsvTable>; notices: string[] }> {
  const { location, tables: declared = [] } = options;
  const tables = new Map<string, CsvTable>();
  const notices: string[] = [];
  const find = async (where: readonly string[]): Promise<readonly FoundFile[]> => {
    const listing = await findFiles(where, ENDINGS, 'CSV');
    notices.push(...listing.notices);
    return listing.files;
  };
  const placed = new Map<DeclaredTable, readonly FoundFile[]>();
  for (const table of declared)
    if (table.location !== undefined) placed.set(table, await find(table.location));
  const taken = new Set([...placed.values()].flat().map(({ path }) => path));
  const files = (location.length === 0 ? [] : await find(location)).filter(({ path }) => !taken.has(path));
  const unnamed = declared.filter((table) => !placed.has(table));
  // The file of a source with one file and one table is that table, whatever their names.
  const only =
    files.length === 1 && files[0]!.path === location[0] && unnamed.length === 1 ? unnamed[0] : undefined;
  for (const file of files) {
    const name = only?.name ?? plainName(file.path);
    const before = tables.get(name)?.files ?? [];
    tables.set(name, { files: [...before, file], declared: declared.find((table) => table.name === name) });
  }
  for (const [table, own] of placed) {
    for (const { path } of tables.get(table.name)?.files ?? [])
      notices.push(`${path}: passed over, for table ${table.name} has a location of its own`);
    tables.set(table.name, { files: own, declared: table });
  }
  return { tables, notices };
}

function dialectOf(options: CsvOptions, file: string): Dialect {
  const { delimiter = TABS.test(file) ? '\t' : ',', quote, escape } = options;
  const mysql = escape === 'mysql';
  const nulls = options.nulls ?? [mysql ? '\\N' : ''];
  return {
    delimiter: Buffer.from(delimiter),
    quote: quote === undefined ? CSV.quote : (quote.codePointAt(0) ?? -1),
    escape: mysql ? 92 : (escape?.codePointAt(0) ?? -1),
    mysql,
    nulls: nulls.map((text) => Buffer.from(text)),
  };
}

const WORKBOOKS = {
  zip: 'a zip archive, perhaps an Excel workbook',
  compound: 'an old Excel workbook',
};

/** A workbook under the name of a text file. */
async function refuseArchive(path: string): Promise<void> {
  const kind = workbookKind(await firstBytes(path).catch(() => Buffer.alloc(0)));
  if (kind === undefined) return;
  throw new PanoramaError(DATA_FILES.syntax, `${path} is ${WORKBOOKS[kind]}, not text.`, {
    hint: 'Workbooks are read by a source of type xls.',
  });
}
