import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { duckdbEngine } from '../../src/engines/duckdb/duckdb-engine.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { loadModels } from '../../src/models/load.ts';
import { renderModels } from '../../src/models/render.ts';
import { ask } from '../../src/contracts/engine.ts';
import { testLake, type TestLake } from '../engines/lake.ts';
import { writeSites } from './site.ts';
import { AUDITS, CS, ENROLLMENTS, FIRST, ROLES, SECOND } from './two-sites.ts';

/** An engine that makes the models' views. */
function engineOf(lake: TestLake): Engine {
  return duckdbEngine({
    locate: lake.locate,
    tables: async () => [...lake.states.values()],
    views: async (tables) => renderModels(await loadModels(), 'duckdb', tables),
  });
}

/** Rows as objects, so that a difference names its column. */
async function objects(engine: Engine, sql: string): Promise<Record<string, string | null>[]> {
  const { columns, rows } = await ask(engine, sql);
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]!])));
}

describe.each(['parquet', 'csv'] as const)('two installations in one lake of %s', (format) => {
  let lake: TestLake;
  let engine: Engine;

  beforeAll(async () => {
    lake = await testLake();
    engine = engineOf(lake);
    const sites = [
      { values: ['first'], rows: FIRST },
      { values: ['second'], rows: SECOND },
    ];
    await writeSites(lake, ['lms'], sites, format);
  });
  afterAll(async () => {
    await engine.close();
    await lake.close();
  });

  test('enrolments', async () => {
    const sql =
      'SELECT * EXCLUDE (days_since_enrolled) FROM openedx_view_enrollments ORDER BY lms, enrollment_id';
    const rows = await objects(engine, sql);
    expect(rows).toEqual(ENROLLMENTS);
  });

  test('course access roles', async () => {
    const sql = 'SELECT * FROM openedx_view_student_courseaccessrole ORDER BY lms, user_id, org';
    expect((await ask(engine, sql)).rows).toEqual(ROLES);
  });

  test('changes by hand', async () => {
    const sql =
      'SELECT * FROM openedx_view_student_manualenrollmentaudit ORDER BY lms, enrollment_id NULLS FIRST, enrolled_email';
    expect(await objects(engine, sql)).toEqual(AUDITS);
  });

  test('coordinates are DOUBLE, counts BIGINT', async () => {
    const { columns } = await ask(engine, 'SELECT * FROM openedx_view_enrollments');
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      latitude: 'DOUBLE',
      longitude: 'DOUBLE',
      percent_grade: 'DOUBLE',
      days_since_enrolled: 'BIGINT',
      count_of_transitions: 'BIGINT',
      is_student: 'BOOLEAN',
      date_unenrolled: 'TIMESTAMP',
    });
  });
});

describe('base partitions', () => {
  let lake: TestLake;
  let engine: Engine;

  async function withSites(base: readonly string[], values: readonly (readonly string[])[]): Promise<void> {
    lake = await testLake();
    engine = engineOf(lake);
    const rows = [FIRST, SECOND];
    await writeSites(
      lake,
      base,
      values.map((own, i) => ({ values: own, rows: rows[i]! })),
    );
  }
  const close = async (): Promise<void> => {
    await engine.close();
    await lake.close();
  };

  test('without any, lms is NULL and rows are the same', async () => {
    await withSites([], [[]]);
    try {
      const sql =
        'SELECT * EXCLUDE (days_since_enrolled) FROM openedx_view_enrollments ORDER BY enrollment_id';
      const own = ENROLLMENTS.filter(({ lms }) => lms === 'first');
      expect(await objects(engine, sql)).toEqual(own.map((row) => ({ ...row, lms: null })));
      const roles = 'SELECT * FROM openedx_view_student_courseaccessrole ORDER BY user_id, org';
      expect((await ask(engine, roles)).rows).toEqual(
        ROLES.filter((row) => row[7] === 'first').map((row) => [...row.slice(0, 7), null]),
      );
    } finally {
      await close();
    }
  });

  test('a second one keeps installations apart and stands at the end', async () => {
    await withSites(
      ['lms', 'a"b'],
      [
        ['same', 'x'],
        ['same', 'y'],
      ],
    );
    try {
      const { columns, rows } = await ask(
        engine,
        'SELECT * EXCLUDE (days_since_enrolled) FROM openedx_view_enrollments ORDER BY "a""b", enrollment_id',
      );
      expect(columns.at(-1)!.name).toBe('a"b');
      expect(rows).toEqual(
        ENROLLMENTS.map((row) => [
          ...Object.values({ ...row, lms: 'same' }),
          row['lms'] === 'first' ? 'x' : 'y',
        ]),
      );
      for (const view of ['student_courseaccessrole', 'student_manualenrollmentaudit']) {
        const { columns, rows } = await ask(engine, `SELECT * FROM openedx_view_${view}`);
        expect(columns.at(-1)!.name).toBe('a"b');
        expect(rows.filter((row) => row.at(-1) === 'y')).toHaveLength(1);
      }
    } finally {
      await close();
    }
  });
});

test('days since an enrolment are whole ones', async () => {
  const lake = await testLake();
  const engine = engineOf(lake);
  const hoursAgo = (hours: number): string =>
    new Date(Date.now() - hours * 3_600_000).toISOString().replace('T', ' ').replace('Z', '000');
  try {
    const enrolled = [1, 23, 25, 10 * 24 - 1, 10 * 24 + 1, -25];
    const rows = enrolled.map((hours, i) => [String(i), CS, hoursAgo(hours), '1', 'audit', '1']);
    await writeSites(lake, [], [{ values: [], rows: { student_courseenrollment: rows } }]);
    const sql = 'SELECT days_since_enrolled FROM openedx_view_enrollments ORDER BY enrollment_id';
    const answer = await ask(engine, sql);
    expect(answer.rows).toEqual([['0'], ['0'], ['1'], ['9'], ['10'], ['-1']]);
  } finally {
    await engine.close();
    await lake.close();
  }
});
