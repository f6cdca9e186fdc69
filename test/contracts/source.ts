import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  ALL_TYPES,
  type ExpectedTable,
  type PreparedSource,
  sourceContract as everySource,
} from '../../src/contracts/source.ts';
import { ALL_TYPES_SQL } from './all-types.ts';

export { collectRows } from '../../src/contracts/source.ts';

/**
 * The cases of every source, and those of a database that a script makes.
 * @param setup makes a source over that database
 * @param expected what the script's tables must come out as
 */
export function sourceContract(
  name: string,
  setup: (sql: string) => Promise<PreparedSource>,
  expected: readonly ExpectedTable[] = ALL_TYPES,
): void {
  describe(`a database: ${name}`, () => {
    let prepared: PreparedSource;

    beforeAll(async () => {
      prepared = await setup(ALL_TYPES_SQL);
    });
    afterAll(() => prepared?.dispose());

    everySource(name, async () => ({ source: prepared.source, dispose: async () => {} }), expected);

    test('lists tables in order of name, no views, with the declared types of the database', async () => {
      const session = await prepared.source.open();
      try {
        expect(await session.tables()).toEqual(expected.map(({ table }) => table));
        const { fields } = await session.describe('numbers');
        const declared = Object.fromEntries(fields.map((field) => [field.name, field.declared]));
        expect(declared['big_u']).toMatch(/^bigint(\(20\))? unsigned$/);
        expect(declared['dec_65_30']).toBe('decimal(65,30)');
      } finally {
        await session.close();
      }
    });
  });
}
