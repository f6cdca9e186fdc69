import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { csvFormat } from '../../src/formats/csv.ts';
import { fieldsOf, writeRows } from '../contracts/format.ts';
import { opencsvAvailable } from '../servers/opencsv-jars.ts';
import { arrives } from './csv-readers.ts';
import { OPENCSV_VERSIONS, readWithOpencsv } from './opencsv.ts';

/** What other programs take for a line end, a blank, an end of text or a mark, and what our dialect is made of. */
const SPECIAL = [
  ...'"\\,\n\r\t\v\f \'\0\u001c\u001f\u0085\u00a0\u2028\u2029\u3000\ufeff\ufffdnrNé日😀\u{10ffff}',
  ...'\\n \\r \\\\ "" \\" "," NULL'.split(' '),
];
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...SPECIAL), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Names and rows of a table of texts. */
const anyTable = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.record({
    names: fc.array(anyText, { minLength: columns, maxLength: columns }),
    rows: fc.array(fc.array(fc.option(anyText), { minLength: columns, maxLength: columns }), {
      maxLength: 30,
    }),
  }),
);

type Row = readonly (string | null)[];

describe.skipIf(!opencsvAvailable()).each(OPENCSV_VERSIONS)('opencsv %s reads in our files', (version) => {
  async function found(names: readonly string[], rows: readonly Row[]): Promise<(string[] | null)[]> {
    const fields = fieldsOf(names.map(() => ({ kind: 'text' })));
    const named = fields.map((field, i) => ({ ...field, name: names[i]! }));
    return readWithOpencsv(version, (await writeRows(csvFormat(), named, rows)).bytes);
  }

  it('any texts and names', async () => {
    const expected = (row: Row): Row | null =>
      row.length === 1 && row[0] === null
        ? null
        : row.map((cell) => arrives(`opencsv ${version}`, { kind: 'text' }, cell));
    await fc.assert(
      fc.asyncProperty(anyTable, async ({ names, rows }) => {
        expect(await found(names, rows)).toEqual([names, ...rows].map(expected));
      }),
      { numRuns: 1000 },
    );
  });

  it('NULL as the empty text', async () => {
    const rows = [
      ['1', null],
      ['2', ''],
      [null, '3'],
    ];
    expect((await found(['a', 'b'], rows)).slice(1)).toEqual([
      ['1', ''],
      ['2', ''],
      ['', '3'],
    ]);
  });

  it('NULL as NULL where a table has one column', async () => {
    expect(await found(['t'], [['a'], [null], [''], [null]])).toEqual([['t'], ['a'], null, [''], null]);
  });
});

/** Records that we do not write, and what of them made the dialect what it is (assembly/csv.ts). */
const OTHERS: [what: string, file: string, rows: (string[] | null)[]][] = [
  ['an escaped quote and an escaped escape in quotes', '"\\"a\\\\n\\""', [['"a\\n"']]],
  ['any other escape in quotes without the escape', '"a\\nb"', [['anb']]],
  ['escapes at the start of a field without quotes as nothing', 'a,\\\\N', [['a', 'N']]],
  ['an escaped quote later in a field without quotes', 'Ana \\"Nita\\"', [['Ana "Nita"']]],
  ['no field where one without quotes begins with an escaped quote', 'a,\\"str\\"', [['a']]],
  ['a quoted field over a line end as two broken rows', 'a,"b\nc",d', [['a'], null]],
  ['CR and LF as line ends, alone and together', 'a\rb\nc\r\nd\r\r\n', [['a'], ['b'], ['c'], ['d'], null]],
  ['no blanks that stand before quotes', 'a,  "b c"', [['a', 'b c']]],
];

describe.skipIf(!opencsvAvailable())('opencsv 2.3 reads', () => {
  it.each(OTHERS)('%s', async (_, file, rows) => {
    expect(await readWithOpencsv('2.3', Buffer.from(file))).toEqual(rows);
  });
});
