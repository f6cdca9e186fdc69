import { join } from 'node:path';

import { expect, test } from 'vitest';

import { xlsSource, type XlsOptions } from '../../../src/sources/xls/xls-source.ts';
import { folders } from '../folder-of.ts';
import { readTable } from '../read-table.ts';
import { textCell, textRow, workbookOf, type WorkbookParts, zipOf } from './write-workbook.ts';

const folderOf = folders();

/** A source of one workbook, `w.xlsx`. */
function source(content: WorkbookParts | Uint8Array, options: Partial<XlsOptions> = {}) {
  const bytes = content instanceof Uint8Array ? content : workbookOf(content);
  const location = [join(folderOf({ 'w.xlsx': bytes }), 'w.xlsx')];
  return xlsSource({ name: 'xls', location, ...options });
}

const typed = (types: Readonly<Record<string, string>>): Partial<XlsOptions> => ({
  tables: [{ name: 'S', fields: Object.entries(types).map(([name, type]) => ({ name, type })) }],
});

/** A sheet `S` with a heading and a cell below each. */
function columnOf(cells: readonly string[], more: Omit<WorkbookParts, 'sheets'> = {}): WorkbookParts {
  const rows = cells.map((cell, i) => `<row r="${i + 2}"><c r="A${i + 2}"${cell}</c></row>`);
  return { sheets: { S: textRow(1, ['v']) + rows.join('') }, ...more };
}

const valuesOf = async (...args: Parameters<typeof source>): Promise<(string | null)[]> =>
  (await readTable(source(...args))).rows.map(([value]) => value!);

test('without types every value is text: numbers by their stored digits, others as they are', async () => {
  const cells = [
    ['><v>007</v>', '007'],
    ['><v>123456789012345678</v>', '123456789012345678'],
    ['><v>0.30000000000000004</v>', '0.30000000000000004'],
    ['><v>1E+20</v>', '1E+20'],
    [' t="n"><v>-1.5</v>', '-1.5'],
    [' t="b"><v>1</v>', 'TRUE'],
    [' t="b"><v>0</v>', 'FALSE'],
    [' t="e"><v>#N/A</v>', '#N/A'],
    [' t="str"><f>A1&amp;""</f><v>made &lt;here&gt;</v>', 'made <here>'],
    [' t="str"><f>""</f><v></v>', ''],
    ['><f>1+1</f><v>2</v>', '2'],
    [' t="s"><v>0</v>', '  two\nlines  '],
    [' t="s"><v>1</v>', 'rich text'],
    [' t="s"><v>2</v>', ''],
    [' t="s"><v>3</v>', '_x000D_ and \r'],
    [' t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is>', 'inline'],
    [' t="d"><v>2024-01-02T03:04:05</v>', '2024-01-02T03:04:05'],
  ] as const;
  const strings = [
    '<t xml:space="preserve">  two\r\nlines  </t>',
    '<r><rPr><b/></rPr><t>rich</t></r><r><t xml:space="preserve"> text</t></r><rPh sb="0" eb="1"><t>no</t></rPh>',
    '<t/>',
    '<t>_x005F_x000D_ and _x000d_</t>',
  ];
  const found = await readTable(
    source(
      columnOf(
        cells.map(([xml]) => xml),
        { strings },
      ),
    ),
  );
  expect(found.types).toEqual(['text']);
  expect(found.rows.flat()).toEqual(cells.map(([, text]) => text));
});

test('empty cells are NULL, also those with a style, and empty texts in columns of numbers', async () => {
  const rows =
    textRow(1, ['a', 'n', 'c']) +
    `<row r="2"><c r="A2" s="1"/>${textCell('C2', 'x')}</row>` +
    `<row r="3">${textCell('A3', '')}${textCell('B3', '')}<c r="C3"/></row>`;
  const { rows: found } = await readTable(source({ sheets: { S: rows } }, typed({ n: 'int' })));
  expect(found).toEqual([
    [null, null, 'x'],
    ['', null, null],
  ]);
});

/** Built-in formats and some of one's own, with a number and the text it is. */
const DATES: readonly (readonly [format: number | string, serial: string, text: string])[] = [
  [14, '45292', '2024-01-01'],
  [14, '45292.5', '2024-01-01 12:00:00'],
  [22, '45292', '2024-01-01 00:00:00'],
  [22, '45292.520833333336', '2024-01-01 12:30:00'],
  [22, '45292.5208448611', '2024-01-01 12:30:00.996'],
  [21, '0.99998842592592593', '23:59:59'],
  [20, '1.5', '1900-01-01 12:00:00'],
  [46, '1.5', '36:00:00'],
  [14, '1', '1900-01-01'],
  [14, '59', '1900-02-28'],
  [14, '60', '60'],
  [14, '61', '1900-03-01'],
  [14, '0', '0'],
  [14, '-1', '-1'],
  [14, '2958465', '9999-12-31'],
  [14, '2958466', '2958466'],
  ['yyyy-mm-dd', '45292', '2024-01-01'],
  ['[$-409]d/m/yy h:mm AM/PM;@', '45292.25', '2024-01-01 06:00:00'],
  ['[$-F800]dddd, mmmm dd, yyyy', '45292', '2024-01-01'],
  ['mmm', '45292', '2024-01-01'],
  ['[h]:mm', '45292', '1087008:00:00'],
  ['mm:ss', '0.5', '12:00:00'],
  ['General', '45292', '45292'],
  ['0.00E+00', '45292', '45292'],
  ['#,##0 "days"', '45292', '45292'],
  ['0 \\h', '45292', '45292'],
  ['[Red]0;[Blue]yyyy', '45292', '45292'],
  ['@', '45292', '45292'],
  [0, '45292', '45292'],
  [10, '0.5', '0.5'],
];

test('numbers that are shown as dates and times are dates and times', async () => {
  const cells = DATES.map(([, serial], i) => ` s="${i}"><v>${serial}</v>`);
  const found = await valuesOf(columnOf(cells, { formats: DATES.map(([format]) => format) }));
  expect(found.map((text, i) => [...DATES[i]!.slice(0, 2), text])).toEqual(DATES);
});

test('days may count from 1904', async () => {
  const serials = ['0', '1', '43830.5', '2957003', '2957004'];
  const cells = serials.map((serial) => ` s="0"><v>${serial}</v>`);
  expect(await valuesOf(columnOf(cells, { formats: [14], date1904: true }))).toEqual([
    '1904-01-01',
    '1904-01-02',
    '2024-01-01 12:00:00',
    '9999-12-31',
    '2957004',
  ]);
});

test.each<[string, string, string]>([
  ['int', '><v>5</v>', '5'],
  ['bigint', '><v>1.2E+10</v>', '12000000000'],
  ['int', '><v>-1E+3</v>', '-1000'],
  ['decimal(10,4)', '><v>1.5E-3</v>', '0.0015'],
  ['decimal(10,4)', '><v>-12.5</v>', '-12.5'],
  ['double', '><v>1E+20</v>', '1E+20'],
  ['tinyint', ' t="b"><v>1</v>', '1'],
  ['int', ' t="inlineStr"><is><t>12</t></is>', '12'],
  ['date', ' s="1"><v>45292</v>', '2024-01-01'],
  ['date', ' t="inlineStr"><is><t>2024-01-01</t></is>', '2024-01-01'],
  ['datetime', ' s="1"><v>45292</v>', '2024-01-01 00:00:00'],
  ['datetime', ' t="d"><v>2024-01-02T03:04:05.678</v>', '2024-01-02 03:04:05.678'],
  ['time', ' s="2"><v>0.5</v>', '12:00:00'],
])('a value of a column declared as %s: %s', async (type, cell, expected) => {
  const options = { ...typed({ v: type }) };
  expect(await valuesOf(columnOf([cell], { formats: [0, 14, 21] }), options)).toEqual([expected]);
});

test.each<[string, string]>([
  ['int', '><v>1.5</v>'],
  ['int', '><v>1E+10</v>'],
  ['int', ' t="e"><v>#N/A</v>'],
  ['int', ' t="inlineStr"><is><t>x</t></is>'],
  ['int', ' s="1"><v>45292</v>'],
  ['double', ' s="1"><v>45292</v>'],
  ['decimal(10,2)', '><v>0.30000000000000004</v>'],
  ['date', '><v>45292</v>'],
  ['date', ' s="1"><v>45292.5</v>'],
])('a value that is no %s stops the table at its cell: %s', async (type, cell) => {
  const workbook = columnOf(['><v>1</v>', cell].slice(type === 'date' ? 1 : 0), { formats: [0, 14] });
  const row = type === 'date' ? 2 : 3;
  await expect(valuesOf(workbook, typed({ v: type }))).rejects.toMatchObject({
    code: 'bad-value',
    message: expect.stringMatching(new RegExp(`w\\.xlsx S!A${row}: the value of S\\.v is not `)) as string,
  });
});

const GRADES = textRow(1, ['name', 'grade']) + textRow(2, ['ada', '1']);

test.each<[string, string, string]>([
  [
    'an empty row between others',
    `${GRADES}<row r="3"/><row r="4" spans="1:2"><c r="A4" s="0"/></row>${textRow(5, ['grace', '2'])}`,
    'S!3: the row is empty, and rows follow',
  ],
  [
    'merged cells',
    `<sheetData>${GRADES}${textRow(3, ['grace'])}</sheetData><mergeCells count="1"><mergeCell ref="A3:B4"/></mergeCells>`,
    'S!A3:B4: the cells are merged',
  ],
  [
    'merged headings',
    `<sheetData>${GRADES}</sheetData><mergeCells><mergeCell ref="B1:C1"/></mergeCells>`,
    'S!B1:C1: the cells are merged',
  ],
  ['a value in no column', GRADES + textRow(3, ['a', 'b', 'c']), 'S!C3: the cell has a value and no column'],
  ['two columns of one name', textRow(1, ['a', ' A']), 'S!1: columns 1 and 2 are both named A'],
  [
    'a formula without a stored value',
    `${GRADES}<row r="3"><c r="B3"><f>SUM(B1:B2)</f></c></row>`,
    'S!B3: the cell has a formula whose value was not stored',
  ],
  [
    'a formula with an empty value',
    `${GRADES}<row r="3"><c r="B3"><f>SUM(B1:B2)</f><v></v></c></row>`,
    'S!B3: the cell has a formula whose value was not stored',
  ],
  [
    'a text that is not there',
    `${GRADES}<row r="3"><c r="B3" t="s"><v>7</v></c></row>`,
    'S!B3: the cell names a text that the workbook does not have',
  ],
  [
    'half of a surrogate pair',
    GRADES + textRow(3, ['_xD800_']),
    'S!A3: the cell holds half of a surrogate pair, which is no character',
  ],
  ['rows out of order', `${GRADES}<row r="2"/>`, 'row 2 of a sheet is out of order'],
  [
    'cells out of order',
    `${GRADES}<row r="3"><c r="B3"/><c r="A3"/></row>`,
    'cell A3 of row 3 of a sheet is out of order',
  ],
  ['XML that is none', '<row r="1"><c></row>', 'xl/worksheets/sheet1.xml is not well-formed XML'],
])('%s: an error that names the place', async (_, xml, message) => {
  await expect(readTable(source({ sheets: { S: xml } }), 'S')).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining(message) as string,
  });
});

test('an archive that grows without end is left', async () => {
  const xml = `<row r="1"><c r="A1" t="str"><v>${'x'.repeat(80 << 20)}</v></c></row>`;
  const bomb = workbookOf({ sheets: { S: xml } });
  expect(bomb.length).toBeLessThan(1 << 20);
  await expect(readTable(source(bomb), 'S')).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining('xl/worksheets/sheet1.xml has an element without end') as string,
  });
});

test('empty rows may be skipped, and those at the end always are', async () => {
  const xml = `${GRADES}<row r="4"><c r="A4" s="0"/></row>${textRow(5, ['grace', '2'])}<row r="9"><c r="A9"/></row>`;
  const { rows } = await readTable(source({ sheets: { S: xml } }, { emptyRows: 'skip' }));
  expect(rows).toEqual([
    ['ada', '1'],
    ['grace', '2'],
  ]);
});

test('the headings are the first row with a value, or the one that the settings name', async () => {
  const title = `<sheetData><row r="2">${textCell('A2', 'Grades of 2026')}</row>${textRow(4, ['name', 'grade'])}${textRow(5, ['ada', '1'])}</sheetData><mergeCells><mergeCell ref="A2:B2"/></mergeCells>`;
  expect((await readTable(source({ sheets: { S: title } }, { headerRow: 4 }))).rows).toEqual([['ada', '1']]);
  await expect(readTable(source({ sheets: { S: title } }, { headerRow: 3 }))).rejects.toMatchObject({
    message: expect.stringContaining('S!3: the row of the headings is empty') as string,
  });
  const late = `<row r="3">${textCell('B3', 'x')}</row><row r="4"><c r="A4"><v>1</v></c><c r="B4"><v>2</v></c></row>`;
  expect(await readTable(source({ sheets: { S: late } }))).toMatchObject({
    columns: ['column_1', 'x'],
    rows: [['1', '2']],
  });
});

test('without headings', async () => {
  const xml = textRow(1, ['1', '2']) + textRow(2, ['3', '4']);
  const plain = await readTable(source({ sheets: { S: xml } }, { header: false }));
  expect(plain.columns).toEqual(['column_1', 'column_2']);
  expect(plain.rows).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  const named = source({ sheets: { S: xml } }, { header: false, ...typed({ x: 'int', y: 'int' }) });
  expect(await readTable(named)).toMatchObject({
    columns: ['x', 'y'],
    types: ['int32', 'int32'],
    rows: plain.rows,
  });
});

test('cells and rows without their places follow each other', async () => {
  const xml =
    '<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>';
  expect(await readTable(source({ sheets: { S: xml } }))).toMatchObject({
    columns: ['a', 'b'],
    rows: [['1', '2']],
  });
});

test('names with prefixes, as some writers have them', async () => {
  const sheet = `<x:worksheet xmlns:x="m"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>h</x:t></x:is></x:c></x:row><x:row r="2"><x:c r="A2"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>`;
  const workbook = { sheets: { S: '' }, parts: { 'xl/worksheets/sheet1.xml': sheet } };
  expect(await valuesOf(workbook)).toEqual(['5']);
});

test('every sheet is a table; empty ones and charts are told', async () => {
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const workbook: WorkbookParts = {
    sheets: { 'Notas & más': GRADES, Leer: '', 'Sheet 3': textRow(1, ['only headings']), Chart: '' },
    parts: {
      'xl/_rels/workbook.xml.rels': `<Relationships>${[1, 2, 3]
        .map(
          (i) =>
            `<Relationship Id="r${i}" Type="${office}/worksheet" Target="/xl/worksheets/sheet${i}.xml"/>`,
        )
        .join(
          '',
        )}<Relationship Id="r4" Type="${office}/chartsheet" Target="chartsheets/sheet1.xml"/></Relationships>`,
    },
  };
  const session = await source(workbook).open();
  expect(await session.tables()).toEqual(['Notas & más', 'Sheet 3']);
  expect(session.notices!()).toEqual([
    expect.stringContaining('passed over Chart'),
    'passed over the sheet Leer, which is empty',
  ]);
  expect(await session.check()).toEqual(['1 workbooks, 3 sheets', '2 tables']);
  await expect(session.describe('Leer')).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining('Leer!1: there is no row with the names') as string,
  });
  await expect(session.describe('x')).rejects.toMatchObject({
    code: 'unknown-table',
    message: expect.stringContaining('Notas & más, Leer, Sheet 3') as string,
  });
  await session.close();
});

test('a table may be called otherwise than its sheet', async () => {
  const tables = [{ name: 'grades', sheet: 'Notas 2026', fields: [{ name: 'grade', type: 'int' }] }];
  expect(await readTable(source({ sheets: { 'Notas 2026': GRADES } }, { tables }))).toEqual({
    columns: ['name', 'grade'],
    types: ['text', 'int32'],
    rows: [['ada', '1']],
  });
});

test('a table may take the name of another sheet, which is no table then', async () => {
  const tables = [{ name: 'A', sheet: 'B' }];
  const both = source({ sheets: { A: textRow(1, ['a']), B: textRow(1, ['b']) } }, { tables });
  const session = await both.open();
  expect(await session.tables()).toEqual(['A']);
  expect((await session.describe('A')).fields.map(({ name }) => name)).toEqual(['b']);
  await session.close();
});

test('columns by their places below headings, as panorama-elt in Python took them', async () => {
  const options = { header: false, headerRow: 2, ...typed({ who: 'varchar', points: 'int' }) };
  expect(await readTable(source({ sheets: { S: GRADES } }, options))).toEqual({
    columns: ['who', 'points'],
    types: ['text', 'int32'],
    rows: [['ada', '1']],
  });
});

test('sheets of one name in several workbooks are one table', async () => {
  const folder = folderOf({
    'a.xlsx': workbookOf({ sheets: { S: GRADES } }),
    'b.xlsx': workbookOf({
      sheets: { S: textRow(1, ['Grade', 'NAME']) + textRow(2, ['2', 'grace']), T: GRADES },
    }),
    '~$a.xlsx': 'x',
  });
  const all = xlsSource({ name: 'xls', location: [join(folder, '*.xlsx')] });
  expect((await readTable(all, 'S')).rows).toEqual([
    ['ada', '1'],
    ['grace', '2'],
  ]);
  expect(await (await xlsSource({ name: 'xls', location: [folder] }).open()).tables()).toEqual(['S', 'T']);
  const other = folderOf({
    'a.xlsx': workbookOf({ sheets: { S: GRADES } }),
    'b.xlsx': workbookOf({ sheets: { S: textRow(2, ['name']) } }),
  });
  await expect(readTable(xlsSource({ name: 'xls', location: [other] }))).rejects.toMatchObject({
    code: 'file-syntax',
    message: `${join(other, 'b.xlsx')} S!2: there is no column grade, which the first file of table S has.`,
  });
});

test.each<[string, Uint8Array, string, string]>([
  [
    'a workbook of Excel 97',
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    'unsupported',
    'Excel 97 to 2003 (.xls)',
  ],
  ['text', Buffer.from('a,b\n1,2\n'), 'file-syntax', 'is no Excel workbook'],
  ['nothing', Buffer.alloc(0), 'file-syntax', 'is no Excel workbook'],
  ['another archive', zipOf({ 'a.txt': 'x' }), 'file-syntax', 'is a zip archive, but no Excel workbook'],
  ['an OpenDocument', zipOf({ 'content.xml': '<a/>' }), 'unsupported', 'is an OpenDocument (.ods)'],
  [
    'a binary workbook',
    zipOf({
      '_rels/.rels': '<R><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></R>',
      'xl/workbook.bin': 'x',
    }),
    'unsupported',
    'is a binary workbook (.xlsb)',
  ],
  [
    'half of a workbook',
    workbookOf({ sheets: { S: GRADES } }).subarray(0, 900),
    'file-truncated',
    'not a whole workbook',
  ],
])('%s in the place of a workbook', async (_, bytes, code, message) => {
  await expect(source(bytes).open()).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
});

test('a part that is not what was stored is not taken', async () => {
  const whole = workbookOf({ sheets: { S: GRADES } });
  const wrong = Buffer.from(whole);
  // The sum of the sheet, in the list at the end.
  const at = wrong.lastIndexOf('xl/worksheets/sheet1.xml') - 46 + 16;
  wrong[at]! ^= 1;
  await expect(readTable(source(wrong), 'S')).rejects.toMatchObject({
    code: 'file-truncated',
    message: expect.stringContaining('xl/worksheets/sheet1.xml') as string,
  });
});

test('an interrupted read ends as such', async () => {
  const stop = new AbortController();
  const session = await source({ sheets: { S: GRADES } }).open({ signal: stop.signal });
  stop.abort();
  await expect(session.describe('S')).rejects.toMatchObject({ code: 'interrupted' });
  await session.close();
});
