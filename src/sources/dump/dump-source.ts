import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { checkRequested, type DeclaredTable } from '../files/declared.ts';
import type { ReadRequest, Source, SourceSession, TableStream } from '../source.ts';
import { Catalog, type CatalogTable, schemaOf } from './catalog.ts';
import { type DumpFile, type DumpListing, listDumpFiles } from './dump-files.ts';
import { DumpPass } from './dump-pass.ts';
import { findPackageFiles, type PackageFiles } from './package-files.ts';
import { PackageTables } from './package-tables.ts';
import { sweepTables } from './sweep.ts';

export interface DumpOptions {
  readonly name: string;
  /** A file, a folder, or several of them. */
  readonly location: string | readonly string[];
  /** Which database of a dump of many; without it all but the server's own are read. */
  readonly database?: string;
  /** What the settings say of tables: the types of columns of those whose rows come without a schema. */
  readonly tables?: readonly DeclaredTable[];
  /** Bytes per read. Only tests have a reason to set it. */
  readonly chunkBytes?: number;
}

/**
 * The output of mysqldump, mariadb-dump or mydumper as a source: `.sql`, also compressed by gzip or zstd, or a folder
 * of them; with it research data packages of edX, whose `.sql` files are rows by tabs. Nothing in a dump is ever executed; memory does not grow with the dump. All tables come in one pass by
 * {@link SourceSession.sweep}; `tables`, `describe` and `check` cost a pass of their own, once per session.
 */
export function dumpSource(options: DumpOptions): Source {
  const locations = typeof options.location === 'string' ? [options.location] : options.location;
  return {
    name: options.name,
    type: 'dump',
    async open({ signal } = {}) {
      const listing = await listDumpFiles(locations);
      return new DumpSession(options, locations, listing, await findPackageFiles(listing.files), signal);
    },
  };
}

class DumpSession implements SourceSession {
  readonly #options: DumpOptions;
  readonly #where: string;
  /** Files with statements. */
  readonly #files: readonly DumpFile[];
  /** Tables whose files are rows by tabs. */
  readonly #packages: PackageTables;
  readonly #signal: AbortSignal | undefined;
  readonly #notices: Set<string>;
  #scan: Promise<Catalog> | undefined;
  #pass: DumpPass | undefined;
  #total = 0;

  constructor(
    options: DumpOptions,
    locations: readonly string[],
    listing: DumpListing,
    { dumps, tables, notices }: PackageFiles,
    signal: AbortSignal | undefined,
  ) {
    this.#options = options;
    this.#where = locations.join(', ');
    this.#files = dumps;
    this.#packages = new PackageTables(tables, options, signal);
    this.#notices = new Set([...listing.notices, ...notices]);
    this.#signal = signal;
  }

  async tables(): Promise<readonly string[]> {
    return [...(await this.#catalog()).tables.keys(), ...this.#packages.names];
  }

  async describe(table: string): Promise<TableSchema> {
    return this.#packages.has(table) ? this.#packages.describe(table) : schemaOf(await this.#table(table));
  }

  async *read(request: ReadRequest): AsyncGenerator<Batch> {
    checkRequested(await this.describe(request.table), request.fields, this.#where);
    if (this.#packages.has(request.table)) {
      yield* this.#packages.read(request.table, request.fields);
      return;
    }
    const table = await this.#table(request.table);
    const catalog = await this.#catalog();
    const files = this.#files.filter((_, index) => table.files.has(index));
    const only = (found: TableSchema): readonly Field[] | undefined =>
      found.table === request.table ? request.fields : undefined;
    for await (const stream of sweepTables(this.#start(files, catalog), catalog, only)) yield* stream.batches;
  }

  async *sweep(select: (schema: TableSchema) => readonly Field[] | undefined): AsyncGenerator<TableStream> {
    const catalog = this.#scan === undefined ? new Catalog(this.#options.database) : await this.#scan;
    if (this.#files.length > 0) yield* sweepTables(this.#start(this.#files, catalog), catalog, select);
    this.#finish(catalog);
    this.#scan ??= Promise.resolve(catalog);
    yield* this.#packages.sweep(select);
  }

  progress(): { done: number; total: number } {
    const done = (this.#pass?.done ?? 0) + this.#packages.done;
    return { done: Math.min(done, this.#total), total: this.#total };
  }

  async check(): Promise<readonly string[]> {
    const { tables } = await this.#catalog();
    const all = [...this.#files, ...this.#packages.files];
    const bytes = all.reduce((sum, file) => sum + file.size, 0);
    const databases = [...new Set([...tables.values()].flatMap((table) => table.database ?? []))];
    const files = all.length === 1 ? '1 file' : `${all.length} files`;
    return [
      `${this.#where}: ${files}, ${bytes} bytes`,
      ...(databases.length > 0 ? [`databases: ${databases.join(', ')}`] : []),
      `${tables.size + this.#packages.names.length} tables, complete to the end`,
    ];
  }

  notices(): readonly string[] {
    return [...this.#notices];
  }

  async close(): Promise<void> {
    await this.#pass?.close();
  }

  async #table(name: string): Promise<CatalogTable> {
    const table = (await this.#catalog()).tables.get(name);
    if (table !== undefined) return table;
    throw new PanoramaError('unknown-table', `${this.#where} holds no table ${name}.`);
  }

  /** All tables, by a pass that skips the rows; made once. */
  #catalog(): Promise<Catalog> {
    return (this.#scan ??= this.#scanFiles());
  }

  async #scanFiles(): Promise<Catalog> {
    const catalog = new Catalog(this.#options.database);
    const pass = this.#start(this.#files, catalog);
    try {
      await pass.next();
      while (pass.current !== undefined) await pass.skip();
    } finally {
      await pass.close();
    }
    this.#finish(catalog);
    return catalog;
  }

  #finish(catalog: Catalog): void {
    if (this.#files.length > 0) catalog.finish(this.#where);
    this.#packages.refuseCreated(catalog);
    const passed = catalog.passedOver();
    if (passed.length > 0) this.#notices.add(`${this.#where}: passed over databases ${passed.join(', ')}`);
  }

  #start(files: readonly DumpFile[], catalog: Catalog): DumpPass {
    this.#total = [...files, ...this.#packages.files].reduce((sum, file) => sum + file.size, 0);
    this.#pass = new DumpPass(files, catalog, {
      chunkBytes: this.#options.chunkBytes,
      signal: this.#signal,
      onNotice: (line) => void this.#notices.add(line),
      declared: this.#options.tables,
    });
    return this.#pass;
  }
}
