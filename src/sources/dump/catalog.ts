import { PanoramaError } from '../../errors.ts';
import type { TableSchema } from '../../rows/field.ts';
import { type ParsedTable, tableSchema } from './create-table.ts';

/** Databases of the server itself; `--all-databases` dumps some of them. */
const SYSTEM = new Set(['mysql', 'sys', 'information_schema', 'performance_schema']);

/** A table that the dump creates, or has rows of. */
export interface CatalogTable {
  readonly parsed: ParsedTable;
  readonly database: string | undefined;
  /** Names of generated columns that the rows of the dump do not carry; known from the first INSERT on. */
  leftOut: ReadonlySet<string> | undefined;
  /** Indexes of the files that hold rows of the table. */
  readonly files: Set<number>;
  /** True where no CREATE TABLE was there before the first rows. */
  readonly implied: boolean;
}

/** The tables of a dump, in its order. Only those of the wanted database, or of all but the server's own. */
export class Catalog {
  readonly tables = new Map<string, CatalogTable>();
  readonly databases = new Set<string>();
  /** True once all files were read: a table that is not here is nowhere. */
  complete = false;
  readonly #views = new Set<string>();
  readonly #database: string | undefined;

  constructor(database: string | undefined) {
    this.#database = database;
  }

  /** True for tables of this database; a dump of a single database does not name it. */
  wants(database: string | undefined): boolean {
    if (database === undefined) return true;
    this.databases.add(database);
    return this.#database === undefined ? !SYSTEM.has(database) : database === this.#database;
  }

  /** Names of databases that were met and not wanted. */
  passedOver(): string[] {
    return [...this.databases].filter((database) => !this.wants(database));
  }

  /** @param fail makes the error of the place in the file */
  define(parsed: ParsedTable, database: string | undefined, fail: (message: string) => PanoramaError): void {
    if (this.complete || !this.wants(database) || this.#views.has(viewKey(parsed.name, database))) return;
    const before = this.tables.get(parsed.name);
    if (before === undefined) {
      this.tables.set(parsed.name, {
        parsed,
        database,
        leftOut: undefined,
        files: new Set(),
        implied: false,
      });
      return;
    }
    if (before.implied) {
      throw new PanoramaError(
        'dump-syntax',
        fail(`table ${parsed.name} is created after rows of it were inserted.`).message,
        { hint: 'List the file with the schema first, or call it so that it comes first by name.' },
      );
    }
    if (before.database === database || before.database === undefined || database === undefined) {
      throw fail(`table ${parsed.name} is created a second time.`);
    }
    throw new PanoramaError(
      'unsupported',
      fail(`databases ${before.database} and ${database} both have a table ${parsed.name}.`).message,
      { hint: 'Choose one of them with the setting database.' },
    );
  }

  /** A table that is known by its rows alone. */
  imply(parsed: ParsedTable, database: string | undefined): CatalogTable {
    const table: CatalogTable = { parsed, database, leftOut: undefined, files: new Set(), implied: true };
    this.tables.set(parsed.name, table);
    return table;
  }

  /** A view was created; a table that stands for it, before or (in mydumper's files) behind, is none. */
  defineView(name: string, database: string | undefined): void {
    this.#views.add(viewKey(name, database));
    const before = this.tables.get(name);
    if (this.complete || before === undefined || before.files.size > 0) return;
    if (before.database === database || database === undefined) this.tables.delete(name);
  }

  /** @throws PanoramaError `settings-invalid` where the wanted database is not in the dump */
  finish(where: string): void {
    this.complete = true;
    if (this.#database === undefined || this.tables.size > 0 || this.databases.size === 0) return;
    if (this.databases.has(this.#database)) return;
    throw new PanoramaError('settings-invalid', `${where} holds no database ${this.#database}.`, {
      hint: `The databases in it are: ${[...this.databases].join(', ')}.`,
    });
  }
}

const viewKey = (name: string, database: string | undefined): string => `${database ?? ''}\0${name}`;

/**
 * The table as it is described. A generated column that the inserts leave out (mysqldump of MySQL does, that of
 * MariaDB does not) has no values in the dump, so it is no field.
 */
export function schemaOf(table: CatalogTable): TableSchema {
  return tableSchema(table.parsed, table.leftOut);
}

/** Takes note of an INSERT; answers the generated columns left out where that was not known before. */
export function noteInsert(table: CatalogTable, columns: readonly string[] | undefined): string[] {
  if (table.leftOut !== undefined) return [];
  const given = columns && new Set(columns.map((column) => column.toLowerCase()));
  const leftOut = table.parsed.columns
    .filter((column) => column.generated && given !== undefined && !given.has(column.name.toLowerCase()))
    .map((column) => column.name);
  table.leftOut = new Set(leftOut);
  return leftOut;
}
