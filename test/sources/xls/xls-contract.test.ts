import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ALL_TYPES, type ExpectedTable, sourceContract } from '../../../src/contracts/source.ts';
import { columnLetters } from '../../../src/sources/xls/sheet-rows.ts';
import { xlsSource } from '../../../src/sources/xls/xls-source.ts';
import { tempDir } from '../../temp-dir.ts';
import { declaredTable, textOnly } from '../declared-types.ts';
import { attributeText, textCell, workbookOf } from './write-workbook.ts';

const root = tempDir();

/** What XML cannot hold, and what looks as if it were escaped, is written as Excel does. */
const escaped = (text: string): string =>
  text.replace(/_(?=x[0-9A-F]{4}_)|[\0-\x08\x0b-\x1f]|\r/g, (c) => {
    const code = c.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
    return `_x${code}_`;
  });

function sheetOf({ fields, rows }: ExpectedTable, strings: string[]): string {
  const cell = (text: string, ref: string, kind: string): string => {
    if (kind === 'int32' || kind === 'int64' || kind === 'float64') return `<c r="${ref}"><v>${text}</v></c>`;
    if (kind !== 'text') return textCell(ref, text);
    strings.push(`<t xml:space="preserve">${attributeText(escaped(text))}</t>`);
    return `<c r="${ref}" t="s"><v>${strings.length - 1}</v></c>`;
  };
  const ref = (column: number, row: number): string => `${columnLetters(column)}${row}`;
  const head = `<row r="1">${fields.map(([name], i) => textCell(ref(i, 1), name)).join('')}</row>`;
  const lines = rows.map((row, r) => {
    const cells = row.map((value, i) =>
      value === null ? '' : cell(Buffer.from(value).toString(), ref(i, r + 2), fields[i]![1].kind),
    );
    return `<row r="${r + 2}">${cells.join('')}</row>`;
  });
  return head + lines.join('');
}

sourceContract(
  'a workbook with a sheet per table',
  async (tables) => {
    const strings: string[] = [];
    const sheets = Object.fromEntries(tables.map((table) => [table.table, sheetOf(table, strings)]));
    const location = join(root, 'all.xlsx');
    writeFileSync(location, workbookOf({ sheets, strings }));
    const source = xlsSource({
      name: 'xls',
      location: [location],
      tables: tables.map(declaredTable),
    });
    return { source, dispose: async () => undefined };
  },
  textOnly(ALL_TYPES),
);
