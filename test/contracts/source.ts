import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, cellBytes } from '../../src/rows/batch.ts';
import type { Field } from '../../src/rows/field.ts';
import type { PartitionValues, Source, SourceSession } from '../../src/sources/source.ts';
import { ALL_TYPES, ALL_TYPES_SQL, type ExpectedTable } from './all-types.ts';

/** A source over the database that a script makes. */
export interface PreparedSource {
  readonly source: Source;
  dispose(): Promise<void>;
}

/** Cells as one character per byte; NULL is null. */
type Rows = (string | null)[][];

/** The rows of batches, cell by cell. */
export async function collectRows(batches: AsyncIterable<Batch>): Promise<Rows> {
  const rows: Rows = [];
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      rows.push(
        batch.columns.map((column) => {
          const bytes = cellBytes(column, row);
          return bytes === null ? null : Buffer.from(bytes).toString('latin1');
        }),
      );
    }
  }
  return rows;
}

const sorted = (rows: Rows): string[] => rows.map((row) => JSON.stringify(row)).sort();

const hexRows = (rows: readonly (readonly (string | Uint8Array | null)[])[]): Rows =>
  rows.map((row) =>
    row.map((cell) => (cell === null ? null : Buffer.from(cell as string).toString('latin1'))),
  );

const bytes = (cells: readonly (string | null)[]): PartitionValues =>
  cells.map((cell) => (cell === null ? null : Buffer.from(cell, 'latin1')));

const latin1 = (values: readonly PartitionValues[]): Rows =>
  values.map((combination) => combination.map((value) => value?.toString('latin1') ?? null));

/** Rows without those that are there already. */
const distinct = (rows: Rows): Rows =>
  [...new Set(rows.map((row) => JSON.stringify(row)))].map((row) => JSON.parse(row) as Rows[number]);

/**
 * The cases that every {@link Source} passes.
 * @param setup makes a source over the database that the script creates; called once
 * @param allTypes what the script's tables must come out as
 */
export function sourceContract(
  name: string,
  setup: (sql: string) => Promise<PreparedSource>,
  allTypes: readonly ExpectedTable[] = ALL_TYPES,
): void {
  describe(`source contract: ${name}`, () => {
    let prepared: PreparedSource;
    let session: SourceSession;

    beforeAll(async () => {
      prepared = await setup(ALL_TYPES_SQL);
      session = await prepared.source.open();
    });
    afterAll(async () => {
      await session?.close();
      await prepared?.dispose();
    });

    const read = async (table: string, fields: readonly Field[]): Promise<Rows> =>
      collectRows(session.read({ table, fields }));

    test('tables are the base tables in order of name', async () => {
      expect(await session.tables()).toEqual(allTypes.map((expected) => expected.table));
    });

    test.each(allTypes)('$table is described by its types, keys and nullability', async (expected) => {
      const schema = await session.describe(expected.table);
      expect(schema.table).toBe(expected.table);
      expect(schema.primaryKey).toEqual(expected.primaryKey);
      expect(schema.fields.map((field) => [field.name, field.type, field.nullable])).toEqual(expected.fields);
    });

    test.each(allTypes)('$table comes out cell by cell', async (expected) => {
      const { fields } = await session.describe(expected.table);
      expect(sorted(await read(expected.table, fields))).toEqual(sorted(hexRows(expected.rows)));
    });

    test.each(allTypes)('$table by a part of its columns in another order', async (expected) => {
      const { fields } = await session.describe(expected.table);
      const places = fields.map((_, place) => place).filter((place) => place !== 0 || fields.length < 3);
      places.reverse();
      const part = await read(
        expected.table,
        places.map((place) => fields[place]!),
      );
      expect(sorted(part)).toEqual(
        sorted(hexRows(expected.rows).map((row) => places.map((place) => row[place]!))),
      );
    });

    test('the declared type is the one of the source', async () => {
      const { fields } = await session.describe('numbers');
      const declared = Object.fromEntries(fields.map((field) => [field.name, field.declared]));
      expect(declared['big_u']).toMatch(/^bigint(\(20\))? unsigned$/);
      expect(declared['dec_65_30']).toBe('decimal(65,30)');
    });

    test('a table that does not exist', async () => {
      await expect(session.describe('nowhere')).rejects.toMatchObject({ code: 'unknown-table' });
      const { fields } = await session.describe('texts');
      await expect(read('nowhere', fields)).rejects.toMatchObject({ code: 'unknown-table' });
    });

    test('a view is not listed as a table', async () => {
      expect(await session.tables()).not.toContain('a_view');
    });

    test('a column that does not exist', async () => {
      const { fields } = await session.describe('texts');
      const unknown = { ...fields[0]!, name: 'nowhere' };
      await expect(read('texts', [unknown])).rejects.toMatchObject({ code: 'unknown-column' });
    });

    test('reading again after stopping early', async () => {
      const { fields } = await session.describe('texts');
      for await (const batch of session.read({ table: 'texts', fields })) {
        expect(batch.rows).toBeGreaterThan(0);
        break;
      }
      const unused = session.read({ table: 'texts', fields })[Symbol.asyncIterator]();
      await unused.return?.();
      expect(await read('texts', fields)).toHaveLength(7);
    });

    test('a sweep gives what reading table by table gives', async () => {
      if (session.sweep === undefined) return;
      const found: Record<string, string[]> = {};
      for await (const { schema, batches } of session.sweep((schema) => schema.fields)) {
        expect(schema).toEqual(await describeAnew(schema.table));
        found[schema.table] = sorted(await collectRows(batches));
      }
      const expected = Object.fromEntries(allTypes.map((t) => [t.table, sorted(hexRows(t.rows))]));
      expect(found).toEqual(expected);
    });

    test('a sweep of some tables, one of them left early, one not read at all', async () => {
      if (session.sweep === undefined) return;
      const wanted = new Set(['bytes', 'numbers', 'texts', 'times']);
      const met: string[] = [];
      for await (const { schema, batches } of session.sweep((s) =>
        wanted.has(s.table) ? s.fields : undefined,
      )) {
        met.push(schema.table);
        if (schema.table === 'bytes') continue;
        if (schema.table === 'numbers') for await (const _ of batches) break;
        else expect(await collectRows(batches)).toHaveLength(schema.table === 'texts' ? 7 : 6);
      }
      expect(met.sort()).toEqual([...wanted]);
    });

    test.for(allTypes)('$table by partitions of any column, or of two', async (expected, { skip }) => {
      skip(session.changedPartitions === undefined, 'the source cannot tell which partitions changed');
      const { table } = expected;
      const { fields } = await session.describe(table);
      const all = await read(table, fields);
      const some = async (places: readonly number[], wanted: Rows): Promise<void> => {
        const partitions = { fields: places.map((place) => fields[place]!), values: wanted.map(bytes) };
        const texts = new Set(wanted.map((cells) => JSON.stringify(cells)));
        const rows = all.filter((row) => texts.has(JSON.stringify(places.map((place) => row[place]!))));
        expect(sorted(await collectRows(session.read({ table, fields, partitions })))).toEqual(sorted(rows));
      };
      for (const place of fields.keys()) {
        const values = distinct(all.map((row) => [row[place]!]));
        for (const value of values) await some([place], [value]);
        await some([place], [...values, ...values, ['no such value'], [null]]);
        const other = (place + 1) % fields.length;
        const pairs = distinct(all.map((row) => [row[other]!, row[place]!]));
        await some([other, place], pairs.slice(1));
        await some([other, place], [['no', 'such pair']]);
      }
      await some([0], []);
    });

    test('partitions that changed lately, or at an unknown time, by every column', async ({ skip }) => {
      skip(session.changedPartitions === undefined, 'the source cannot tell which partitions changed');
      const { fields } = await session.describe('times');
      const all = await read('times', fields);
      const now = new Date().toISOString().slice(0, 10);
      for (const [stamp, { name, type }] of fields.entries()) {
        if (type.kind !== 'date' && type.kind !== 'timestamp') continue;
        const changed = all.filter((row) => row[stamp] === null || row[stamp]! > now);
        expect(changed).toHaveLength(2);
        for (const place of fields.keys()) {
          const partitionFields = [fields[place]!, fields[0]!];
          const request = { table: 'times', partitionFields, timestampField: name, interval: '1 hour' };
          const listed = latin1(await session.changedPartitions!(request));
          expect(sorted(listed)).toEqual(sorted(distinct(changed.map((row) => [row[place]!, row[0]!]))));
        }
      }
    });

    test('changes of what does not exist, or by what is no time', async ({ skip }) => {
      skip(session.changedPartitions === undefined, 'the source cannot tell which partitions changed');
      const { fields } = await session.describe('times');
      const request = {
        table: 'times',
        partitionFields: [fields[0]!],
        timestampField: 'moment',
        interval: '1 hour',
      };
      const unknown = { ...fields[0]!, name: 'nowhere' };
      for (const [change, code] of [
        [{ table: 'nowhere' }, 'unknown-table'],
        [{ timestampField: 'nowhere' }, 'unknown-column'],
        [{ partitionFields: [unknown] }, 'unknown-column'],
        [{ timestampField: 'id' }, 'settings-invalid'],
        [{ timestampField: 'span' }, 'settings-invalid'],
        [{ interval: '1 fortnight' }, 'settings-invalid'],
      ] as const)
        await expect(session.changedPartitions!({ ...request, ...change })).rejects.toMatchObject({ code });
      const partitions = { fields: [unknown], values: [bytes(['1'])] };
      await expect(collectRows(session.read({ table: 'times', fields, partitions }))).rejects.toMatchObject({
        code: 'unknown-column',
      });
    });

    const describeAnew = async (table: string): Promise<unknown> => {
      const other = await prepared.source.open();
      try {
        return await other.describe(table);
      } finally {
        await other.close();
      }
    };

    test('check tells what was reached', async () => {
      const lines = await session.check();
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).not.toMatch(/\n/);
    });

    test('as many reads at a time as the session grants, with questions between', async () => {
      const wide = await prepared.source.open({ parallel: 3 });
      try {
        const granted = wide.parallel ?? 1;
        expect(granted).toBeGreaterThanOrEqual(1);
        expect(granted).toBeLessThanOrEqual(3);
        const waiting = allTypes.slice();
        const found: Record<string, string[]> = {};
        const work = async (): Promise<void> => {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            const { fields } = await wide.describe(next.table);
            await wide.estimateRows?.(next.table);
            found[next.table] = sorted(await collectRows(wide.read({ table: next.table, fields })));
          }
        };
        await Promise.all(Array.from({ length: granted }, work));
        expect(found).toEqual(Object.fromEntries(allTypes.map((t) => [t.table, sorted(hexRows(t.rows))])));
      } finally {
        await wide.close();
      }
    });

    test('sessions stand beside each other, and closing twice is closing once', async () => {
      const other = await prepared.source.open();
      expect(await other.tables()).toHaveLength(allTypes.length);
      await other.close();
      await other.close();
      expect(await session.tables()).toHaveLength(allTypes.length);
    });
  });
}
