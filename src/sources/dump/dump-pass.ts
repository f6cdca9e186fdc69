import { PanoramaError } from '../../errors.ts';
import { type Catalog, type CatalogTable, noteInsert } from './catalog.ts';
import { BytesRead } from '../files/bytes-read.ts';
import { readChunks } from '../files/chunks.ts';
import type { DumpFile } from './dump-files.ts';
import { DumpReader } from './dump-reader.ts';
import type { InsertHead } from './insert-head.ts';
import { impliedTable, typedColumns } from './without-schema.ts';
import type { DeclaredTable } from '../files/declared.ts';
import { Window } from '../files/window.ts';

/** The most that is kept of a dump: MySQL's largest `max_allowed_packet`, so no statement has a longer value. */
const MOST_KEPT = 2 ** 30;

/** An INSERT whose rows come next. */
export interface Insert {
  readonly table: CatalogTable;
  readonly head: InsertHead;
  readonly reader: DumpReader;
  /** False where nothing in the file says what its strings are in. */
  readonly statesCharset: boolean;
  /** Gets more bytes for its rows; throws where the file ends. */
  more(): Promise<void>;
  /** True once something followed that shows that the rows of the table are complete. */
  closed(): boolean;
  fail(message: string, hint?: string): PanoramaError;
}

export interface PassOptions {
  readonly chunkBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice: (line: string) => void;
  /** What the settings say of tables, for those that are not created. */
  readonly declared?: readonly DeclaredTable[] | undefined;
}

/** A pass over dump files, from INSERT to INSERT of wanted databases. */
export class DumpPass {
  /** The INSERT that the pass stands at, unless its rows were read. */
  current: Insert | undefined;
  /** What went wrong behind the end of a table. */
  failure: PanoramaError | undefined;
  readonly #files: readonly DumpFile[];
  readonly #catalog: Catalog;
  readonly #options: PassOptions;
  #next = 0;
  #reader: DumpReader | undefined;
  readonly #read = new BytesRead();
  #zoneNoticed = false;
  #last: Insert | undefined;
  /** A CREATE TABLE came since the last INSERT. */
  #created = false;

  constructor(files: readonly DumpFile[], catalog: Catalog, options: PassOptions) {
    this.#files = files;
    this.#catalog = catalog;
    this.#options = options;
  }

  /** Bytes of the files read so far. */
  get done(): number {
    return this.#read.total;
  }

  /** Goes on to the next INSERT, which becomes `current`; the rows of the one before must have been read. */
  async next(): Promise<void> {
    this.current = undefined;
    this.#created = false;
    for (;;) {
      const reader = this.#reader ?? this.#open();
      if (reader === undefined) return;
      const found = await reader.nextInsert();
      this.#created ||= reader.created;
      if (found === undefined) await this.#closeFile();
      else if (!this.#catalog.wants(found.database)) await reader.sql.skipStatement();
      else {
        // Single-row inserts repeat their head row by row.
        if (this.#last?.head !== found.head) this.#last = this.#insert(reader, found.head);
        this.current = this.#last;
        return;
      }
    }
  }

  /** Passes over the rows of the current INSERT and goes on to the next. */
  async skip(): Promise<void> {
    await this.#reader?.sql.skipStatement();
    await this.next();
  }

  async close(): Promise<void> {
    this.#next = this.#files.length;
    await this.#closeFile();
  }

  #open(): DumpReader | undefined {
    const file = this.#files[this.#next];
    if (file === undefined) return undefined;
    this.#next++;
    this.#zoneNoticed = false;
    const chunks = readChunks(file.path, {
      bytes: this.#options.chunkBytes,
      signal: this.#options.signal,
      track: this.#read.track,
      mayBeEmpty: file.mayBeEmpty,
    });
    const window = new Window(chunks, { bytes: MOST_KEPT, fail: (line) => tooLong(file.path, line) });
    this.#reader = new DumpReader(file.path, window, this.#catalog, file);
    return this.#reader;
  }

  async #closeFile(): Promise<void> {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    await reader.sql.window.close();
  }

  #insert(reader: DumpReader, head: InsertHead): Insert {
    const table = this.#catalog.tables.get(head.table) ?? this.#imply(reader, head);
    if (!this.#catalog.complete) table.files.add(this.#next - 1);
    this.#notice(reader, table, head);
    const { window } = reader.sql;
    return {
      table,
      head,
      reader,
      statesCharset: reader.state.named && reader.state.charset !== 'binary',
      more: async () => {
        if (window.ended) throw reader.sql.truncated(`inside the rows of table ${head.table}`);
        await window.more();
      },
      closed: () =>
        this.#created || this.#reader?.created === true || (this.#reader === reader && reader.unlocked),
      fail: (message, hint) => reader.fail(message, hint),
    };
  }

  /** A table whose rows come without a CREATE TABLE, where their columns have names. */
  #imply(reader: DumpReader, { table, columns, database }: InsertHead): CatalogTable {
    const declared = this.#options.declared?.find(({ name }) => name === table);
    const names = columns ?? declared?.fields?.map(({ name }) => name);
    if (names === undefined) {
      throw reader.sql.fail('dump-syntax', `rows for table ${table}, but no CREATE TABLE came before.`, {
        hint: 'The file with the schema is missing, or the dump was made with --no-create-info. Add the schema (mysqldump --no-data) to the folder, or list all columns in their order as fields of the table in the settings.',
      });
    }
    this.#options.onNotice(
      `table ${table}: there is no CREATE TABLE; columns are text but for types of the settings and of Open edX`,
    );
    return this.#catalog.imply(impliedTable(typedColumns(table, names, declared), database), database);
  }

  #notice(reader: DumpReader, table: CatalogTable, head: InsertHead): void {
    const { onNotice } = this.#options;
    const leftOut = noteInsert(table, head.columns);
    if (leftOut.length > 0) {
      const names = leftOut.join(', ');
      onNotice(`table ${head.table}: generated columns without values in the dump are left out: ${names}`);
    }
    if (this.#zoneNoticed || isUtc(reader.state.timeZone)) return;
    if (!table.parsed.columns.some((column) => column.declared.startsWith('timestamp'))) return;
    this.#zoneNoticed = true;
    onNotice(
      `${reader.sql.file}: the dump does not say its time zone (--skip-tz-utc or --compact); TIMESTAMP values are taken as UTC`,
    );
  }
}

function tooLong(path: string, line: number): PanoramaError {
  return new PanoramaError(
    'dump-syntax',
    `${path}:${line}: a value is longer than 1 GiB; a quote may be missing.`,
  );
}

const isUtc = (zone: string | undefined): boolean =>
  zone !== undefined && ['+00:00', '+0:00', 'utc', 'etc/utc'].includes(zone.toLowerCase());
