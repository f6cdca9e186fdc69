import { describe, expect, it } from 'vitest';

import { athenaChecks } from '../../../src/engines/athena/checks.ts';
import type { AthenaOptions } from '../../../src/engines/athena/options.ts';
import { awsAvailable } from '../../servers/aws.ts';
import { athenaFixture } from './athena.ts';

describe.runIf(awsAvailable())('checks of Glue and Athena', () => {
  const at = athenaFixture();

  /** What is wrong, by check. */
  async function problems(given: AthenaOptions = at.options()): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { what, run } of athenaChecks(given)) {
      const problem = await run();
      if (problem !== undefined) found[what] = `${problem.code}: ${problem.message}`;
    }
    return found;
  }

  const rights = (given = at.options()): string[] =>
    athenaChecks(given).flatMap(({ rights: needed = [] }) => needed);

  it('find nothing wrong where all is right, leave nothing, and use each right that they name and no other', async () => {
    expect(await problems()).toEqual({});
    const { TableList } = await at.aws.glue.getTables({ DatabaseName: at.database });
    expect(TableList).toEqual([]);
    expect([...new Set(at.aws.newActions())].sort()).toEqual([...new Set(rights())].sort());
  });

  it('notice each right that is missing, where it is needed', async () => {
    for (const missing of new Set(rights())) {
      at.aws.setRule(({ service, action }) =>
        `${service}:${action}` === missing
          ? { error: 'AccessDeniedException', message: `no ${missing}` }
          : undefined,
      );
      const found = await problems();
      const needing = athenaChecks(at.options()).find(({ rights: needed }) => needed?.includes(missing));
      expect(found[needing!.what]).toMatch(new RegExp(`^catalog-denied: .*no ${missing}`));
      at.aws.setRule(undefined);
      const { TableList = [] } = await at.aws.glue.getTables({ DatabaseName: at.database });
      for (const { Name } of TableList) await at.aws.glue.deleteTable({ DatabaseName: at.database, Name });
    }
  });

  it('say what is not there', async () => {
    const found = await problems({ ...at.options(), database: 'nowhere', workgroup: 'nobody' });
    expect(found['find the database nowhere']).toMatch(/catalog-failed: .*nowhere/);
    expect(found['find the work group nobody']).toBe('catalog-failed: There is no work group nobody.');
    expect(found['run a query']).toBeDefined();
  });

  it('say that a work group has no place for results', async () => {
    const { outputLocation: _, ...without } = at.options();
    expect(await problems(without)).toEqual({
      'find the work group primary':
        'catalog-failed: The work group primary has no place for results of queries.',
    });
  });

  it('say that a work group is disabled', async () => {
    at.aws.setRule(({ action }) =>
      action === 'GetWorkGroup'
        ? { change: () => ({ WorkGroup: { Name: 'primary', State: 'DISABLED' } }) }
        : undefined,
    );
    expect(await problems()).toEqual({
      'find the work group primary': 'catalog-failed: The work group primary is disabled.',
    });
  });

  it('say why a query fails', async () => {
    const reason = 'Unable to verify/create output bucket results';
    at.aws.setRule(({ action }) =>
      action === 'GetQueryExecution'
        ? { change: () => ({ QueryExecution: { Status: { State: 'FAILED', StateChangeReason: reason } } }) }
        : undefined,
    );
    expect(await problems()).toEqual({
      'run a query': `catalog-failed: Could not run SELECT 1 in the work group primary: ${reason}`,
    });
  });
});
