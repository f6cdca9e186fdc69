import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, test } from 'vitest';

import { xlsSource } from '../../../src/sources/xls/xls-source.ts';
import { testPython } from '../../servers/python.ts';
import { tempDir } from '../../temp-dir.ts';
import { readTable } from '../read-table.ts';

const folder = tempDir();
const python = testPython();

/** What write-workbooks.py writes, in the words of docs/how-to/csv-and-excel.md. */
const VALUES: Readonly<Record<string, string | null>> = {
  text: 'plain',
  blanks: '  two\nlines\ttab  ',
  marks: '<a href="x">&amp; \'q\'</a>',
  emoji: 'é 日本 😀',
  'looks escaped': '_x000D_',
  zeros: '007',
  int: '42',
  negative: '-7',
  float: '0.1',
  sum: '0.30000000000000004',
  large: '123456789012345678',
  huge: '1e+300',
  true: 'TRUE',
  false: 'FALSE',
  date: '2024-02-29',
  moment: '2024-02-29 23:59:58.987',
  midnight: '1900-03-01 00:00:00',
  time: '13:05:07',
  span: '36:00:00',
  nothing: null,
};

/** Of 16 digits that they write of a number, and of an escape that openpyxl does not escape. */
const OPENPYXL = {
  large: '1.234567890123457e+17',
  sum: '0.3',
  'looks escaped': '\r',
  rich: 'a bold b',
  link: 'see',
};
const XLSXWRITER = {
  large: '1.234567890123457E+17',
  sum: '0.3',
  huge: '1E+300',
  formula: 'a1',
  error: '#DIV/0!',
};

describe.runIf(python !== undefined)('workbooks as other programs write them', () => {
  beforeAll(() => {
    const script = fileURLToPath(new URL('write-workbooks.py', import.meta.url));
    execFileSync(python!, [script, folder]);
  }, 120_000);

  const open = (name: string, more: object = {}) =>
    xlsSource({ name: 'xls', location: [join(folder, name)], ...more });
  const valuesOf = async (name: string): Promise<Record<string, string | null>> => {
    const { rows } = await readTable(open(name), 'Values');
    return Object.fromEntries(rows.map(([key, value]) => [key!, value!]));
  };

  test('openpyxl: values of all kinds, both calendars, rich text and links', async () => {
    const written: Record<string, string | null> = { ...VALUES, ...OPENPYXL };
    expect(await valuesOf('openpyxl.xlsx')).toEqual(written);
    // The calendar from 1904 has no day before.
    const { midnight: _, ...later } = await valuesOf('openpyxl-1904.xlsx');
    const { midnight: __, ...expected } = written;
    expect(later).toEqual(expected);
  });

  test('openpyxl: sheets that cannot be read say why', async () => {
    const session = await open('openpyxl.xlsx').open();
    expect(await session.tables()).toEqual(['Values', 'Formulas', 'Merged', 'Hidden']);
    expect(session.notices!()).toEqual([
      `${join(folder, 'openpyxl.xlsx')}: passed over Chart, which is no sheet of cells`,
      'passed over the sheet Blank, which is empty',
    ]);
    await session.close();
    await expect(readTable(open('openpyxl.xlsx'), 'Formulas')).rejects.toMatchObject({
      message: expect.stringContaining(
        'Formulas!A2: the cell has a formula whose value was not stored',
      ) as string,
    });
    await expect(readTable(open('openpyxl.xlsx'), 'Merged')).rejects.toMatchObject({
      message: expect.stringContaining('Merged!A3:B3: the cells are merged') as string,
    });
  });

  test.each(['xlsxwriter.xlsx', 'xlsxwriter-rows.xlsx'])('%s: values of all kinds', async (name) => {
    const { midnight: _, ...found } = await valuesOf(name);
    const { midnight: __, ...expected } = VALUES;
    expect(found).toEqual({ ...expected, ...XLSXWRITER });
  });

  test('many rows, of declared types', async () => {
    const fields = [
      { name: 'id', type: 'int' },
      { name: 'grade', type: 'double' },
    ];
    const { types, rows } = await readTable(open('many.xlsx', { tables: [{ name: 'Rows', fields }] }));
    expect(types).toEqual(['int32', 'text', 'float64']);
    expect(rows).toHaveLength(60_000);
    expect(rows.at(-1)).toEqual(['60000', 'answer 60000 of a learner', '7500']);
  });
});
