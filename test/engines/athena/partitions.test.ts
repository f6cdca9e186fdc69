import { describe, expect, it } from 'vitest';

import { AWKWARD_TEXTS } from '../../../src/contracts/engine-values.ts';
import type { TableState } from '../../../src/lake/table-state.ts';
import { awsAvailable } from '../../servers/aws.ts';
import { field, partitionField } from '../lake.ts';
import { athenaFixture } from './athena.ts';
import { basePartition, type StateOptions, stateOf } from './states.ts';

describe.runIf(awsAvailable())('partitions in Glue', () => {
  const at = athenaFixture();
  const byCourse = [basePartition(8, 'lms'), partitionField(9, 'course_id')];

  /** `people` by lms and course. */
  function courses(partitions: readonly (readonly (string | null)[])[], more: StateOptions = {}): TableState {
    return stateOf({ partitionFields: byCourse, partitions, ...more });
  }

  async function register(state: TableState, base: readonly string[] = ['a']): Promise<string[]> {
    await at.engine.ensureTable(state);
    at.aws.newActions();
    await at.engine.syncPartitions!(state, base);
    return at.aws.newActions();
  }

  /** The sizes of the calls of an action so far, the largest first. */
  function sizes(action: string, list: string): number[] {
    const found = at.aws.calls.filter(
      (call) => call.action === action && call.request['DatabaseName'] === at.database,
    );
    return found.map(({ request }) => (request[list] as unknown[]).length).sort((a, b) => b - a);
  }

  it('250 new ones go in three calls, and nothing is sent when they are there', async () => {
    const state = courses(Array.from({ length: 250 }, (_, i) => ['a', `course-${i}`]));
    expect((await register(state)).sort()).toEqual([
      'glue:BatchCreatePartition',
      'glue:BatchCreatePartition',
      'glue:BatchCreatePartition',
      'glue:GetPartitions',
    ]);
    expect(sizes('BatchCreatePartition', 'PartitionInputList')).toEqual([100, 100, 50]);
    const found = await at.partitions('openedx_raw_people');
    expect(found).toHaveLength(250);
    expect(found[0]).toEqual({
      values: ['a', 'course-0'],
      location: 's3://lake/openedx/people/lms=a/course_id=course-0/',
    });
    expect(await register(state)).toEqual(['glue:GetPartitions']);
  });

  it('only what differs is sent: new, gone and changed ones', async () => {
    await register(
      courses([
        ['a', 'x'],
        ['a', 'y'],
        ['a', 'z'],
      ]),
    );
    expect(
      await register(
        courses([
          ['a', 'x'],
          ['a', 'new'],
          ['a', 'z'],
        ]),
      ),
    ).toEqual(['glue:GetPartitions', 'glue:BatchCreatePartition', 'glue:BatchDeletePartition']);
    expect(
      at.aws.calls.filter(({ action }) => action === 'BatchDeletePartition').at(-1)?.request,
    ).toMatchObject({
      PartitionsToDelete: [{ Values: ['a', 'y'] }],
    });
    const wider = courses(
      [
        ['a', 'x'],
        ['a', 'new'],
        ['a', 'z'],
      ],
      { fields: [field(1, 'id'), field(2, 'name'), field(3, 'more')] },
    );
    expect(await register(wider)).toEqual(['glue:GetPartitions', 'glue:BatchUpdatePartition']);
    expect(sizes('BatchUpdatePartition', 'Entries')).toEqual([3]);
    const { Partitions = [] } = await at.aws.glue.getPartitions({
      DatabaseName: at.database,
      TableName: 'openedx_raw_people',
    });
    for (const { StorageDescriptor } of Partitions)
      expect(StorageDescriptor?.Columns?.map(({ Name }) => Name)).toEqual(['id', 'name', 'more']);
    expect(await register(wider)).toEqual(['glue:GetPartitions']);
  });

  it('many gone ones go 25 at a time', async () => {
    await register(courses(Array.from({ length: 60 }, (_, i) => ['a', `c${i}`])));
    await register(courses([['a', 'c0']]));
    expect(sizes('BatchDeletePartition', 'PartitionsToDelete')).toEqual([25, 25, 9]);
    expect(await at.partitions('openedx_raw_people')).toHaveLength(1);
  });

  it('those of other installations are left alone', async () => {
    await register(
      courses([
        ['b', 'x'],
        ['b', 'y'],
      ]),
      ['b'],
    );
    await register(
      courses([
        ['a', 'x'],
        ['b', 'x'],
      ]),
      ['a'],
    );
    expect((await at.partitions('openedx_raw_people')).map(({ values }) => values.join(' '))).toEqual([
      'a x',
      'b x',
      'b y',
    ]);
  });

  it('those outside of the folder of the table are left alone, and stop a run that needs their values', async () => {
    const state = courses([['a', 'x']]);
    await at.engine.ensureTable(state);
    const names = { DatabaseName: at.database, TableName: 'openedx_raw_people' };
    const elsewhere = (Values: string[]) => ({
      Values,
      StorageDescriptor: { Location: 's3://other/place/' },
    });
    await at.aws.glue.createPartition({ ...names, PartitionInput: elsewhere(['a', 'old']) });
    await register(state);
    expect(await at.partitions('openedx_raw_people')).toHaveLength(2);
    await at.aws.glue.createPartition({ ...names, PartitionInput: elsewhere(['a', 'y']) });
    await expect(register(courses([['a', 'y']]))).rejects.toMatchObject({
      code: 'catalog-foreign',
      message:
        'The table openedx_raw_people in the catalog has its partition lms=a, course_id=y outside of its folder.',
    });
    expect(await at.partitions('openedx_raw_people')).toHaveLength(3);
  });

  it('partitions that the original made are taken over', async () => {
    const state = courses([['a', 'course-v1:A+B+C']], {
      folder: () => 'lms=a/course_id=course-v1%3AA%2BB%2BC',
    });
    await at.engine.ensureTable(state);
    await at.aws.glue.createPartition({
      DatabaseName: at.database,
      TableName: 'openedx_raw_people',
      PartitionInput: {
        Values: ['a', 'course-v1:A+B+C'],
        StorageDescriptor: { Location: 's3://lake/openedx/people/lms=a/course_id=course-v1%3AA%2BB%2BC' },
      },
    });
    expect(await register(state)).toEqual(['glue:GetPartitions', 'glue:BatchUpdatePartition']);
    expect(await register(state)).toEqual(['glue:GetPartitions']);
  });

  it.each(AWKWARD_TEXTS)('the value %j stands in the catalog as it is', async (value) => {
    const state = courses([['a', value]]);
    await register(state);
    expect((await at.partitions('openedx_raw_people')).map(({ values }) => values)).toEqual([['a', value]]);
    expect(await register(state)).toEqual(['glue:GetPartitions']);
  });

  it('NULL and the empty text have the name of Hive, and together are refused', async () => {
    for (const value of [null, '']) {
      await register(courses([['a', value]]));
      const [found] = await at.partitions('openedx_raw_people');
      expect(found?.values).toEqual(['a', '__HIVE_DEFAULT_PARTITION__']);
    }
    await expect(
      register(
        courses([
          ['a', null],
          ['a', ''],
        ]),
      ),
    ).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/cannot tell apart: NULL and the empty text of course_id/) as string,
    });
  });

  it('a lost answer, and one that another run has made meanwhile, are no failure', async () => {
    let lost = 0;
    at.aws.setRule(({ action }) =>
      action === 'BatchCreatePartition' && lost++ === 0 ? { lost: true } : undefined,
    );
    expect(await register(courses([['a', 'x']]))).toEqual([
      'glue:GetPartitions',
      'glue:BatchCreatePartition',
      'glue:BatchCreatePartition',
      'glue:BatchGetPartition',
    ]);
    expect(await at.partitions('openedx_raw_people')).toHaveLength(1);
  });

  it('throttled calls are tried again', async () => {
    let refused = 0;
    at.aws.setRule(() =>
      refused++ % 2 === 0 ? { error: 'ThrottlingException', message: 'Rate exceeded' } : undefined,
    );
    await at.engine.ensureTable(courses([['a', 'x']]));
    await at.engine.syncPartitions!(courses([['a', 'x']]), ['a']);
    expect(await at.partitions('openedx_raw_people')).toHaveLength(1);
  });

  it.each(['BatchCreatePartition', 'BatchUpdatePartition', 'BatchDeletePartition'])(
    'a failure of some in %s fails, with the first one named and no private value shown',
    async (failing) => {
      const private_ = [basePartition(8, 'lms'), partitionField(9, 'email')];
      const state = (values: string[], more: StateOptions = {}): TableState =>
        stateOf({ partitionFields: private_, partitions: values.map((value) => ['a', value]), ...more });
      await register(state(['ana@example.com', 'old@example.com']));
      at.aws.setRule(({ action }) => {
        if (action !== failing) return undefined;
        const detail = { ErrorCode: 'InternalServiceException', ErrorMessage: 'busy' };
        const PartitionValues = ['a', 'ana@example.com'];
        const error = { PartitionValues, PartitionValueList: PartitionValues, ErrorDetail: detail };
        return { change: () => ({ Errors: [error, error] }) };
      });
      const next = state(['ana@example.com', 'new@example.com'], { fields: [field(1, 'id')] });
      await at.engine.ensureTable(next);
      await expect(at.engine.syncPartitions!(next, ['a'])).rejects.toMatchObject({
        code: 'catalog-failed',
        message: expect.stringMatching(
          /^Could not .* partitions (?:to|of) openedx_raw_people (?:in|from) Glue: lms=a, email=…, and 1 more: busy \(InternalServiceException\)$/,
        ) as string,
      });
    },
  );

  it('long lists are read in several parts side by side', async () => {
    const state = courses(Array.from({ length: 2100 }, (_, i) => ['a', `c${i}`]));
    await register(state);
    expect(await at.partitions('openedx_raw_people')).toHaveLength(2100);
    const lists = at.aws.calls.filter(
      ({ action, request }) => action === 'GetPartitions' && request['DatabaseName'] === at.database,
    );
    expect(lists.map(({ request }) => request['Segment'])).toEqual(
      [0, 1, 2, 3].map((SegmentNumber) => ({ SegmentNumber, TotalSegments: 4 })),
    );
  });
});
