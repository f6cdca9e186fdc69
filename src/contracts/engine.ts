import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Engine, ResultColumn } from '../engines/engine.ts';
import { engineTypeName } from '../engines/engine.ts';
import type { TableState } from '../lake/table-state.ts';
import type { FieldType } from '../rows/field.ts';
import { AWKWARD, VALUES } from './engine-values.ts';
import { field, partitionField, type TestTable } from './lake.ts';

export { type TestTable, writeTable } from './lake.ts';

/** An engine over an empty lake of its own. */
export interface EngineFixture {
  readonly engine: Engine;
  /**
   * Writes a table's files, by {@link writeTable}, and answers its state; writing it again replaces it. An engine that
   * keeps no catalog must find the state from then on.
   */
  write(table: TestTable): Promise<TableState>;
  close(): Promise<void>;
}

/** All rows of a query. */
export async function ask(
  engine: Engine,
  sql: string,
): Promise<{ columns: readonly ResultColumn[]; rows: (string | null)[][] }> {
  const result = await engine.query(sql);
  try {
    const rows: (string | null)[][] = [];
    for await (const group of result.rows()) rows.push(...group.map((row) => [...row]));
    return { columns: result.columns, rows };
  } finally {
    await result.close();
  }
}

const names: TestTable = {
  table: 'people',
  fields: [field(1, 'id', 'int64'), field(2, 'name')],
  files: [
    {
      rows: [
        ['1', 'Ana'],
        ['2', null],
        ['3', ''],
      ],
    },
  ],
};

/**
 * The cases that every {@link Engine} passes. Runs in vitest.
 * @param open gives a fresh engine; called for each case
 */
export function engineContract(name: string, open: () => Promise<EngineFixture>): void {
  describe(`engine ${name}`, () => {
    let fixture: EngineFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    async function publish(table: TestTable): Promise<TableState> {
      const state = await fixture.write(table);
      await fixture.engine.ensureTable(state);
      await fixture.engine.syncPartitions?.(state, []);
      await fixture.engine.replaceViews(state);
      return state;
    }

    const query = (sql: string): ReturnType<typeof ask> => ask(fixture.engine, sql);

    for (const format of ['parquet', 'csv'] as const) {
      test.each(VALUES)(`${format}: $type comes back exactly with its type`, async ({ type, cells }) => {
        await publish({
          table: 't',
          format,
          fields: [field(1, 'n', 'int32'), field(2, 'v', type)],
          files: [{ rows: cells.map(([stored], i) => [String(i), stored]) }],
        });
        const { columns, rows } = await query('SELECT v FROM openedx_table_t ORDER BY n');
        expect(columns[0]!.type).toBe(engineTypeName(fixture.engine.types, type));
        const merged = format === 'csv' && !fixture.engine.capabilities.emptyCsvText;
        expect(rows.map(([v]) => v)).toEqual(cells.map(([, text]) => (merged && text === '' ? null : text)));
      });

      test(`${format}: a table without files has its columns and types`, async () => {
        const fields = VALUES.map(({ type }, i) => field(i + 1, `c${i}`, type));
        await publish({
          table: 't',
          format,
          fields,
          partitionFields: [partitionField(90, 'p', 'int32')],
          files: [],
        });
        const { columns, rows } = await query('SELECT * FROM openedx_table_t');
        expect(rows).toEqual([]);
        const types = [...VALUES.map(({ type }) => type), { kind: 'int32' } as const];
        expect(columns.map(({ type }) => type)).toEqual(
          types.map((type) => engineTypeName(fixture.engine.types, type)),
        );
        expect((await query('SELECT * FROM openedx_raw_t')).columns).toHaveLength(types.length);
      });

      test(`${format}: a column added later is NULL in older files, also where no file has it`, async () => {
        const id = field(1, 'id', 'int32');
        await publish({
          table: 't',
          format,
          fields: [id, field(2, 'added', 'date'), field(3, 'unseen')],
          partitionFields: [partitionField(4, 'k')],
          files: [
            { partition: ['old'], fields: [id], rows: [['1']] },
            { partition: ['new'], fields: [id, field(2, 'added', 'date')], rows: [['2', '2024-02-29']] },
          ],
        });
        const { rows } = await query('SELECT * FROM openedx_table_t ORDER BY id');
        expect(rows).toEqual([
          ['1', null, null, 'old'],
          ['2', '2024-02-29', null, 'new'],
        ]);
      });

      test(`${format}: partition values come back exactly and can be asked for`, async () => {
        await publish({
          table: 't',
          format,
          fields: [field(1, 'id', 'int32')],
          partitionFields: [partitionField(2, 'k')],
          files: AWKWARD.map((value, i) => ({ partition: [value], rows: [[String(i)]] })),
        });
        const merged = !fixture.engine.capabilities.emptyPartitionText;
        const expected = AWKWARD.map((value) => (merged && value === '' ? null : value));
        for (const view of ['openedx_raw_t', 'openedx_table_t']) {
          const { rows } = await query(`SELECT k FROM ${view} ORDER BY CAST(id AS INTEGER)`);
          expect(rows.map(([k]) => k)).toEqual(expected);
        }
        for (const [i, value] of AWKWARD.entries()) {
          if (value === null || value === '') continue;
          const text = value.replaceAll("'", "''");
          const { rows } = await query(`SELECT id, k FROM openedx_table_t WHERE k = '${text}'`);
          expect(rows).toEqual([[String(i), value]]);
        }
      });

      test(`${format}: several partition columns have their types`, async () => {
        await publish({
          table: 't',
          format,
          fields: [field(1, 'id', 'int32')],
          partitionFields: [
            partitionField(2, 'lms'),
            partitionField(3, 'year', 'int32'),
            partitionField(4, 'day', 'date'),
          ],
          files: [
            { partition: ['a.example', '2024', '2024-02-29'], rows: [['1']] },
            { partition: ['a.example', '2025', null], rows: [['2']] },
          ],
        });
        const { columns, rows } = await query(
          'SELECT * FROM openedx_table_t WHERE year > 2023 ORDER BY year',
        );
        expect(rows).toEqual([
          ['1', 'a.example', '2024', '2024-02-29'],
          ['2', 'a.example', '2025', null],
        ]);
        const types = [
          { kind: 'int32' },
          { kind: 'text' },
          { kind: 'int32' },
          { kind: 'date' },
        ] as FieldType[];
        expect(columns.map(({ type }) => type)).toEqual(
          types.map((type) => engineTypeName(fixture.engine.types, type)),
        );
      });
    }

    test('a renamed column keeps its values where columns have numbers', async () => {
      for (const format of fixture.engine.capabilities.columnsById) {
        await publish({
          table: format,
          format,
          fields: [field(1, 'id', 'int64'), field(2, 'new_name')],
          files: [{ fields: [field(2, 'old_name'), field(1, 'id', 'int32')], rows: [['x', '1']] }],
        });
        expect((await query(`SELECT id, new_name FROM openedx_table_${format}`)).rows).toEqual([['1', 'x']]);
      }
    });

    test('a new version of a table is seen at once', async () => {
      await publish(names);
      await publish({ ...names, files: [{ rows: [['9', 'Zoë']] }] });
      expect((await query('SELECT id, name FROM openedx_table_people')).rows).toEqual([['9', 'Zoë']]);
    });

    test('a dropped table is gone, again without an error, and can come back', async () => {
      const state = await publish(names);
      await fixture.write({ ...names, registered: false });
      await fixture.engine.drop(state);
      await fixture.engine.drop(state);
      await expect(query('SELECT * FROM openedx_table_people')).rejects.toMatchObject({
        code: 'table-not-in-lake',
      });
      await publish(names);
      expect((await query('SELECT count(*) FROM openedx_table_people')).rows).toEqual([['3']]);
    });

    test('an unknown table is answered with near names', async () => {
      await publish(names);
      await expect(query('SELECT * FROM openedx_table_poeple')).rejects.toMatchObject({
        code: 'table-not-in-lake',
        message: expect.stringContaining('openedx_table_people') as string,
        hint: expect.stringContaining('panorama tables') as string,
      });
    });

    test.each([
      'CREATE TABLE x (a INTEGER)',
      'DROP VIEW openedx_table_people',
      'INSERT INTO openedx_table_people VALUES (1)',
      'SELECT 1; SELECT 2',
      '',
      '-- nothing',
      'EXPLAIN DROP VIEW openedx_table_people',
      'DELETE FROM openedx_table_people',
    ])('%j is not run', async (sql) => {
      await publish(names);
      await expect(query(sql)).rejects.toMatchObject({ code: 'query-not-allowed' });
      expect((await query('SELECT count(*) FROM openedx_table_people')).rows).toEqual([['3']]);
    });

    test('a mistake in the SQL is told as the engine tells it', async () => {
      await publish(names);
      await expect(query('SELECT nme FROM openedx_table_people')).rejects.toMatchObject({
        code: 'query-failed',
        message: expect.stringContaining('nme') as string,
      });
    });

    test('a query is stopped by its signal', async () => {
      const controller = new AbortController();
      controller.abort();
      await expect(fixture.engine.query('SELECT 1', { signal: controller.signal })).rejects.toMatchObject({
        code: 'interrupted',
      });
    });
  });
}
