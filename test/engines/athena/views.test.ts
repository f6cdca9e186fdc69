import { describe, expect, it } from 'vitest';

import { awsAvailable } from '../../servers/aws.ts';
import { field } from '../lake.ts';
import { athenaFixture } from './athena.ts';
import { stateOf } from './states.ts';

describe.runIf(awsAvailable())('views in Athena', () => {
  const at = athenaFixture();

  async function statements(step: () => Promise<unknown>): Promise<string[]> {
    const before = at.aws.calls.length;
    await step();
    return at.aws.calls
      .slice(before)
      .filter(({ action }) => action === 'StartQueryExecution')
      .map(({ request }) => String(request['QueryString']));
  }

  it('the typed view is made once, and anew when its SQL or the types below it change', async () => {
    const csv = stateOf();
    await at.engine.ensureTable(csv);
    const [made, ...none] = await statements(() => at.engine.replaceViews(csv));
    expect(none).toEqual([]);
    expect(made).toBe(
      `CREATE OR REPLACE VIEW "openedx_table_people" AS\nSELECT\n  CAST(NULLIF("id", '') AS integer) AS "id",\n  "name"\nFROM "${at.database}"."openedx_raw_people"`,
    );
    expect(await at.table('openedx_table_people')).toMatchObject({ TableType: 'VIRTUAL_VIEW' });
    expect(await statements(() => at.engine.replaceViews(csv))).toEqual([]);

    const wider = stateOf({ fields: [field(1, 'id', 'int64'), field(2, 'name')] });
    await at.engine.ensureTable(wider);
    expect(await statements(() => at.engine.replaceViews(wider))).toHaveLength(1);
    expect(await statements(() => at.engine.replaceViews(wider))).toEqual([]);
  });

  it('it is made where to and in what work group the settings say', async () => {
    await at.engine.ensureTable(stateOf());
    await at.engine.replaceViews(stateOf());
    expect(
      at.aws.calls.find(
        ({ action, request }) =>
          action === 'StartQueryExecution' && String(request['QueryString']).includes(`"${at.database}"`),
      )?.request,
    ).toMatchObject({
      WorkGroup: 'primary',
      QueryExecutionContext: { Database: at.database },
      ResultConfiguration: { OutputLocation: 's3://results/' },
    });
  });

  it('one that somebody removed is made again', async () => {
    await at.engine.ensureTable(stateOf());
    await at.engine.replaceViews(stateOf());
    await at.aws.glue.deleteTable({ DatabaseName: at.database, Name: 'openedx_table_people' });
    expect(await statements(() => at.engine.replaceViews(stateOf()))).toHaveLength(1);
  });

  it('one that Athena refuses fails with its reason, and is tried again next time', async () => {
    await at.engine.ensureTable(stateOf());
    at.aws.setRule(({ action }) =>
      action === 'GetQueryExecution'
        ? {
            change: () => ({
              QueryExecution: {
                Status: { State: 'FAILED', StateChangeReason: "line 3:8: Column 'x' cannot be resolved" },
              },
            }),
          }
        : undefined,
    );
    await expect(at.engine.replaceViews(stateOf())).rejects.toMatchObject({
      code: 'catalog-failed',
      message:
        "Could not make the view openedx_table_people in Athena: line 3:8: Column 'x' cannot be resolved",
    });
    at.aws.setRule(undefined);
    expect(await statements(() => at.engine.replaceViews(stateOf()))).toHaveLength(1);
  });

  it.each([
    [
      'a table of that name',
      { TableType: 'EXTERNAL_TABLE' },
      'it is no view but a table of type EXTERNAL_TABLE',
    ],
    [
      'a view of other tables',
      { TableType: 'VIRTUAL_VIEW', ViewOriginalText: viewText('SELECT * FROM "other"') },
      'it is a view that does not read openedx_raw_people',
    ],
  ])('%s is never replaced or dropped', async (_, table, why) => {
    await at.engine.ensureTable(stateOf());
    const input = { Name: 'openedx_table_people', StorageDescriptor: { Columns: [] }, ...table };
    await at.aws.glue.createTable({ DatabaseName: at.database, TableInput: input });
    const foreign = {
      code: 'catalog-foreign',
      message: `The catalog has another table openedx_table_people: ${why}.`,
    };
    await expect(at.engine.replaceViews(stateOf())).rejects.toMatchObject(foreign);
    await expect(at.engine.drop(stateOf())).rejects.toMatchObject(foreign);
    expect(await at.table('openedx_table_people')).toMatchObject(table);
    expect(await at.table('openedx_raw_people')).toBeDefined();
  });

  it('a view over views is made as it is given, and dropped', async () => {
    const { engine } = at;
    const view = {
      name: 'openedx_view_Who',
      sql: 'SELECT 1 FROM openedx_table_people',
      reads: ['openedx_table_people'],
    };
    expect(await statements(() => engine.replaceDerivedView!(view))).toEqual([
      `CREATE OR REPLACE VIEW "openedx_view_who" AS\n${view.sql}`,
    ]);
    expect(await engine.dropDerivedView!(view)).toBe(true);
    expect(await at.table('openedx_view_who')).toBeUndefined();
    expect(await engine.dropDerivedView!(view)).toBe(false);
  });

  it('a view over views of somebody else is left alone', async () => {
    const { engine } = at;
    const theirs = { name: 'who', sql: 'SELECT 1 FROM theirs', reads: ['theirs'] };
    await engine.replaceDerivedView!(theirs);
    const ours = { ...theirs, sql: 'SELECT 1 FROM ours', reads: ['ours'] };
    for (const step of [engine.replaceDerivedView!, engine.dropDerivedView!])
      await expect(step(ours)).rejects.toMatchObject({
        code: 'catalog-foreign',
        message: 'The catalog has another table who: it is a view that does not read ours.',
      });
  });

  it('a view of the original is taken over', async () => {
    await at.engine.ensureTable(stateOf());
    await at.aws.glue.createTable({
      DatabaseName: at.database,
      TableInput: {
        Name: 'openedx_table_people',
        TableType: 'VIRTUAL_VIEW',
        ViewOriginalText: viewText(
          'SELECT CASE id WHEN \'NULL\' THEN NULL ELSE CAST(id AS INT) END id FROM "panorama"."openedx_raw_people"',
        ),
        StorageDescriptor: { Columns: [] },
      },
    });
    expect(await statements(() => at.engine.replaceViews(stateOf()))).toHaveLength(1);
    expect(await statements(() => at.engine.replaceViews(stateOf()))).toEqual([]);
  });
});

/** How Athena keeps a view's SQL in Glue. */
function viewText(originalSql: string): string {
  return `/* Presto View: ${Buffer.from(JSON.stringify({ originalSql })).toString('base64')} */`;
}
