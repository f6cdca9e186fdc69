import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { collectRows } from '../../src/contracts/source.ts';
import { PanoramaError } from '../../src/errors.ts';
import { csvSource, type CsvOptions } from '../../src/sources/csv/csv-source.ts';
import type { Source } from '../../src/sources/source.ts';
import { xlsSource } from '../../src/sources/xls/xls-source.ts';
import { tempDir } from '../temp-dir.ts';
import { textCell, textRow, workbookOf, zipOf } from './xls/write-workbook.ts';

const folder = tempDir();
let files = 0;

/** Reads all of a file; what it cannot read it says so, and every row has a cell for every column. */
async function expectRowsOrReason(content: Uint8Array, open: (path: string) => Source): Promise<void> {
  const path = join(folder, `${files++}`);
  writeFileSync(path, content);
  try {
    const session = await open(path).open();
    for (const table of await session.tables()) {
      const { fields } = await session.describe(table);
      const rows = await collectRows(session.read({ table, fields }));
      for (const row of rows) expect(row).toHaveLength(fields.length);
    }
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    expect(error.code).not.toBe('internal');
  }
}

const DIALECTS: readonly Partial<CsvOptions>[] = [
  {},
  { escape: '\\', delimiter: ';;' },
  { escape: 'mysql', quote: '' },
  { encoding: 'utf-16le' },
  { encoding: 'gb18030', header: false, skipLines: 1 },
];

test('any bytes as CSV', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom('a', ',', '"', '\n', '\r', '\\', ';;', 'é', '\0', '\t', '\ufeff'), {
        maxLength: 60,
      })
      .map((parts) => Buffer.from(parts.join(''))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...DIALECTS), async (content, options) => {
      await expectRowsOrReason(content, (path) => csvSource({ name: 'csv', location: [path], ...options }));
    }),
    { numRuns: 200 },
  );
});

const WORKBOOK = workbookOf({
  sheets: { S: textRow(1, ['a', 'b']) + textRow(2, ['x', 'y']) },
  strings: ['<t>x</t>'],
  formats: [0, 14],
});

test('a workbook with any byte changed, or cut anywhere', async () => {
  const place = fc.nat({ max: WORKBOOK.length - 1 });
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, change, cut) => {
      const content = cut ? WORKBOOK.subarray(0, at) : Buffer.from(WORKBOOK);
      if (!cut) content[at]! ^= change;
      await expectRowsOrReason(content, (path) => xlsSource({ name: 'xls', location: [path] }));
    }),
    { numRuns: 200 },
  );
});

test('any elements in the parts of a workbook', async () => {
  const text = fc.constantFrom(
    '<row r="1">',
    '<row>',
    '</row>',
    '<row r="x">',
    '<c t="s">',
    '<c r="A1">',
    '<c r="ZZZZ9">',
    '<c s="99">',
    '</c>',
    '<v>0</v>',
    '<v>1e999</v>',
    '<v>',
    '</v>',
    '<f/>',
    '<is><t>x</t></is>',
    '<sheetData>',
    '</sheetData>',
    '&amp;',
    '&x;',
    '<mergeCell ref="A1:ZZ9"/>',
    textCell('A1', 'h'),
    textRow(2, ['1']),
    '<!DOCTYPE a [<!ENTITY x "y">]>',
  );
  const xml = fc.array(text, { maxLength: 8 }).map((parts) => parts.join(''));
  const parts = [
    'xl/workbook.xml',
    'xl/styles.xml',
    'xl/sharedStrings.xml',
    'xl/_rels/workbook.xml.rels',
    '_rels/.rels',
  ];
  await fc.assert(
    fc.asyncProperty(xml, fc.option(fc.constantFrom(...parts)), xml, async (sheet, part, other) => {
      const replaced = part === null ? {} : { [part]: `<x>${other}</x>` };
      const content = workbookOf({
        sheets: { S: sheet },
        strings: ['<t>x</t>'],
        formats: [14],
        parts: replaced,
      });
      await expectRowsOrReason(content, (path) => xlsSource({ name: 'xls', location: [path] }));
    }),
    { numRuns: 200 },
  );
});

test('any archive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom('_rels/.rels', 'xl/workbook.xml', 'a'), fc.string()),
      async (parts) => {
        await expectRowsOrReason(zipOf(parts), (path) => xlsSource({ name: 'xls', location: [path] }));
      },
    ),
    { numRuns: 50 },
  );
});
