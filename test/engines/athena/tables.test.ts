import type { TableInput } from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';

import { awsAvailable } from '../../servers/aws.ts';
import { field, partitionField } from '../lake.ts';
import { athenaFixture } from './athena.ts';
import { basePartition, stateOf } from './states.ts';

/** The table that the original makes of `people`, as Glue has it after its DDL. */
const original: TableInput = {
  Name: 'openedx_raw_people',
  TableType: 'EXTERNAL_TABLE',
  Parameters: {
    EXTERNAL: 'TRUE',
    'skip.header.line.count': '1',
    classification: 'csv',
    transient_lastDdlTime: '1',
  },
  PartitionKeys: [{ Name: 'lms', Type: 'string' }],
  StorageDescriptor: {
    Columns: [
      { Name: 'id', Type: 'string', Comment: 'from deserializer' },
      { Name: 'name', Type: 'string', Comment: 'of the person' },
    ],
    Location: 's3://lake/openedx/people',
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    SerdeInfo: {
      SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
      Parameters: { escapeChar: '\\', quoteChar: '"', separatorChar: ',' },
    },
  },
};

describe.runIf(awsAvailable())('tables in Glue', () => {
  const at = athenaFixture();
  const lms = [basePartition(9, 'lms')];

  async function put(table: TableInput): Promise<void> {
    await at.aws.glue.createTable({ DatabaseName: at.database, TableInput: table });
  }

  it('a table is created in two calls, and nothing is sent when it is there', async () => {
    const state = stateOf({ partitionFields: lms });
    await at.engine.ensureTable(state);
    expect(at.aws.newActions()).toEqual(['glue:GetTable', 'glue:CreateTable']);
    expect(await at.table('openedx_raw_people')).toMatchObject({
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [{ Name: 'lms', Type: 'string' }],
      Parameters: { EXTERNAL: 'TRUE', 'skip.header.line.count': '1', panorama_table: 'people' },
      StorageDescriptor: {
        Location: 's3://lake/openedx/people/',
        Columns: [
          { Name: 'id', Type: 'string' },
          { Name: 'name', Type: 'string' },
        ],
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' },
      },
    });
    await at.engine.ensureTable(state);
    expect(at.aws.newActions()).toEqual(['glue:GetTable']);
  });

  it('a Parquet table has the types of its columns', async () => {
    const types = [
      ['boolean', 'boolean'],
      ['int32', 'int'],
      ['int64', 'bigint'],
      ['float32', 'float'],
      ['float64', 'double'],
      ['date', 'date'],
      ['timestamp', 'timestamp'],
      ['text', 'string'],
      ['binary', 'binary'],
    ] as const;
    const fields = [
      ...types.map(([kind], i) => field(i + 1, `C_${kind}`, kind)),
      field(20, 'money', { kind: 'decimal', precision: 38, scale: 10 }),
    ];
    await at.engine.ensureTable(stateOf({ format: 'parquet', fields }));
    const columns = (await at.table('openedx_raw_people'))?.StorageDescriptor?.Columns;
    expect(columns?.map(({ Name, Type }) => [Name, Type])).toEqual([
      ...types.map(([kind, type]) => [`c_${kind}`, type]),
      ['money', 'decimal(38,10)'],
    ]);
  });

  it('a table of the original is taken over as it is, with what others wrote about it', async () => {
    await put({ ...original, Description: 'learners', Owner: 'hadoop' });
    await at.engine.ensureTable(
      stateOf({ partitionFields: lms, fields: [field(1, 'id'), field(2, 'name'), field(3, 'more')] }),
    );
    const table = await at.table('openedx_raw_people');
    expect(table).toMatchObject({
      Description: 'learners',
      Owner: 'hadoop',
      Parameters: { ...original.Parameters, panorama_table: 'people' },
      PartitionKeys: original.PartitionKeys,
      StorageDescriptor: {
        Location: 's3://lake/openedx/people',
        Columns: [
          { Name: 'id', Type: 'string', Comment: 'from deserializer' },
          { Name: 'name', Type: 'string', Comment: 'of the person' },
          { Name: 'more', Type: 'string' },
        ],
      },
    });
    expect(at.aws.newActions()).toEqual(['glue:GetTable', 'glue:UpdateTable']);
    expect(at.aws.calls.at(-1)?.request).toMatchObject({ SkipArchive: true });
  });

  it.each([
    ['a view', { TableType: 'VIRTUAL_VIEW' }, 'it is a view'],
    ['a managed table', { TableType: 'MANAGED_TABLE' }, 'it is a table of type MANAGED_TABLE'],
    ['an Iceberg table', { Parameters: { table_type: 'ICEBERG' } }, 'it is a table of type ICEBERG'],
    [
      'a table of a Spark source',
      { Parameters: { 'spark.sql.sources.provider': 'delta' } },
      'it is a table of type delta',
    ],
    [
      'a table of another folder',
      { StorageDescriptor: { ...original.StorageDescriptor, Location: 's3://lake/openedx/people2/' } },
      'its files are at s3://lake/openedx/people2/',
    ],
    [
      'a table of another kind of files',
      {
        StorageDescriptor: {
          ...original.StorageDescriptor,
          SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
        },
      },
      'its files are read by org.openx.data.jsonserde.JsonSerDe',
    ],
    [
      'a table with other partitions',
      { PartitionKeys: [{ Name: 'year', Type: 'string' }] },
      'it has the partition columns year and not lms',
    ],
    ['a table without partitions', { PartitionKeys: [] }, 'it has the partition columns (none) and not lms'],
  ] satisfies [string, Partial<TableInput>, string][])(
    '%s is never altered or dropped',
    async (_, other, why) => {
      await put({ ...original, ...other });
      const before = await at.table('openedx_raw_people');
      const state = stateOf({ partitionFields: lms });
      const foreign = {
        code: 'catalog-foreign',
        message: `The catalog has another table openedx_raw_people: ${why}.`,
      };
      await expect(at.engine.ensureTable(state)).rejects.toMatchObject(foreign);
      await expect(at.engine.drop(state)).rejects.toMatchObject(foreign);
      expect(await at.table('openedx_raw_people')).toEqual(before);
      expect(new Set(at.aws.newActions())).toEqual(new Set(['glue:GetTable']));
    },
  );

  it('a table of ours in another format waits for the command that switches it', async () => {
    await at.engine.ensureTable(stateOf({ partitionFields: lms }));
    const parquet = stateOf({ partitionFields: lms, format: 'parquet' });
    await expect(at.engine.ensureTable(parquet)).rejects.toMatchObject({
      code: 'guard-format',
      message: 'The table openedx_raw_people in the catalog is a csv table; the lake has parquet files.',
    });
    await at.engine.drop(parquet);
    await at.engine.ensureTable(parquet);
    const library = (await at.table('openedx_raw_people'))?.StorageDescriptor?.SerdeInfo
      ?.SerializationLibrary;
    expect(library).toMatch(/ParquetHiveSerDe$/);
  });

  it('odd names arrive as they are, in the lower case that Glue keeps (D48)', async () => {
    const odd = ['a"b', 'a`b', "it's", 'ORDER', 'naïve 名', 'a b', '1st', 'semi;colon'];
    await at.engine.ensureTable(
      stateOf({ table: 'order', rawName: 'Raw Order', fields: odd.map((name, i) => field(i + 1, name)) }),
    );
    const columns = (await at.table('raw order'))?.StorageDescriptor?.Columns;
    expect(columns?.map(({ Name }) => Name)).toEqual(odd.map((name) => name.toLowerCase()));
  });

  it('two columns that differ only by case are refused before anything is sent', async () => {
    const state = stateOf({
      fields: [field(1, 'Name'), field(2, 'name')],
      partitionFields: [partitionField(3, 'k')],
    });
    await expect(at.engine.ensureTable(state)).rejects.toMatchObject({
      code: 'unsupported',
      message: 'The table people has the columns Name and name, which Athena cannot tell apart.',
    });
    expect(at.aws.newActions()).toEqual([]);
  });

  it('dropping takes table and view away, and is no error where they are gone', async () => {
    const state = stateOf({ partitionFields: lms });
    await at.engine.ensureTable(state);
    await at.engine.replaceViews(state);
    expect(await at.table('openedx_table_people')).toBeDefined();
    await at.engine.drop(state);
    await at.engine.drop(state);
    expect(await at.table('openedx_table_people')).toBeUndefined();
    expect(await at.table('openedx_raw_people')).toBeUndefined();
  });

  it('throttled calls and lost answers are tried again', async () => {
    const failed = new Set<string>();
    at.aws.setRule(({ action }) => {
      if (failed.has(action)) return undefined;
      failed.add(action);
      return action === 'CreateTable'
        ? { lost: true }
        : { error: 'ThrottlingException', message: 'Rate exceeded' };
    });
    await at.engine.ensureTable(stateOf());
    expect(await at.table('openedx_raw_people')).toBeDefined();
    expect(failed).toEqual(new Set(['GetTable', 'CreateTable']));
  });

  it('a table that somebody else is changing is tried again', async () => {
    let refused = 0;
    at.aws.setRule(({ action }) =>
      action === 'CreateTable' && refused++ < 2 ? { error: 'ConcurrentModificationException' } : undefined,
    );
    await at.engine.ensureTable(stateOf());
    expect(refused).toBe(3);
  });

  it.each([
    ['AccessDeniedException', 'catalog-denied'],
    ['ExpiredTokenException', 'catalog-denied'],
    ['UnrecognizedClientException', 'catalog-denied'],
    ['ResourceNumberLimitExceededException', 'catalog-failed'],
    ['InvalidInputException', 'catalog-failed'],
  ])('%s is told with its own reason as %s', async (error, code) => {
    at.aws.setRule(({ action }) =>
      action === 'CreateTable'
        ? { error, message: 'User: arn:aws:iam::1:user/x is not allowed that' }
        : undefined,
    );
    await expect(at.engine.ensureTable(stateOf())).rejects.toMatchObject({
      code,
      message: `Could not create the table openedx_raw_people in Glue: User: arn:aws:iam::1:user/x is not allowed that (${error})`,
    });
    expect(await at.table('openedx_raw_people')).toBeUndefined();
  });

  it('a database that is not there is told', async () => {
    await at.aws.glue.deleteDatabase({ Name: at.database });
    await expect(at.engine.ensureTable(stateOf())).rejects.toMatchObject({
      code: 'catalog-failed',
      message: expect.stringMatching(/create the table .*EntityNotFoundException/) as string,
    });
  });

  it('calls end with the signal', async () => {
    const controller = new AbortController();
    const engine = at.open(controller.signal);
    at.aws.setRule(() => {
      controller.abort();
      return { error: 'ThrottlingException' };
    });
    await expect(engine.ensureTable(stateOf())).rejects.toMatchObject({ code: 'interrupted' });
    await engine.close();
  });
});
