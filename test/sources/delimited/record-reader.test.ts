import fc from 'fast-check';
import { expect, test } from 'vitest';

import { PanoramaError } from '../../../src/errors.ts';
import { CSV, type Dialect, MYSQL_BATCH } from '../../../src/sources/delimited/dialect.ts';
import { RecordReader } from '../../../src/sources/delimited/record-reader.ts';
import { Window } from '../../../src/sources/files/window.ts';

type Cell = string | null;

/** The records of a text that comes in pieces of some size, with the line of each. */
async function read(
  text: string | Buffer,
  dialect: Dialect = CSV,
  piece = 1 << 16,
): Promise<{ line: number; cells: Cell[]; blank: boolean }[]> {
  const bytes = Buffer.from(text as string);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += piece) yield Buffer.from(bytes.subarray(at, at + piece));
  }
  const window = new Window(pieces(), {
    bytes: bytes.length,
    fail: (line) => new PanoramaError('file-syntax', `${line}: more was kept than there is`),
  });
  const reader = new RecordReader(
    window,
    dialect,
    (line, message) => new PanoramaError('file-syntax', `${line}: ${message}`),
  );
  const records: { line: number; cells: Cell[]; blank: boolean }[] = [];
  for (;;) {
    const status = reader.read();
    if (status === 'end') return records;
    if (status === 'more') await window.more();
    else {
      const cells = Array.from({ length: reader.count }, (_, i) =>
        reader.isNull(i) ? null : reader.value(i).toString(),
      );
      records.push({ line: reader.line, cells, blank: reader.blank });
    }
  }
}

const cellsOf = async (...args: Parameters<typeof read>): Promise<Cell[][]> =>
  (await read(...args)).map(({ cells }) => cells);

const dialect = (change: Partial<Dialect>): Dialect => ({ ...CSV, ...change });
const TEXTS = [
  '',
  'a',
  '"',
  '\\',
  ',',
  '\n',
  '\r',
  '\r\n',
  'é',
  '😀',
  '\0',
  ' ',
  '\t',
  '""',
  '\\N',
  'NULL',
  ';;',
];

const cell = fc.oneof(
  fc.constant(null),
  fc.array(fc.constantFrom(...TEXTS), { maxLength: 5 }).map((parts) => parts.join('')),
);
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }));

interface Writer {
  readonly name: string;
  readonly dialect: Dialect;
  readonly write: (cell: Cell) => string;
  readonly lineEnds: readonly string[];
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\0': '\\0', '\\': '\\\\' };

const WRITERS: readonly Writer[] = [
  {
    name: 'quotes doubled',
    dialect: CSV,
    write: (text) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`),
    lineEnds: ['\n', '\r\n', '\r'],
  },
  {
    name: 'quotes where they are needed, NULL as a word',
    dialect: dialect({ nulls: [Buffer.from('NULL')] }),
    write: (text) => {
      if (text === null) return 'NULL';
      return /^"|^NULL$|[,\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    },
    lineEnds: ['\n', '\r\n', '\r'],
  },
  {
    name: 'a backslash before quotes and backslashes',
    dialect: dialect({ escape: 92 }),
    write: (text) => (text === null ? '' : `"${text.replace(/["\\]/g, '\\$&')}"`),
    lineEnds: ['\n', '\r\n'],
  },
  {
    name: 'no quotes, everything escaped',
    dialect: dialect({ escape: 92, quote: -1, nulls: [Buffer.from('\\N')] }),
    write: (text) => (text === null ? '\\N' : text.replace(/[,\\\r\n]/g, '\\$&')),
    lineEnds: ['\n'],
  },
  {
    name: 'two bytes between fields',
    dialect: dialect({ delimiter: Buffer.from(';;') }),
    write: (text) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`),
    lineEnds: ['\n', '\r\n'],
  },
  {
    name: 'as LOAD DATA reads it',
    dialect: { ...MYSQL_BATCH, nulls: [Buffer.from('\\N')] },
    // The last byte of a line must not look like a part of its end.
    write: (text) =>
      text === null ? '\\N' : text.replace(/[\n\t\0\\]/g, (c) => ESCAPES[c]!).replace(/\r$/, 'r'),
    lineEnds: ['\n'],
  },
];

test.each(WRITERS)('what was written comes back, however it comes in pieces: $name', async (writer) => {
  const { write, lineEnds } = writer;
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom(...lineEnds),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (rows, lineEnd, piece, lastEnd) => {
        // A single empty field is a blank line, and at the end of a file none at all.
        fc.pre(rows.every((row) => row.map(write).join('') !== '' || row.length > 1));
        const lines = rows.map((row) => row.map(write).join(writer.dialect.delimiter.toString()));
        const text = lines.join(lineEnd) + (lastEnd && lines.length > 0 ? lineEnd : '');
        const wanted =
          writer.name === 'as LOAD DATA reads it'
            ? rows.map((row) => row.map((text) => text?.replace(/\r$/, 'r') ?? null))
            : rows;
        expect(await cellsOf(text, writer.dialect, piece)).toEqual(wanted);
      },
    ),
    { numRuns: 300 },
  );
});

test('the line of a record counts line ends inside of fields', async () => {
  const text = 'a,b\n"1\n2\r\n3",x\ny,"\n"\n\nz,\n';
  const lines = [1, 2, 5, 7, 8];
  for (const piece of [1, 2, 3, 100])
    expect((await read(text, CSV, piece)).map(({ line }) => line)).toEqual(lines);
  const ends = (await read('a\rb\r"c"\rd', CSV)).map(({ line }) => line);
  expect(ends).toEqual([1, 2, 3, 4]);
});

test.each<[string, string, Partial<Dialect>, Cell[][]]>([
  ['an empty field is NULL, one in quotes is not', ',"",\n', {}, [[null, '', null]]],
  ['a quote in the middle of a field is text', '5" disk,a"b"c\n', {}, [['5" disk', 'a"b"c']]],
  ['blanks belong to the field', ' a , "b"\n', {}, [[' a ', ' "b"']]],
  ['a doubled quote, also where there is an escape', '"a""b\\"c"\n', { escape: 92 }, [['a"b"c']]],
  ['an escape at the very end', 'a\\', { escape: 92 }, [['a\\']]],
  ['an escaped line end', 'a\\\nb,c\n', { escape: 92 }, [['a\nb', 'c']]],
  [
    'a word for NULL in quotes is a text',
    'NULL,"NULL"\n',
    { nulls: [Buffer.from('NULL')] },
    [[null, 'NULL']],
  ],
  ['other line ends side by side', 'a\nb\r\nc\rd', {}, [['a'], ['b'], ['c'], ['d']]],
  [
    'a delimiter that begins as a field goes on',
    'a:b::c:::d\n',
    { delimiter: Buffer.from('::') },
    [['a:b', 'c', ':d']],
  ],
])('%s', async (_, text, change, expected) => {
  for (const piece of [1, 2, 3, 100]) expect(await cellsOf(text, dialect(change), piece)).toEqual(expected);
});

test('MySQL: letters behind the escape, carriage returns as text', async () => {
  const text = 'a\\tb\\0\\b\\r\\Z\\x\\\\\tNULL\t\\N\nx\r\ty\r\n';
  expect(await cellsOf(text, MYSQL_BATCH)).toEqual([
    ['a\tb\0\b\r\u001ax\\', null, 'N'],
    ['x\r', 'y\r'],
  ]);
  // Where the first record ends with both, the carriage return is no text.
  expect(await cellsOf('h\ti\r\nx\r\ty\r\n', MYSQL_BATCH)).toEqual([
    ['h', 'i'],
    ['x\r', 'y'],
  ]);
});

test.each<[string, string, string]>([
  ['a quote that is never closed', 'a\n"b\nc,d\ne\n', '2: a quote is opened and never closed'],
  ['one opened late in a record', 'a,"b\nc",\n"d', '3: a quote is opened and never closed'],
  ['text behind a closing quote', 'a\nb,"c\n"x\n', '3: field 2 has text behind its closing quote'],
])('%s is told by its line', async (_, text, message) => {
  for (const piece of [1, 2, 3, 100]) await expect(read(text, CSV, piece)).rejects.toThrow(message);
});
