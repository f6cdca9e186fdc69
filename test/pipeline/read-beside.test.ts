import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type ErrorCode, PanoramaError } from '../../src/errors.ts';
import type { RunEvent } from '../../src/pipeline/events.ts';
import { openLake } from '../../src/pipeline/lake.ts';
import type { SourceOutcome } from '../../src/pipeline/read-context.ts';
import { readSource } from '../../src/pipeline/read-source.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { makeSource } from '../../src/pipeline/sources.ts';
import type { LocalDatalake, MysqlDatasource } from '../../src/settings/settings.ts';
import type { SourceSession } from '../../src/sources/source.ts';
import { mariadbAvailable, type MariadbServer, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';
import { askLake } from './ask-lake.ts';
import { datasourceOf } from './datasource-of.ts';

const TABLES = ['t1', 't2', 't3', 't4', 't5'];
/** Table t2 has more than one batch, the others a row or two. */
const SETUP = `
CREATE DATABASE many; USE many;
${TABLES.map((name, i) => `CREATE TABLE ${name} (id INT PRIMARY KEY, v TEXT); INSERT INTO ${name} VALUES (${i}, '${name}');`).join('\n')}
INSERT INTO t2 SELECT seq + 10, REPEAT('x', 100) FROM seq_1_to_40000;`;

describe.runIf(mariadbAvailable())('tables read beside each other', () => {
  let server: MariadbServer;
  let datalake: LocalDatalake;
  let datasource: MysqlDatasource;
  let events: RunEvent[];

  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(SETUP);
    datasource = { ...datasourceOf(server, 'many'), jobs: 3 };
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    events = [];
    datalake = {
      type: 'local',
      path: join(tempDir(), 'lake'),
      format: 'parquet',
      layout: 'hive',
      basePartitions: [],
    };
  });

  /**
   * Reads all tables with three at a time. `begin` is awaited before the first row of a table, `batch` after
   * each of its batches; what they throw is the source's failure.
   */
  async function read(steps: {
    begin?: (table: string) => Promise<void> | void;
    batch?: (table: string) => Promise<void> | void;
    signal?: AbortSignal;
    /** Says whether the session can still read; default: its own answer. */
    alive?: () => boolean;
    /** How often a table may be begun anew; default: never. */
    retries?: number;
  }): Promise<SourceOutcome & { most: number; wide: number }> {
    const session = await (
      await makeSource(datasource)
    ).open({
      parallel: 3,
      ...(steps.signal === undefined ? {} : { signal: steps.signal }),
    });
    let now = 0;
    let most = 0;
    const watched: SourceSession = {
      ...session,
      ...(steps.alive === undefined ? {} : { alive: steps.alive }),
      async *read(request) {
        most = Math.max(most, ++now);
        try {
          await steps.begin?.(request.table);
          for await (const batch of session.read(request)) {
            yield batch;
            await steps.batch?.(request.table);
          }
        } finally {
          now--;
        }
      },
    };
    try {
      const plan = { datasource, tables: 'all', named: false, mayLack: new Set<string>() } as const;
      const outcome = await readSource(
        plan,
        watched,
        {
          lake: await openLake(datalake),
          datalake,
          loadedAt: '2026-01-01T00:00:00.000Z',
          allowSchemaChange: false,
          force: false,
          convert: false,
          begun: new Map(),
          signal: steps.signal,
          emit: (event) => events.push(event),
        },
        { patience: { retries: steps.retries ?? 0, firstMs: 1 }, restarts: new Map() },
      );
      return { ...outcome, most, wide: session.parallel ?? 1 };
    } finally {
      await session.close();
    }
  }

  const names = (outcome: SourceOutcome): string[] => outcome.staged.map((staged) => staged.load.plan.table);
  const failed = (outcome: SourceOutcome): unknown[] =>
    outcome.failures.map(({ table, error }) => [table, error.code]);
  /** Files that wait for publication. */
  const waiting = async (): Promise<number> => {
    const options = { recursive: true, withFileTypes: true } as const;
    const all = await readdir(join(datalake.path, '_panorama/staging'), options).catch(() => []);
    return all.filter((entry) => entry.isFile()).length;
  };
  /** A gate that opens when so many have asked for it. */
  function gate(count: number): () => Promise<void> {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    return () => {
      if (--count === 0) open();
      return opened;
    };
  }

  /** Three tables are begun together, and then the first one fails. */
  function firstOfThreeFails(code: ErrorCode): { begun: string[]; begin: (table: string) => Promise<void> } {
    const begun: string[] = [];
    const three = gate(3);
    const begin = async (table: string): Promise<void> => {
      begun.push(table);
      await three();
      if (table === 't1') throw new PanoramaError(code, 'no more');
    };
    return { begun, begin };
  }

  it('three at a time, never more, staged in the order of the plan', async () => {
    const three = gate(3);
    const outcome = await read({
      begin: (table) => (table <= 't3' ? three() : undefined),
      // The large table ends after a smaller one that stands behind it.
      batch: async (table) => {
        while (
          table === 't2' &&
          !events.some((event) => event.type === 'table-staged' && event.table === 't3')
        )
          await wait(5);
      },
    });
    expect([outcome.wide, outcome.most]).toEqual([3, 3]);
    expect(names(outcome)).toEqual(TABLES);
    expect(outcome.failures).toEqual([]);
    expect(outcome.staged.map((load) => load.table.rows)).toEqual([1, 40_001, 1, 1, 1]);
    const marks = events.flatMap((event) =>
      event.type === 'table-start' || event.type === 'table-staged' ? [`${event.type} ${event.table}`] : [],
    );
    expect(marks.slice(0, 3).sort()).toEqual(['table-start t1', 'table-start t2', 'table-start t3']);
    expect(marks.filter((mark) => mark.startsWith('table-staged'))).toHaveLength(5);
    expect(marks.indexOf('table-staged t3')).toBeLessThan(marks.indexOf('table-staged t2'));
  });

  it('a table that fails stops no other', async () => {
    const outcome = await read({
      begin: (table) => {
        if (table === 't1' || table === 't4') throw new PanoramaError('source-permission', `no ${table}`);
      },
    });
    expect(names(outcome)).toEqual(['t2', 't3', 't5']);
    expect(failed(outcome)).toEqual([
      ['t1', 'source-permission'],
      ['t4', 'source-permission'],
    ]);
  });

  it('when the source is lost, tables under way may end, and no other begins', async () => {
    const { begun, begin } = firstOfThreeFails('source-failed');
    const outcome = await read({ begin, alive: () => false });
    expect(begun.sort()).toEqual(['t1', 't2', 't3']);
    expect(names(outcome)).toEqual(['t2', 't3']);
    expect(failed(outcome)).toEqual([
      ['t1', 'source-failed'],
      ['t4', 'source-failed'],
      ['t5', 'source-failed'],
    ]);
  });

  it('a table whose read breaks is begun anew where the session lives, and comes once', async () => {
    let breaks = 2;
    const outcome = await read({
      batch: (table) => {
        if (table === 't2' && breaks-- > 0) throw new PanoramaError('source-failed', 'cut');
      },
      retries: 2,
    });
    expect(names(outcome)).toEqual(TABLES);
    expect(outcome.failures).toEqual([]);
    expect(outcome.staged[1]!.table.rows).toBe(40_001);
    const again = events.flatMap((event) => (event.type === 'retry' ? [[event.table, event.attempt]] : []));
    expect(again).toEqual([
      ['t2', 1],
      ['t2', 2],
    ]);
    // What the broken reads had staged is gone: a file waits for each table and no more.
    expect(await waiting()).toBe(TABLES.length);
  });

  it('a table that breaks more often than it may has failed, and no other', async () => {
    const outcome = await read({
      begin: (table) => {
        if (table === 't3') throw new PanoramaError('source-failed', 'cut');
      },
      retries: 2,
    });
    expect(names(outcome)).toEqual(['t1', 't2', 't4', 't5']);
    expect(failed(outcome)).toEqual([['t3', 'source-failed']]);
    expect(outcome.again).toBeUndefined();
  });

  it.each(['source-permission', 'bad-value', 'source-limit'] as const)(
    '%s is not tried again',
    async (code) => {
      let tries = 0;
      const outcome = await read({
        begin: (table) => {
          if (table !== 't3') return;
          tries++;
          throw new PanoramaError(code, 'no');
        },
        retries: 2,
      });
      expect(tries).toBe(1);
      expect(failed(outcome)).toEqual([['t3', code]]);
    },
  );

  it('when the source is lost, what is missing is left for another session', async () => {
    const { begin } = firstOfThreeFails('source-failed');
    const outcome = await read({ begin, alive: () => false, retries: 1 });
    expect(names(outcome)).toEqual(['t2', 't3']);
    expect(outcome.failures).toEqual([]);
    expect((outcome.again!.tables as { name: string }[]).map(({ name }) => name)).toEqual(['t1', 't4', 't5']);
  });

  it('a server that stays busy is not waited for by each table in turn', async () => {
    const { begun, begin } = firstOfThreeFails('source-busy');
    const outcome = await read({ begin, retries: 3 });
    expect(begun.sort()).toEqual(['t1', 't2', 't3']);
    expect(names(outcome)).toEqual(['t2', 't3']);
    expect(failed(outcome)).toEqual([
      ['t1', 'source-busy'],
      ['t4', 'source-busy'],
      ['t5', 'source-busy'],
    ]);
    expect(outcome.again).toBeUndefined();
  });

  it('a table that changed can only be had in another session', async () => {
    const outcome = await read({
      begin: (table) => {
        if (table === 't4') throw new PanoramaError('source-changed', 'altered');
      },
      retries: 1,
    });
    expect(names(outcome)).toEqual(['t1', 't2', 't3', 't5']);
    expect(outcome.again).toMatchObject({ tables: [{ name: 't4' }], error: { code: 'source-changed' } });
  });

  it.each(['lake-full', 'lake-unwritable'] as const)(
    '%s ends all and leaves nothing behind',
    async (code) => {
      let batches = 0;
      const three = gate(3);
      const reading = read({
        begin: (table) => (table <= 't3' ? three() : undefined),
        batch: (table) => {
          if (table === 't2' && ++batches === 1) throw new PanoramaError(code, 'no more');
        },
      });
      await expect(reading).rejects.toMatchObject({ code });
      expect(await waiting()).toBe(0);
      expect(events.filter((event) => event.type === 'table-failed')).toEqual([]);
    },
  );

  it('an interruption ends all and leaves nothing behind', async () => {
    const abort = new AbortController();
    const three = gate(3);
    const reading = read({
      signal: abort.signal,
      begin: (table) => (table <= 't3' ? three() : undefined),
      batch: (table) => {
        if (table === 't2') abort.abort();
      },
    });
    await expect(reading).rejects.toMatchObject({ code: 'interrupted' });
    expect(await waiting()).toBe(0);
  });

  it.each([
    [1, 1],
    [2, 2],
    [8, 8],
    [1000, 8],
    [0, 1],
  ])('a run with %d jobs loads the same over %d connections', async (jobs, parallel) => {
    const report = await extractAndLoad({
      settings: { datalake, datasources: [datasource] },
      selection: { all: true },
      jobs,
      onEvent: (event) => events.push(event),
    });
    expect(report.failures).toEqual([]);
    expect(report.tables.map(({ table, rows }) => [table, rows])).toEqual(
      TABLES.map((table) => [table, table === 't2' ? 40_001 : 1]),
    );
    expect(events.filter((event) => event.type === 'source-open')).toEqual([
      { type: 'source-open', source: 'many', parallel },
    ]);
    const sql = "SELECT count(*), count(DISTINCT id), min(v) FROM table_t2 WHERE v <> 't2'";
    expect(await askLake(datalake, sql)).toEqual([['40000', '40000', 'x'.repeat(100)]]);
  });
});
