import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import type { ReadRequest, Source, SourceSession, TableStream } from '../source.ts';
import { Catalog, type CatalogTable, schemaOf } from './catalog.ts';
import { type DumpFile, type DumpListing, listDumpFiles } from './dump-files.ts';
import { DumpPass } from './dump-pass.ts';
import { sweepTables } from './sweep.ts';

export interface DumpOptions {
  readonly name: string;
  /** A file, a folder, or several of them. */
  readonly location: string | readonly string[];
  /** Which database of a dump of many; without it all but the server's own are read. */
  readonly database?: string;
  /** Bytes per read. Only tests have a reason to set it. */
  readonly chunkBytes?: number;
}

/**
 * The output of mysqldump or mariadb-dump as a source: `.sql`, also compressed by gzip or zstd, or a folder of
 * them. Nothing in a dump is ever executed; memory does not grow with the dump. All tables come in one pass by
 * {@link SourceSession.sweep}; `tables`, `describe` and `check` cost a pass of their own, once per session.
 */
export function dumpSource(options: DumpOptions): Source {
  const locations = typeof options.location === 'string' ? [options.location] : options.location;
  return {
    name: options.name,
    type: 'dump',
    async open({ signal } = {}) {
      return new DumpSession(options, locations, await listDumpFiles(locations), signal);
    },
  };
}

class DumpSession implements SourceSession {
  readonly #options: DumpOptions;
  readonly #where: string;
  readonly #files: readonly DumpFile[];
  readonly #signal: AbortSignal | undefined;
  readonly #notices: Set<string>;
  #scan: Promise<Catalog> | undefined;
  #pass: DumpPass | undefined;
  #total = 0;

  constructor(
    options: DumpOptions,
    locations: readonly string[],
    listing: DumpListing,
    signal: AbortSignal | undefined,
  ) {
    this.#options = options;
    this.#where = locations.join(', ');
    this.#files = listing.files;
    this.#notices = new Set(listing.notices);
    this.#signal = signal;
  }

  async tables(): Promise<readonly string[]> {
    return [...(await this.#catalog()).tables.keys()];
  }

  async describe(table: string): Promise<TableSchema> {
    return schemaOf(await this.#table(table));
  }

  async *read(request: ReadRequest): AsyncGenerator<Batch> {
    const table = await this.#table(request.table);
    const schema = schemaOf(table);
    for (const field of request.fields) {
      if (schema.fields.some((known) => known.name === field.name)) continue;
      throw new PanoramaError(
        'unknown-column',
        `table ${request.table} of ${this.#where} has no column ${field.name}.`,
      );
    }
    const catalog = await this.#catalog();
    const files = this.#files.filter((_, index) => table.files.has(index));
    const only = (found: TableSchema): readonly Field[] | undefined =>
      found.table === request.table ? request.fields : undefined;
    for await (const stream of sweepTables(this.#start(files, catalog), catalog, only)) yield* stream.batches;
  }

  async *sweep(select: (schema: TableSchema) => readonly Field[] | undefined): AsyncGenerator<TableStream> {
    const catalog = this.#scan === undefined ? new Catalog(this.#options.database) : await this.#scan;
    yield* sweepTables(this.#start(this.#files, catalog), catalog, select);
    this.#finish(catalog);
    this.#scan ??= Promise.resolve(catalog);
  }

  progress(): { done: number; total: number } {
    return { done: Math.min(this.#pass?.done ?? 0, this.#total), total: this.#total };
  }

  async check(): Promise<readonly string[]> {
    const { tables } = await this.#catalog();
    const bytes = this.#files.reduce((sum, file) => sum + file.size, 0);
    const databases = [...new Set([...tables.values()].flatMap((table) => table.database ?? []))];
    const files = this.#files.length === 1 ? '1 file' : `${this.#files.length} files`;
    return [
      `${this.#where}: ${files}, ${bytes} bytes`,
      ...(databases.length > 0 ? [`databases: ${databases.join(', ')}`] : []),
      `${tables.size} tables, complete to the end`,
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
    catalog.finish(this.#where);
    const passed = catalog.passedOver();
    if (passed.length > 0) this.#notices.add(`${this.#where}: passed over databases ${passed.join(', ')}`);
  }

  #start(files: readonly DumpFile[], catalog: Catalog): DumpPass {
    this.#total = files.reduce((sum, file) => sum + file.size, 0);
    this.#pass = new DumpPass(files, catalog, {
      chunkBytes: this.#options.chunkBytes,
      signal: this.#signal,
      onNotice: (line) => void this.#notices.add(line),
    });
    return this.#pass;
  }
}
