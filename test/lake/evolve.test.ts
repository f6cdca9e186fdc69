import { describe, expect, it } from 'vitest';

import { evolveColumns, type WantedField } from '../../src/lake/evolve.ts';
import { STATE_VERSION, type TableState } from '../../src/lake/table-state.ts';
import type { FieldType } from '../../src/rows/field.ts';

const field = (name: string, kind: 'int32' | 'text' | 'int64' = 'int32'): WantedField => ({
  name,
  type: { kind } as FieldType,
  nullable: true,
  declared: kind,
  private: false,
});

function stateOf(fields: WantedField[]): TableState {
  const columns = evolveColumns({ table: 't', fields, partitionFields: [] }, undefined, {
    othersStay: false,
    allowChange: false,
  });
  return {
    version: STATE_VERSION,
    table: 't',
    basePrefix: '',
    rawName: 'raw_t',
    viewName: 'table_t',
    registered: true,
    format: 'parquet',
    primaryKey: [],
    files: [],
    rejected: {},
    ...columns,
  };
}

const evolve = (fields: WantedField[], state: TableState, othersStay = false, allowChange = false) =>
  evolveColumns({ table: 't', fields, partitionFields: [] }, state, { othersStay, allowChange });

const numbers = (columns: { fields: readonly { name: string; id: number }[] }) =>
  Object.fromEntries(columns.fields.map((one) => [one.name, one.id]));

describe('column numbers', () => {
  const state = stateOf([field('a'), field('b')]);

  it('stay with their columns, whatever the order and the case', () => {
    expect(numbers(state)).toEqual({ a: 1, b: 2 });
    expect(numbers(evolve([field('B'), field('new'), field('a')], state))).toEqual({ B: 2, new: 3, a: 1 });
  });

  it('are never given again', () => {
    const dropped = { ...state, ...evolve([field('a')], state, false, true) };
    expect(dropped.nextFieldId).toBe(3);
    expect(numbers(evolve([field('a'), field('b')], dropped))).toEqual({ a: 1, b: 3 });
    const retyped = { ...state, ...evolve([field('a'), field('b', 'text')], state, false, true) };
    expect(numbers(retyped)).toEqual({ a: 1, b: 3 });
    expect(numbers(evolve([field('a'), field('b')], { ...state, ...retyped }, false, true))).toEqual({
      a: 1,
      b: 4,
    });
  });

  it('a change that old files do not fit is refused unless it is allowed', () => {
    for (const fields of [[field('a')], [field('a'), field('b', 'text')]]) {
      expect(() => evolve(fields, state)).toThrow(expect.objectContaining({ code: 'guard-schema', exit: 5 }));
    }
    expect(() => evolve([field('a'), field('b', 'int64')], state)).toThrow(/b was int32 and is int64/);
  });

  it('while files of other installations stay, their columns stay and their types hold', () => {
    expect(numbers(evolve([field('a')], state, true))).toEqual({ a: 1, b: 2 });
    const order = (fields: WantedField[]) => evolve(fields, state, true).fields.map(({ name }) => name);
    expect(order([field('new'), field('B'), field('a'), field('newer')])).toEqual(['a', 'B', 'new', 'newer']);
    expect(order([field('new'), field('b')])).toEqual(['a', 'b', 'new']);
    expect(() => evolve([field('a', 'text')], state, true, true)).toThrow(
      /other installations|base_prefix|a was int32/,
    );
    expect(() =>
      evolveColumns(
        {
          table: 't',
          fields: [field('a')],
          partitionFields: [{ name: 'b', type: { kind: 'int32' }, from: 'field' }],
        },
        state,
        { othersStay: true, allowChange: true },
      ),
    ).toThrow(expect.objectContaining({ code: 'guard-schema' }));
  });
});
