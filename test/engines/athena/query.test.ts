import { describe, expect, it } from 'vitest';

import { ask } from '../../../src/contracts/engine.ts';
import { type AwsCall, awsAvailable, type Fault } from '../../servers/aws.ts';
import { athenaFixture } from './athena.ts';

/** An answer about a statement that has come so far. */
function status(State: string, StateChangeReason?: string): Fault {
  return {
    change: () => ({
      QueryExecution: { Status: { State, ...(StateChangeReason && { StateChangeReason }) } },
    }),
  };
}

describe.runIf(awsAvailable())('queries in Athena', () => {
  const at = athenaFixture();
  const on = (action: string, fault: () => Fault | undefined) => (call: AwsCall) =>
    call.action === action ? fault() : undefined;

  it('rows come as text with the names and types of the columns', async () => {
    await at.aws.setResult(
      [
        { Name: 'id', Type: 'bigint' },
        { Name: 'money', Type: 'decimal' },
        { Name: 'name', Type: 'varchar' },
        { Name: 'raw', Type: 'varbinary' },
        { Name: 'yes', Type: 'boolean' },
        { Name: 'x', Type: 'double' },
      ],
      [
        ['9223372036854775807', '0.50', '', '00 ff', 'true', '1.0E300'],
        [null, null, null, null, null, null],
      ],
    );
    const { columns, rows } = await ask(at.engine, 'SELECT 1');
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['id', 'integer'],
      ['money', 'decimal'],
      ['name', 'text'],
      ['raw', 'text'],
      ['yes', 'boolean'],
      ['x', 'float'],
    ]);
    expect(rows).toEqual([
      ['9223372036854775807', '0.50', '', '00ff', 'true', '1.0E300'],
      [null, null, null, null, null, null],
    ]);
  });

  it('pages follow each other, and only the first begins with names', async () => {
    const page = (from: number, NextToken?: string): Record<string, unknown> => ({
      ...(NextToken !== undefined && { NextToken }),
      ResultSet: {
        ResultSetMetadata: { ColumnInfo: [{ Name: 'id', Label: 'id', Type: 'varchar' }] },
        Rows: [from === 0 ? 'id' : `${from}`, `${from + 1}`].map((VarCharValue) => ({
          Data: [{ VarCharValue }],
        })),
      },
    });
    at.aws.setRule(({ action, request }) => {
      if (action !== 'GetQueryResults') return undefined;
      const from = Number(request['NextToken'] ?? '0');
      return { change: () => page(from, from < 4 ? String(from + 2) : undefined) };
    });
    const { rows } = await ask(at.engine, 'SELECT id FROM t');
    expect(rows.flat()).toEqual(['1', '2', '3', '4', '5']);
  });

  it.each([
    ["TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.nothing' does not exist", 'table-not-in-lake'],
    ["COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", 'query-failed'],
    ['Access denied when writing output to url: s3://results/', 'catalog-denied'],
    ['User is not authorized to perform: glue:GetTable on resource: x', 'catalog-denied'],
    ['Query exhausted resources at this scale factor', 'query-failed'],
  ])('one that fails is told as Athena tells it: %s', async (reason, code) => {
    at.aws.setRule(on('GetQueryExecution', () => status('FAILED', reason)));
    await expect(at.engine.query('SELECT 1')).rejects.toMatchObject({ code, message: reason });
  });

  it('a value that a failure names is not shown', async () => {
    const reason = "INVALID_CAST_ARGUMENT: Cannot cast 'ana@example.com' to INT";
    at.aws.setRule(on('GetQueryExecution', () => status('FAILED', reason)));
    await expect(at.engine.query('SELECT 1')).rejects.toMatchObject({
      code: 'query-failed',
      message: "INVALID_CAST_ARGUMENT: Cannot cast '…' to INT",
    });
  });

  it('it is waited for, however long it stands in the queue (D39)', async () => {
    const states = ['QUEUED', 'QUEUED', 'RUNNING'];
    at.aws.setRule(
      on('GetQueryExecution', () => {
        const next = states.shift();
        return next === undefined ? undefined : status(next);
      }),
    );
    await ask(at.engine, 'SELECT 1');
    expect(states).toEqual([]);
  });

  it.each(['StartQueryExecution', 'GetQueryExecution', 'GetQueryResults'])(
    'a throttled %s is tried again',
    async (action) => {
      let refused = 0;
      at.aws.setRule(on(action, () => (refused++ === 0 ? { error: 'TooManyRequestsException' } : undefined)));
      await ask(at.engine, 'SELECT 1');
      expect(refused).toBeGreaterThan(1);
    },
  );

  it('a work group that is not there is told', async () => {
    at.aws.setRule(
      on('StartQueryExecution', () => ({
        error: 'InvalidRequestException',
        message: 'WorkGroup nowhere is not found.',
      })),
    );
    await expect(at.engine.query('SELECT 1')).rejects.toMatchObject({
      code: 'query-failed',
      message: 'WorkGroup nowhere is not found. (InvalidRequestException)',
    });
  });

  it('one that is given up is stopped in Athena', async () => {
    const controller = new AbortController();
    at.aws.setRule(
      on('GetQueryExecution', () => {
        setTimeout(() => controller.abort(), 20);
        return status('RUNNING');
      }),
    );
    await expect(at.engine.query('SELECT 1', { signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(at.aws.newActions().at(-1)).toBe('athena:StopQueryExecution');
  });

  it('what does not read is not sent', async () => {
    for (const sql of [
      'DROP TABLE t',
      'SELECT 1; SELECT 2',
      'INSERT INTO t VALUES (1)',
      'UNLOAD (SELECT 1) TO x',
    ])
      await expect(at.engine.query(sql)).rejects.toMatchObject({ code: 'query-not-allowed' });
    expect(at.aws.newActions()).toEqual([]);
  });
});
