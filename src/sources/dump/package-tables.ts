import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { MYSQL_BATCH } from '../delimited/dialect.ts';
import { type DelimitedOptions, readColumns, readRows } from '../delimited/read-table.ts';
import { BytesRead } from '../files/bytes-read.ts';
import { declaredSchema, type DeclaredTable } from '../files/declared.ts';
import type { FoundFile } from '../files/find-files.ts';
import { remembered } from '../files/remembered.ts';
import type { TableStream } from '../source.ts';
import type { Catalog } from './catalog.ts';
import { typedColumns } from './without-schema.ts';

/** The tables of a research data package, each of the files of its courses one after another. */
export class PackageTables {
  readonly describe = remembered((table) => this.#describe(table));
  readonly names: readonly string[];
  readonly files: readonly FoundFile[];
  readonly #tables: ReadonlyMap<string, readonly FoundFile[]>;
  readonly #declared: readonly DeclaredTable[] | undefined;
  readonly #options: DelimitedOptions;
  readonly #read = new BytesRead();

  constructor(
    tables: ReadonlyMap<string, readonly FoundFile[]>,
    options: { readonly tables?: readonly DeclaredTable[]; readonly chunkBytes?: number },
    signal: AbortSignal | undefined,
  ) {
    this.names = [...tables.keys()];
    this.files = [...tables.values()].flat();
    this.#tables = tables;
    this.#declared = options.tables;
    this.#options = {
      dialect: () => MYSQL_BATCH,
      header: true,
      skipLines: 0,
      signal,
      chunkBytes: options.chunkBytes,
    };
  }

  has(table: string): boolean {
    return this.#tables.has(table);
  }

  /** Bytes of the files read so far. */
  get done(): number {
    return this.#read.total;
  }

  async *read(table: string, fields: readonly Field[]): AsyncGenerator<Batch, void, undefined> {
    const schema = await this.describe(table);
    const { track } = this.#read;
    yield* readRows(this.#tables.get(table)!, schema, fields, { ...this.#options, track });
  }

  async *sweep(
    select: (schema: TableSchema) => readonly Field[] | undefined,
  ): AsyncGenerator<TableStream, void, undefined> {
    this.#read.reset();
    for (const table of this.names) {
      const schema = await this.describe(table);
      const fields = select(schema);
      if (fields !== undefined) yield { schema, batches: this.read(table, fields) };
    }
  }

  /** @throws PanoramaError `dump-syntax` for a table that is in files of both kinds */
  refuseCreated({ tables }: Catalog): void {
    for (const [table, [file]] of this.#tables) {
      if (!tables.has(table)) continue;
      throw new PanoramaError(
        'dump-syntax',
        `${file!.path} holds rows of table ${table} by tabs, and another file has statements for it.`,
        { hint: 'Load them as two sources, or leave one of the files out.' },
      );
    }
  }

  async #describe(table: string): Promise<TableSchema> {
    const columns = await readColumns(this.#tables.get(table)![0]!, this.#options);
    const declared = this.#declared?.find(({ name }) => name === table);
    return declaredSchema(table, columns, typedColumns(table, columns, declared));
  }
}
