import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import type { PartitionField, TableState } from '../../src/lake/table-state.ts';
import { loadModels } from '../../src/models/load.ts';
import type { Model } from '../../src/models/model.ts';
import { parseModel } from '../../src/models/parse.ts';
import { renderModel, renderModels } from '../../src/models/render.ts';
import { emptyState, field, partitionField } from '../engines/lake.ts';

const models = await loadModels();

const LMS: PartitionField = { ...partitionField(90, 'lms'), from: 'base' };

/** A lake's table with these columns, never loaded. */
function state(table: string, columns: readonly string[], changes: Partial<TableState> = {}): TableState {
  const fields = columns.map((name, i) => field(i + 1, name));
  return { ...emptyState(table, fields, [LMS]), ...changes };
}

/** Every table that the models need, with exactly what they need of it. */
function allTables(changes: Readonly<Record<string, Partial<TableState>>> = {}): TableState[] {
  const columns = new Map<string, string[]>();
  for (const { table, columns: own } of models.flatMap(({ needs }) => needs)) {
    columns.set(table, [...new Set([...(columns.get(table) ?? []), ...own])]);
  }
  return [...columns].map(([table, own]) => state(table, own, changes[table]));
}

/** For each view what is lacking; nothing where it is made. */
function lacking(states: readonly TableState[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    renderModels(models, 'duckdb', states).map((view) => [view.name, 'missing' in view ? view.missing : []]),
  );
}

describe('the SQL of Trino and Athena', async () => {
  const golden = new URL('golden/', import.meta.url);
  const views = renderModels(models, 'trino', allTables());

  test.each(views.map((view) => [view.name, view] as const))('%s', async (name, view) => {
    const sql = 'sql' in view ? view.sql : '';
    // The coordinates are in a file of their own.
    const shortened = sql.replace(/(\('AD'[^)]*\)).*(\('ZW'[^)]*\))/, '$1, …, $2');
    expect(`${shortened}\n`).toBe(await readFile(new URL(`${name}.trino.sql`, golden), 'utf8'));
  });

  test('no place stays open and no other engine is meant', () => {
    for (const view of views) {
      expect('sql' in view && view.sql).not.toMatch(/\{\{|\}\}|string_agg|strftime|date_sub/);
    }
  });
});

describe('what a lake lacks', () => {
  test('nothing', () => {
    expect(lacking(allTables())).toEqual({
      openedx_view_student_courseaccessrole: [],
      openedx_view_student_manualenrollmentaudit: [],
      openedx_view_enrollments: [],
    });
  });

  test('a table, and for other views the table of a view that they read', () => {
    const states = allTables().filter(({ table }) => table !== 'student_courseaccessrole');
    expect(lacking(states)).toEqual({
      openedx_view_student_courseaccessrole: ['student_courseaccessrole'],
      openedx_view_student_manualenrollmentaudit: [],
      openedx_view_enrollments: ['student_courseaccessrole'],
    });
  });

  test('a table that was taken out of the catalog', () => {
    const states = allTables({ student_manualenrollmentaudit: { registered: false } });
    expect(lacking(states)['openedx_view_enrollments']).toEqual(['student_manualenrollmentaudit']);
  });

  test('columns; in any letter case, in files or paths', () => {
    const states = allTables({
      auth_user: { fields: [field(1, 'ID'), field(2, 'Username')] },
      student_courseenrollment: {
        fields: ['id', 'user_id', 'created', 'is_active', 'mode'].map((name, i) => field(i + 1, name)),
        partitionFields: [LMS, partitionField(91, 'course_id')],
      },
    });
    expect(lacking(states)['openedx_view_enrollments']).toEqual([
      'auth_user.email',
      'auth_user.is_active',
      'auth_user.is_staff',
    ]);
  });

  test('a base partition that other tables have', () => {
    const states = allTables({ student_courseaccessrole: { partitionFields: [] } });
    expect(lacking(states)).toEqual({
      openedx_view_student_courseaccessrole: [],
      openedx_view_student_manualenrollmentaudit: [],
      openedx_view_enrollments: ['student_courseaccessrole.lms'],
    });
  });

  test('the name, where a table has it', () => {
    const states = allTables({ auth_user: { viewName: 'OpenEdx_view_student_courseaccessrole' } });
    expect(lacking(states)).toEqual({
      openedx_view_student_courseaccessrole: ['a free name (auth_user has it)'],
      openedx_view_student_manualenrollmentaudit: [],
      openedx_view_enrollments: ['a free name (auth_user has it)'],
    });
  });
});

const prefixes: [basePrefix: string, view: string][] = [
  ['openedx', 'openedx_view_student_courseaccessrole'],
  ['acme/lake', 'acme_lake_view_student_courseaccessrole'],
  ['', 'view_student_courseaccessrole'],
];

test.each(prefixes)('names follow the base prefix %j', (basePrefix, name) => {
  const own = state('student_courseaccessrole', ['org', 'course_id', 'user_id', 'role'], {
    basePrefix,
    viewName: 'a "table"',
  });
  const view = renderModel(models[0]!, 'trino', [own]);
  expect(view).toMatchObject({ name, reads: ['a "table"'] });
  expect('sql' in view && view.sql).toContain('FROM "a ""table""" AS access');
});

test('each base prefix of a lake has views of its own tables', () => {
  const acme = allTables().map((own) => ({
    ...own,
    basePrefix: 'acme',
    viewName: `acme_table_${own.table}`,
  }));
  const views = renderModels(models, 'duckdb', [...allTables().slice(0, 1), ...acme]);
  const made = views.filter((view) => 'sql' in view);
  expect(made.map(({ name }) => name)).toEqual([
    'openedx_view_student_courseaccessrole',
    ...models.map(({ name }) => `acme_view_${name}`),
  ]);
  expect(made.find(({ name }) => name === 'acme_view_enrollments')!.reads).toEqual(
    expect.arrayContaining(['acme_table_auth_user', 'acme_view_student_courseaccessrole']),
  );
  for (const view of made.slice(1)) expect('sql' in view && view.sql).not.toContain('openedx');
});

test('a lake without tables has no views', () => {
  expect(renderModels(models, 'duckdb', [])).toEqual([]);
});

describe('places', () => {
  const other = { ...partitionField(91, 'a"b'), from: 'base' } as const;
  const render = (place: string, base: readonly PartitionField[], dialect: 'duckdb' | 'trino'): string => {
    const model: Model = parseModel('m', `-- M.\n-- needs t (x)\n\n${place} {{ref t}}\n`, {});
    const view = renderModel(model, dialect, [state('t', ['x'], { partitionFields: base })]);
    return 'sql' in view ? view.sql.replace(' "openedx_table_t"', '') : view.missing.join(', ');
  };
  const cases: [place: string, base: PartitionField[], duckdb: string, trino?: string][] = [
    ['{{lms t}}', [], 'CAST(NULL AS varchar)'],
    ['{{lms t}}', [other, LMS], 't.lms'],
    ['{{base t}}', [], ''],
    ['{{base t}}', [LMS, other], ', t."lms", t."a""b"'],
    ['{{more_base t}}', [LMS, other], ', t."a""b"'],
    ['{{more_base t}}', [{ ...LMS, name: 'LMS' }], ''],
    ['{{same_base t u}}', [], ''],
    ['{{same_base t u}}', [LMS, other], ' AND t."lms" = u."lms" AND t."a""b" = u."a""b"'],
    [
      '{{join_text t.x order by t.y, t.z}}',
      [],
      "string_agg(coalesce(CAST(t.x AS varchar), ''), ',' ORDER BY t.y, t.z)",
      "array_join(array_agg(CAST(t.x AS varchar) ORDER BY t.y, t.z), ',', '')",
    ],
  ];
  test.each(cases)('%s with %j', (place, base, duckdb, trino = duckdb) => {
    expect(render(place, base, 'duckdb')).toBe(duckdb);
    expect(render(place, base, 'trino')).toBe(trino);
  });

  test('one that nothing fills is a fault', () => {
    expect(() => render('{{nothing t}}', [], 'trino')).toThrow(
      'The model m has a place that nothing fills: nothing.',
    );
  });
});
