import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, cellBytes } from '../rows/batch.ts';
import type { Field } from '../rows/field.ts';
import type { PartitionValues, Source, SourceSession } from '../sources/source.ts';
import { ALL_TYPES, type ExpectedTable } from './all-types.ts';

export { ALL_TYPES, type ExpectedTable } from './all-types.ts';

/** A source that holds the tables of the suite. */
export interface PreparedSource {
  readonly source: Source;
  dispose(): Promise<void>;
}

/** Cells as one character per byte; NULL is null. */
export type Rows = (string | null)[][];

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
 * The cases that every {@link Source} passes. Runs in vitest. Those of optional abilities are skipped where a session
 * lacks them.
 * @param setup makes a source that holds the tables; called once
 * @param tables some of {@link ALL_TYPES}, where the source cannot hold every type, or others: one at least with two rows
 *   or more, three where sessions sweep. By the table `times` of {@link ALL_TYPES} changed partitions are asked for
 */
export function sourceContract(
  name: string,
  setup: (tables: readonly ExpectedTable[]) => Promise<PreparedSource>,
  tables: readonly ExpectedTable[] = ALL_TYPES,
): void {
  const filled = tables.filter(({ rows }) => rows.length > 1);
  const hasTimes = tables.some(({ table }) => table === 'times');

  describe(`source contract: ${name}`, () => {
    let prepared: PreparedSource;
    let session: SourceSession;

    beforeAll(async () => {
      prepared = await setup(tables);
      session = await prepared.source.open();
    });
    afterAll(async () => {
      await session?.close();
      await prepared?.dispose();
    });

    const read = async (table: string, fields: readonly Field[]): Promise<Rows> =>
      collectRows(session.read({ table, fields }));

    test('every table is listed once', async () => {
      expect([...(await session.tables())].sort()).toEqual(tables.map(({ table }) => table).sort());
    });

    test.each(tables)('$table is described by its types, keys and nullability', async (expected) => {
      const schema = await session.describe(expected.table);
      expect(schema.table).toBe(expected.table);
      expect(schema.primaryKey).toEqual(expected.primaryKey);
      expect(schema.fields.map((field) => [field.name, field.type, field.nullable])).toEqual(expected.fields);
    });

    test.each(tables)('$table comes out cell by cell', async (expected) => {
      const { fields } = await session.describe(expected.table);
      expect(sorted(await read(expected.table, fields))).toEqual(sorted(hexRows(expected.rows)));
    });

    test.each(tables)('$table by a part of its columns in another order', async (expected) => {
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

    test.each(tables)('$table tells how its types are declared', async ({ table }) => {
      for (const { declared } of (await session.describe(table)).fields) expect(declared).toMatch(/\S/);
    });

    test('a table that does not exist', async () => {
      await expect(session.describe('nowhere')).rejects.toMatchObject({ code: 'unknown-table' });
      const { fields } = await session.describe(tables[0]!.table);
      await expect(read('nowhere', fields)).rejects.toMatchObject({ code: 'unknown-table' });
    });

    test('a column that does not exist', async () => {
      const { table } = tables[0]!;
      const { fields } = await session.describe(table);
      const unknown = { ...fields[0]!, name: 'nowhere' };
      await expect(read(table, [unknown])).rejects.toMatchObject({ code: 'unknown-column' });
    });

    test('reading again after stopping early', async () => {
      const { table, rows } = filled.at(-1)!;
      const { fields } = await session.describe(table);
      for await (const batch of session.read({ table, fields })) {
        expect(batch.rows).toBeGreaterThan(0);
        break;
      }
      const unused = session.read({ table, fields })[Symbol.asyncIterator]();
      await unused.return?.();
      expect(await read(table, fields)).toHaveLength(rows.length);
    });

    test('a sweep gives what reading table by table gives', async ({ skip }) => {
      skip(session.sweep === undefined, 'the source is read table by table');
      const found: Record<string, string[]> = {};
      for await (const { schema, batches } of session.sweep!((schema) => schema.fields)) {
        expect(schema).toEqual(await describeAnew(schema.table));
        found[schema.table] = sorted(await collectRows(batches));
      }
      const expected = Object.fromEntries(tables.map((t) => [t.table, sorted(hexRows(t.rows))]));
      expect(found).toEqual(expected);
    });

    test('a sweep of some tables, one of them left early, one not read at all', async ({ skip }) => {
      skip(session.sweep === undefined, 'the source is read table by table');
      const [unread, broken, ...whole] = filled;
      const wanted = new Set(filled.map(({ table }) => table));
      const met: string[] = [];
      for await (const { schema, batches } of session.sweep!((s) =>
        wanted.has(s.table) ? s.fields : undefined,
      )) {
        met.push(schema.table);
        if (schema.table === unread!.table) continue;
        if (schema.table === broken!.table) for await (const _ of batches) break;
        else {
          const { rows } = whole.find(({ table }) => table === schema.table)!;
          expect(await collectRows(batches)).toHaveLength(rows.length);
        }
      }
      expect(met.sort()).toEqual([...wanted].sort());
    });

    test.for(tables)('$table by partitions of any column, or of two', async (expected, { skip }) => {
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
      skip(!hasTimes, 'the source has no table times');
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
      skip(!hasTimes, 'the source has no table times');
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

    test('a probe asks for columns and no row', async () => {
      if (session.probe === undefined) return;
      for (const { table } of tables) {
        const { fields } = await session.describe(table);
        await session.probe({ table, fields });
        const unknown = { ...fields[0]!, name: 'nowhere' };
        await expect(session.probe({ table, fields: [unknown] })).rejects.toMatchObject({
          code: 'unknown-column',
        });
      }
    });

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
        const waiting = tables.slice();
        const found: Record<string, string[]> = {};
        const work = async (): Promise<void> => {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            const { fields } = await wide.describe(next.table);
            await wide.estimateRows?.(next.table);
            found[next.table] = sorted(await collectRows(wide.read({ table: next.table, fields })));
          }
        };
        await Promise.all(Array.from({ length: granted }, work));
        expect(found).toEqual(Object.fromEntries(tables.map((t) => [t.table, sorted(hexRows(t.rows))])));
      } finally {
        await wide.close();
      }
    });

    test('sessions stand beside each other, and closing twice is closing once', async () => {
      const other = await prepared.source.open();
      expect(await other.tables()).toHaveLength(tables.length);
      if (other.opened !== undefined) {
        expect(other.opened).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
        expect(Date.parse(other.opened)).toBeGreaterThan(0);
      }
      expect(other.alive?.()).not.toBe(false);
      await other.close();
      await other.close();
      expect(other.alive?.()).not.toBe(true);
      expect(await session.tables()).toHaveLength(tables.length);
    });
  });
}
