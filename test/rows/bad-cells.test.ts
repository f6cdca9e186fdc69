import fc from 'fast-check';
import { expect, test } from 'vitest';

import { csvFormat } from '../../src/formats/csv.ts';
import { findBadCell } from '../../src/rows/bad-cells.ts';
import { batchOf, type Cell } from '../../src/rows/batch.ts';
import { type FieldType, typeText } from '../../src/rows/field.ts';

const TYPES: readonly FieldType[] = [
  ...(
    ['boolean', 'int32', 'int64', 'float32', 'float64', 'date', 'timestamp', 'text', 'binary'] as const
  ).map((kind): FieldType => ({ kind })),
  { kind: 'decimal', precision: 5, scale: 2 },
  { kind: 'decimal', precision: 38, scale: 10 },
];

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    '12.50',
    '999.99',
    '1000.00',
    '1e38',
    '1e39',
    '2147483648',
    '9223372036854775808',
  ),
  fc.constantFrom(
    '2024-02-29',
    '2023-02-29',
    '0000-00-00',
    '2024-02-29 23:59:59.5',
    '2024-02-29 25:00:00',
    ' 1',
    'x',
  ),
  fc.string(),
  fc.uint8Array({ maxLength: 4 }),
);

/** True where a writer takes the cells. */
async function isWritable(type: FieldType, cells: readonly Cell[]): Promise<boolean> {
  const sink = { write: async () => {} };
  const field = { name: 'c', type, nullable: true, id: 1, declared: '', private: false };
  const writer = csvFormat().open('t', [field], sink);
  const batch = batchOf(
    1,
    cells.map((value) => [value]),
  );
  try {
    await writer.write(batch);
    writer.abort();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad-value' });
    return false;
  } finally {
    batch.release();
  }
}

test.each(TYPES.map((type) => [typeText(type), type] as const))(
  'the first cell that is no %s, by the judgement of the writers',
  async (_, type) => {
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 6 }), async (cells) => {
        const verdicts: boolean[] = [];
        for (const value of cells) verdicts.push(await isWritable(type, [value]));
        const batch = batchOf(
          2,
          cells.map((value) => ['other', value]),
        );
        expect(findBadCell(batch, 1, type)).toBe(verdicts.indexOf(false));
        batch.release();
      }),
      { numRuns: 200 },
    );
  },
);
