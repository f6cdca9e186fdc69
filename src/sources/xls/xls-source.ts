import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { checkRequested, declaredSchema, type DeclaredTable } from '../files/declared.ts';
import { DATA_FILES } from '../files/file-errors.ts';
import { checkUnchanged, findFiles, type FoundFile } from '../files/find-files.ts';
import { PlacedRows } from '../files/placed-rows.ts';
import { remembered } from '../files/remembered.ts';
import type { ReadRequest, Source, SourceSession } from '../source.ts';
import { type OpenSheet, readColumns, readRows, type SheetOptions } from './read-sheet.ts';
import { readSharedStrings, type SharedStrings } from './shared-strings.ts';
import { readWorkbook, type Sheet, type Workbook } from './workbook.ts';
import { openArchive } from './archive.ts';

export interface XlsOptions {
  readonly name: string;
  /** Files, folders and patterns. */
  readonly location: readonly string[];
  /** Tables of the settings, with the sheet that each is, where that is not called like it. */
  readonly tables?: readonly (DeclaredTable & { readonly sheet?: string })[];
  /** Default true. */
  readonly header?: boolean;
  /** Absent: the first row with a value. */
  readonly headerRow?: number;
  /** Default `refuse`. */
  readonly emptyRows?: 'refuse' | 'skip';
}

const ENDINGS = /\.(xlsx|xlsm|xls|xlsb)$/i;

/**
 * Excel workbooks as a source: each sheet is a table, sheets of one name in several workbooks are one. Columns are text
 * unless the settings declare another type. Rows are read as they come; only the texts that cells refer to are held.
 */
export function xlsSource(options: XlsOptions): Source {
  return {
    name: options.name,
    type: 'xls',
    async open({ signal } = {}) {
      const session = new XlsSession(options, signal);
      await session.find();
      return session;
    },
  };
}

/** A workbook of the session, closed between reads: there may be more of them than files that a process may open. */
interface KnownFile {
  readonly file: FoundFile;
  readonly workbook: Workbook;
}

interface SheetOf {
  readonly of: KnownFile;
  readonly sheet: Sheet;
}

class XlsSession implements SourceSession {
  readonly describe = remembered((table) => this.#describe(table));
  /** The names of a table's columns; undefined where its sheets hold nothing. Asked for by `tables`, then by `describe`. */
  readonly #columns = remembered((table) => this.#readColumns(table));
  readonly #options: XlsOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #files: KnownFile[] = [];
  /** Sheets by their name. */
  readonly #sheets = new Map<string, SheetOf[]>();
  #notices: readonly string[] = [];
  #strings: { readonly file: FoundFile; readonly strings: SharedStrings } | undefined;
  #empty: string[] = [];

  constructor(options: XlsOptions, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#signal = signal;
  }

  async find(): Promise<void> {
    const { files, notices } = await findFiles(this.#options.location, ENDINGS, 'Excel');
    this.#notices = notices;
    for (const file of files) {
      const of: KnownFile = { file, workbook: await readWorkbook(file.path) };
      this.#files.push(of);
      for (const sheet of of.workbook.sheets)
        this.#sheets.set(sheet.name, [...(this.#sheets.get(sheet.name) ?? []), { of, sheet }]);
    }
  }

  /** Without the sheets that hold nothing, as new workbooks have some. */
  async tables(): Promise<readonly string[]> {
    const names: string[] = [];
    this.#empty = [];
    for (const sheet of this.#sheets.keys()) {
      const name = this.#declared().find((table) => table.sheet === sheet)?.name ?? sheet;
      // Another sheet has been given this one's name.
      if (!this.#parts(name).some((part) => part.sheet.name === sheet)) continue;
      if ((await this.#columns(name)) === undefined) this.#empty.push(sheet);
      else names.push(name);
    }
    return names;
  }

  async *read({ table, fields }: ReadRequest): AsyncGenerator<Batch, void, undefined> {
    const schema = await this.describe(table);
    checkRequested(schema, fields, this.#options.name);
    const rows = new PlacedRows(table, fields, false);
    try {
      yield* this.#batches(table, rows, schema, fields);
    } finally {
      rows.drop();
    }
  }

  async check(): Promise<readonly string[]> {
    const tables = await this.tables();
    return [`${this.#files.length} workbooks, ${this.#sheets.size} sheets`, `${tables.length} tables`];
  }

  notices(): readonly string[] {
    const others = this.#files.flatMap(({ file, workbook }) =>
      workbook.others.map((name) => `${file.path}: passed over ${name}, which is no sheet of cells`),
    );
    return [
      ...this.#notices,
      ...others,
      ...this.#empty.map((sheet) => `passed over the sheet ${sheet}, which is empty`),
    ];
  }

  async close(): Promise<void> {
    this.#strings = undefined;
  }

  async *#batches(
    table: string,
    rows: PlacedRows,
    schema: TableSchema,
    fields: readonly Field[],
  ): AsyncGenerator<Batch, void, undefined> {
    const options = this.#sheetOptions(table);
    for (const part of this.#parts(table)) {
      const open = await this.#open(part);
      try {
        yield* readRows(open, rows, schema, fields, options);
      } finally {
        open.archive.close();
      }
      await checkUnchanged(part.of.file);
    }
    if (rows.builder.rows > 0) yield rows.take();
  }

  async #describe(table: string): Promise<TableSchema> {
    const columns = await this.#columns(table);
    const declared = this.#declared().find(({ name }) => name === table);
    if (columns !== undefined) return declaredSchema(table, columns, declared);
    const [{ of, sheet }] = this.#parts(table) as [SheetOf];
    throw new PanoramaError(
      DATA_FILES.syntax,
      `${of.file.path} ${sheet.name}!1: there is no row with the names of the columns.`,
    );
  }

  /** The columns of the first of a table's sheets that is not empty. */
  async #readColumns(table: string): Promise<readonly string[] | undefined> {
    const options = this.#sheetOptions(table);
    for (const part of this.#parts(table)) {
      const open = await this.#open(part);
      try {
        const columns = await readColumns(open, options);
        if (columns !== undefined) return columns;
      } finally {
        open.archive.close();
      }
    }
    return undefined;
  }

  /** Opens a sheet; its archive is to be closed. The texts of one workbook are kept, the last that was opened. */
  async #open({ of: { file, workbook }, sheet }: SheetOf): Promise<OpenSheet> {
    const archive = await openArchive(file.path);
    try {
      if (this.#strings?.file !== file) {
        this.#strings = undefined;
        const strings = await readSharedStrings(archive, workbook.strings, this.#signal);
        this.#strings = { file, strings };
      }
      return { archive, sheet, workbook, strings: this.#strings.strings };
    } catch (error) {
      archive.close();
      throw error;
    }
  }

  #parts(table: string): readonly SheetOf[] {
    const name = this.#declared().find((declared) => declared.name === table)?.sheet ?? table;
    const parts = this.#sheets.get(name);
    if (parts !== undefined) return parts;
    const found = [...this.#sheets.keys()].join(', ');
    throw new PanoramaError(
      'unknown-table',
      `Source ${this.#options.name} has no sheet ${name}; its sheets are: ${found}.`,
    );
  }

  #declared(): NonNullable<XlsOptions['tables']> {
    return this.#options.tables ?? [];
  }

  #sheetOptions(table: string): SheetOptions {
    const { header = true, headerRow, emptyRows = 'refuse' } = this.#options;
    const names = this.#declared()
      .find(({ name }) => name === table)
      ?.fields?.map(({ name }) => name);
    return { header, headerRow, emptyRows, names, signal: this.#signal };
  }
}
