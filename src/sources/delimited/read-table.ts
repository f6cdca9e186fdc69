import { PanoramaError } from '../../errors.ts';
import type { Batch } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import { readChunks } from '../files/chunks.ts';
import { columnNames, columnPlaces, numberedColumn } from '../files/declared.ts';
import { DATA_FILES } from '../files/file-errors.ts';
import { checkUnchanged, type FoundFile } from '../files/find-files.ts';
import { PlacedRows } from '../files/placed-rows.ts';
import { canonicalTimestamp } from '../files/timestamps.ts';
import { Window } from '../files/window.ts';
import { decodeChunks } from './decode.ts';
import type { Dialect } from './dialect.ts';
import { RecordReader } from './record-reader.ts';

/** A record longer than this has lost a quote: without a bound all of a file would be looked through in memory. */
const MOST_RECORD_BYTES = 128 << 20;

/** How files of delimited text are read. */
export interface DelimitedOptions {
  readonly dialect: (file: string) => Dialect;
  /** A label of the WHATWG; absent: UTF-8, or UTF-16 with a byte order mark. */
  readonly encoding?: string | undefined;
  /** True where the first record holds the names of the columns. */
  readonly header: boolean;
  /** Lines before the header that are passed over. */
  readonly skipLines: number;
  /** Names of the columns of a file without header, as far as they are known. */
  readonly names?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Given a function that answers how many bytes of a file were read so far. */
  readonly track?: (bytesRead: () => number) => void;
  /** Bytes per read. Only tests have a reason to set it. */
  readonly chunkBytes?: number | undefined;
}

/** The names of a file's columns. @throws PanoramaError `file-…` */
export async function readColumns(file: FoundFile, options: DelimitedOptions): Promise<readonly string[]> {
  const open = await openFile(file, options);
  await open.close();
  return open.columns;
}

/**
 * The rows of a table of one or more files, whose columns are found by their names.
 * @throws PanoramaError `file-…` naming file and line, `bad-value`
 */
export async function* readRows(
  files: readonly FoundFile[],
  schema: TableSchema,
  fields: readonly Field[],
  options: DelimitedOptions,
): AsyncGenerator<Batch, void, undefined> {
  const encoded = options.encoding !== undefined && new TextDecoder(options.encoding).encoding !== 'utf-8';
  const rows = new PlacedRows(schema.table, fields, !encoded);
  try {
    for (const file of files) {
      const open = await openFile(file, options);
      try {
        yield* fileRows(open, rows, schema, fields);
      } finally {
        await open.close();
      }
      await checkUnchanged(file);
    }
    if (rows.builder.rows > 0) yield rows.take();
  } finally {
    rows.drop();
  }
}

/** A file whose header was read. */
interface OpenFile {
  readonly file: FoundFile;
  readonly columns: readonly string[];
  /** True where the reader stands at a record already, because there was no header to read. */
  readonly atRecord: boolean;
  readonly reader: RecordReader;
  /** Gets more bytes for the reader. */
  more(): Promise<unknown>;
  fail(line: number, message: string): PanoramaError;
  close(): Promise<void>;
}

async function openFile(file: FoundFile, options: DelimitedOptions): Promise<OpenFile> {
  const { path } = file;
  const fail = (line: number, message: string): PanoramaError =>
    new PanoramaError(DATA_FILES.syntax, `${path}:${line}: ${message}.`);
  const chunks = readChunks(path, {
    errors: DATA_FILES,
    anyText: true,
    bytes: options.chunkBytes,
    signal: options.signal,
    ...(options.track === undefined ? {} : { track: options.track }),
  });
  const window = new Window(decodeChunks(path, chunks, options.encoding), {
    bytes: MOST_RECORD_BYTES,
    fail: () =>
      fail(reader.line, `a record has more than ${MOST_RECORD_BYTES >> 20} MB; a quote may be missing`),
  });
  const reader = new RecordReader(window, options.dialect(path), fail);
  const more = (): Promise<unknown> => window.more();
  const close = (): Promise<void> => window.close();
  try {
    await skipLines(window, reader, options.skipLines);
    const found = await nextFilled(reader, more);
    const columns = columnsOf(reader, found, options, fail);
    return { file, columns, atRecord: found && !options.header, reader, more, fail, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lines, not records: what stands above a header keeps no rules. */
async function skipLines(window: Window, reader: RecordReader, lines: number): Promise<void> {
  for (let line = 0; line < lines; line++) {
    let end = window.bytes.indexOf(10, window.pos);
    while (end === -1 && (await window.more())) end = window.bytes.indexOf(10, window.pos);
    window.pos = end === -1 ? window.bytes.length : end + 1;
  }
  reader.skipLines(lines);
}

/** Blank lines before the first record say nothing. */
async function nextFilled(reader: RecordReader, more: () => Promise<unknown>): Promise<boolean> {
  for (let status = reader.read(); status !== 'end'; status = reader.read()) {
    if (status === 'more') await more();
    else if (!reader.blank) return true;
  }
  return false;
}

function columnsOf(
  reader: RecordReader,
  found: boolean,
  { header, names }: DelimitedOptions,
  fail: (line: number, message: string) => PanoramaError,
): readonly string[] {
  if (!header && names !== undefined) return names;
  if (!found) throw fail(reader.line, `there is no ${header ? 'line with the names of the columns' : 'row'}`);
  if (!header) return Array.from({ length: reader.count }, (_, i) => numberedColumn(i));
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const headings = Array.from({ length: reader.count }, (_, i) => {
    try {
      return utf8.decode(reader.value(i));
    } catch {
      throw fail(reader.line, `the name of column ${i + 1} is not UTF-8 text; set the encoding of the file`);
    }
  });
  if (headings.some((heading) => heading.includes('\0')))
    throw fail(reader.line, 'there are bytes that are no text; the file is of another kind');
  return columnNames(headings, (message) => fail(reader.line, message));
}

async function* fileRows(
  { file, columns, atRecord, reader, more, fail }: OpenFile,
  rows: PlacedRows,
  schema: TableSchema,
  fields: readonly Field[],
): AsyncGenerator<Batch, void, undefined> {
  const places = columnPlaces(columns, schema, fields, (message) => fail(reader.line, message));
  const single = columns.length === 1;
  rows.begin((line) => `${file.path}:${line}`);
  // Without a promise per record.
  for (let status = atRecord ? 'record' : reader.read(); status !== 'end'; status = reader.read()) {
    if (status === 'more') {
      await more();
      continue;
    }
    if (reader.blank && !single) continue;
    if (reader.count !== columns.length)
      throw fail(
        reader.line,
        `a record has ${reader.count} fields where there are ${columns.length} columns`,
      );
    for (let column = 0; column < fields.length; column++)
      appendCell(rows, reader, column, places[column]!, fields[column]!);
    rows.endRow(reader.line);
    if (rows.builder.full) yield rows.take();
  }
}

/** No number and no date is empty, so an empty field of such a column is NULL, in quotes or not. */
function appendCell(
  rows: PlacedRows,
  reader: RecordReader,
  column: number,
  place: number,
  field: Field,
): void {
  const { builder } = rows;
  const { kind } = field.type;
  if (reader.isNull(place) || (kind !== 'text' && reader.isEmpty(place))) return builder.appendNull(column);
  if (kind === 'timestamp') {
    const text = canonicalTimestamp(reader.value(place).toString('latin1'));
    if (text !== undefined) return builder.appendCell(column, text);
  }
  reader.append(builder, column, place);
}
