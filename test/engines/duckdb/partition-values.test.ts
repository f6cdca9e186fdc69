import fc from 'fast-check';
import { expect, test } from 'vitest';

import { duckdbEngine } from '../../../src/engines/duckdb/duckdb-engine.ts';
import { ask } from '../../../src/contracts/engine.ts';
import { field, partitionField, testLake } from '../lake.ts';

const value = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom(...'%/=+ \\"\'_25FaÜ日\n\u0000'), maxLength: 12 }),
  },
  { weight: 1, arbitrary: fc.constantFrom(null, '', '__HIVE_DEFAULT_PARTITION__', 'NULL') },
);

test('whatever the values of two partition columns, they come back', async () => {
  const rows = fc.uniqueArray(fc.tuple(value, value), {
    minLength: 1,
    maxLength: 40,
    selector: (pair) => JSON.stringify(pair),
  });
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom('parquet', 'csv'), async (partitions, format) => {
      const lake = await testLake();
      const engine = duckdbEngine({ locate: lake.locate, tables: async () => [...lake.states.values()] });
      try {
        await lake.write({
          table: 't',
          format: format as 'parquet' | 'csv',
          fields: [field(1, 'id', 'int32')],
          partitionFields: [partitionField(2, 'a=/é'), partitionField(3, 'b')],
          files: partitions.map((partition, i) => ({ partition, rows: [[String(i)]] })),
        });
        const answer = await ask(engine, 'SELECT "a=/é", b FROM openedx_table_t ORDER BY id');
        expect(answer.rows).toEqual(partitions);
      } finally {
        await engine.close();
        await lake.close();
      }
    }),
    { numRuns: 12 },
  );
});
