import { describe, expect, it } from 'vitest';

import { planSources, type Selection } from '../../src/pipeline/plan.ts';
import type { Datasource, Settings } from '../../src/settings/settings.ts';

const source = (name: string, tables?: string[]): Datasource => ({
  type: 'dump',
  name,
  location: ['x'],
  ...(tables === undefined ? {} : { tables: tables.map((table) => ({ name: table })) }),
});
const settings = (...datasources: Datasource[]): Settings => ({
  datalake: { type: 'local', path: '/lake', format: 'parquet', layout: 'hive', basePartitions: [] },
  datasources,
});
const site = settings(source('lms', ['auth_user', 'grades']), source('shop', ['orders']));
const mixed = settings(source('lms', ['auth_user']), {
  type: 'csv',
  name: 'files',
  location: ['y'],
  header: true,
  skipLines: 0,
});
const open = settings(source('lms'), source('shop', ['orders']));

/** A plan as text: `source: tables`. */
const text = (selection: Selection, of = site): string[] =>
  planSources(of, selection).map(
    (plan) =>
      `${plan.datasource.name}: ${plan.tables === 'all' ? 'all' : plan.tables.map((table) => table.name).join()}`,
  );

describe('selection', () => {
  it.each<[string, Selection, Settings, string[]]>([
    ['everything', { all: true }, site, ['lms: auth_user,grades', 'shop: orders']],
    ['all with a source is that source', { all: true, datasource: 'shop' }, site, ['shop: orders']],
    ['one source', { datasource: 'lms' }, site, ['lms: auth_user,grades']],
    ['tables of several sources', { tables: ['orders', 'grades'] }, site, ['lms: grades', 'shop: orders']],
    [
      'an open source takes every name',
      { tables: ['users', 'orders'] },
      open,
      ['lms: users,orders', 'shop: orders'],
    ],
    ['sources of a type', { types: ['mysql', 'dump'] }, mixed, ['lms: auth_user']],
    ['sources of several types', { types: ['dump', 'csv'] }, mixed, ['lms: auth_user', 'files: all']],
    [
      'tables by their whole names (D30)',
      { tables: ['my_course_structures'] },
      settings(source('courses', ['course_structures']), source('lms', ['my_course_structures'])),
      ['lms: my_course_structures'],
    ],
    ['an open source with all', { all: true }, open, ['lms: all', 'shop: orders']],
  ])('%s', (_, selection, of, plan) => {
    expect(text(selection, of)).toEqual(plan);
  });

  it.each<[string, Selection, Settings, string]>([
    ['nothing', {}, site, 'nothing-selected'],
    ['sources of a type that is not there', { types: ['xls'] }, mixed, 'nothing-selected'],
    ['all and tables', { all: true, tables: ['grades'] }, site, 'usage'],
    ['an unknown source', { datasource: 'lsm' }, site, 'unknown-datasource'],
    ['an unknown table among known ones', { tables: ['grades', 'gradse'] }, site, 'unknown-table'],
    ['a table of another source', { datasource: 'lms', tables: ['orders'] }, site, 'unknown-table'],
    [
      'one table in the lists of two sources',
      { all: true },
      settings(source('a', ['t']), source('b', ['t'])),
      'settings-invalid',
    ],
    ['sources without tables', { all: true }, settings(source('lms', [])), 'nothing-selected'],
  ])('refuses %s', (_, selection, of, code) => {
    expect(() => planSources(of, selection)).toThrow(expect.objectContaining({ code, exit: 2 }));
  });
});
