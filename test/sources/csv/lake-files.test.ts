import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { csvFormat } from '../../../src/formats/csv.ts';
import { batchOf } from '../../../src/rows/batch.ts';
import { csvSource } from '../../../src/sources/csv/csv-source.ts';
import { tempDir } from '../../temp-dir.ts';
import { readTable } from '../read-table.ts';

const path = join(tempDir(), 't.csv');

/** Line ends are written as two characters, for Hive reads by lines (docs/reference/types.md); all else comes back. */
const text = fc
  .array(fc.constantFrom('a', '"', '\\', ',', ' ', '\t', 'é', '😀', '\0', 'N', 'n', "'", ';'), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));
const row = fc.tuple(fc.option(text), fc.option(text), fc.option(fc.integer().map(String)));

test('files of a lake are read back with the escape that they are written with', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 8 }), async (rows) => {
      const parts: Uint8Array[] = [];
      const keep = async (bytes: Uint8Array): Promise<void> => void parts.push(Uint8Array.from(bytes));
      const fields = ['a', 'b "c"', 'n'].map((name, i) => ({
        name,
        id: i + 1,
        type: { kind: name === 'n' ? 'int32' : 'text' } as const,
        nullable: true,
        private: false,
      }));
      const writer = csvFormat().open('t', fields, { write: keep });
      const batch = batchOf(3, rows);
      await writer.write(batch);
      batch.release();
      await writer.finish();
      writeFileSync(path, Buffer.concat(parts));
      const tables = [{ name: 't', fields: [{ name: 'n', type: 'int' }] }];
      const source = csvSource({ name: 'csv', location: [path], escape: '\\', tables });
      expect(await readTable(source)).toEqual({
        columns: ['a', 'b "c"', 'n'],
        types: ['text', 'text', 'int32'],
        rows,
      });
    }),
    { numRuns: 300 },
  );
});
