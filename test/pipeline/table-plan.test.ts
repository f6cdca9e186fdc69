import { describe, expect, it } from 'vitest';

import { shaper } from '../../src/pipeline/shape.ts';
import { planTable } from '../../src/pipeline/table-plan.ts';
import { batchOf, cellBytes } from '../../src/rows/batch.ts';
import { type TableSchema, typeText } from '../../src/rows/field.ts';
import type { DatalakeSettings, TableSettings } from '../../src/settings/settings.ts';
import { mysqlFieldType } from '../../src/sources/mysql-types.ts';

const schema = (table: string, columns: Record<string, string>): TableSchema => ({
  table,
  primaryKey: ['id'],
  fields: Object.entries(columns).map(([name, declared]) => ({
    name,
    declared,
    type: mysqlFieldType(declared),
    nullable: true,
  })),
});
const lake: DatalakeSettings = {
  type: 'local',
  path: '/lake',
  format: 'parquet',
  layout: 'hive',
  basePrefix: 'openedx',
  basePartitions: [],
};
const user = schema('auth_user', {
  id: 'int(11)',
  password: 'varchar(128)',
  Email: 'varchar(254)',
  joined: 'datetime(6)',
});
const module_ = schema('courseware_studentmodule', {
  id: 'bigint(20)',
  course_id: 'varchar(255)',
  state: 'longtext',
  grade: 'double',
});

describe('table plan', () => {
  it('takes all columns of the source, but never reads a secret', () => {
    const plan = planTable(user, undefined, lake);
    expect(plan.read.map((field) => field.name)).toEqual(['id', 'Email', 'joined']);
    expect(plan.columns).toEqual([
      { name: 'id', read: 0 },
      { name: 'password', constant: null },
      { name: 'Email', read: 1 },
      { name: 'joined', read: 2 },
    ]);
    expect(plan.withheld).toEqual(['password']);
    expect(plan.fields.filter((field) => field.private).map((field) => field.name)).toEqual(['Email']);
    expect([plan.rawName, plan.viewName]).toEqual(['openedx_raw_auth_user', 'openedx_table_auth_user']);
  });

  it('never reads a secret that the settings list', () => {
    const plan = planTable(user, { name: 'auth_user', fields: [{ name: 'PASSWORD' }, { name: 'id' }] }, lake);
    expect(plan.read.map((field) => field.name)).toEqual(['id']);
    expect(plan.columns[0]).toEqual({ name: 'PASSWORD', constant: null });
  });

  it('partitions a known table of Open edX unless the settings list its fields', () => {
    expect(planTable(module_, undefined, lake).partitionFields).toEqual([
      { name: 'course_id', type: { kind: 'text' }, from: 'field' },
    ]);
    const listed = { name: 'courseware_studentmodule', fields: [{ name: 'id' }, { name: 'course_id' }] };
    expect(planTable(module_, listed, lake).partitionFields).toEqual([]);
  });

  it('puts base partitions first and partition columns last, in the order of partition_fields', () => {
    const settings: TableSettings = {
      name: 't',
      fields: [{ name: 'b' }, { name: 'a' }, { name: 'c' }],
      partitions: { partitionFields: ['a', 'b', 'd'] },
    };
    const t = schema('t', { a: 'int', b: 'int', c: 'int', d: 'int' });
    const based = { ...lake, basePartitions: [{ name: 'lms', type: 'varchar', value: 'x' }] };
    const plan = planTable(t, settings, based);
    expect(plan.fields.map((field) => field.name)).toEqual(['c']);
    expect(plan.partitionFields.map((field) => field.name)).toEqual(['lms', 'a', 'b', 'd']);
    expect(plan.columns.map((column) => column.name)).toEqual(['c', 'a', 'b', 'd']);
    expect(plan.baseValues).toEqual(['x']);
  });

  it('leaves out what is excluded', () => {
    expect(
      planTable(user, { name: 'auth_user', exclude: ['email'] }, lake).read.map((field) => field.name),
    ).toEqual(['id', 'joined']);
  });

  it('has sane names without a base prefix (D23)', () => {
    const { basePrefix: _, ...bare } = lake;
    expect(planTable(user, undefined, bare).viewName).toBe('table_auth_user');
    expect(planTable(user, undefined, { ...lake, basePrefix: 'eu/openedx' }).rawName).toBe(
      'eu_openedx_raw_auth_user',
    );
  });

  it.each<[string, string, string]>([
    ['bigint(20)', 'int', 'int64'],
    ['bigint(20) unsigned', 'bigint', 'decimal(20,0)'],
    ['decimal(5,2)', 'decimal', 'decimal(5,2)'],
    ['decimal(5,2)', 'decimal(10,2)', 'decimal(10,2)'],
    ['int(11)', 'bigint', 'int64'],
    ['int(11)', 'varchar', 'text'],
    ['varchar(20)', 'double', 'float64'],
    ['float', 'double', 'float64'],
    ['double', 'float', 'float64'],
    ['tinyint(1)', 'tinyint', 'int32'],
    ['datetime(6)', 'datetime', 'timestamp'],
    ['decimal(65,30)', 'decimal', 'text'],
  ])('source %s and settings %s give %s', (declared, spelled, type) => {
    const plan = planTable(
      schema('t', { x: declared }),
      { name: 't', fields: [{ name: 'x', type: spelled }] },
      lake,
    );
    expect(typeText(plan.fields[0]!.type)).toBe(type);
  });

  it.each<[string, TableSettings, Partial<DatalakeSettings>, string]>([
    ['an unknown field', { name: 't', fields: [{ name: 'nope' }] }, {}, 'unknown-column'],
    ['an unknown partition', { name: 't', partitions: { partitionFields: ['nope'] } }, {}, 'unknown-column'],
    ['an unknown exclusion', { name: 't', exclude: ['nope'] }, {}, 'unknown-column'],
    [
      'only partitions',
      { name: 't', fields: [{ name: 'id' }], partitions: { partitionFields: ['id'] } },
      {},
      'settings-invalid',
    ],
    ['a binary partition', { name: 't', partitions: { partitionFields: ['raw'] } }, {}, 'settings-invalid'],
    [
      'a partition named twice',
      { name: 't', partitions: { partitionFields: ['id', 'ID'] } },
      {},
      'settings-invalid',
    ],
    [
      'a base partition named like a column',
      { name: 't' },
      { basePartitions: [{ name: 'ID', type: 'varchar', value: 'x' }] },
      'settings-invalid',
    ],
    ['constants alone', { name: 't', fields: [{ name: 'x', value: '1' }] }, {}, 'settings-invalid'],
  ])('refuses %s', (_, settings, change, code) => {
    const t = schema('t', { id: 'int', raw: 'blob', name: 'text' });
    expect(() => planTable(t, settings, { ...lake, ...change } as DatalakeSettings)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('shape', () => {
  it('orders columns and adds constants without copying cells', () => {
    const shape = shaper([
      { name: 'k', constant: 'NZ' },
      { name: 'b', read: 1 },
      { name: 'n', constant: null },
      { name: 'e', constant: '' },
      { name: 'a', read: 0 },
    ]);
    for (const rows of [
      [
        ['1', 'x'],
        ['2', null],
      ],
      [['3', 'y']],
      Array.from({ length: 300 }, (_, i) => [String(i), 'z']),
    ]) {
      const batch = batchOf(2, rows);
      const shaped = shape(batch);
      expect(shaped.columns[4]).toBe(batch.columns[0]);
      const seen = rows.map((_, row) =>
        shaped.columns
          .map((column) => cellBytes(column, row))
          .map((bytes) => (bytes === null ? null : Buffer.from(bytes).toString())),
      );
      expect(seen).toEqual(rows.map(([a, b]) => ['NZ', b, null, '', a]));
    }
  });
});
