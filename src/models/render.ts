import type { DerivedView, SqlDialect } from '../engines/engine.ts';
import type { TableState } from '../lake/table-state.ts';
import { faulty, type Model } from './model.ts';
import { fillPlaces } from './places.ts';

/** A model as an engine takes it: the view's name and its SELECT; or why there is none. */
export type RenderedModel = DerivedView | MissingModel;

export interface MissingModel {
  readonly name: string;
  /** What the lake lacks, e.g. `student_manualenrollmentaudit`, `auth_user.email`. */
  readonly missing: readonly string[];
}

/**
 * All models for all base prefixes of a lake, each after those that it reads.
 * @param models as {@link loadModels} orders them
 * @param states the tables of the lake; those taken out of the catalog count as absent
 */
export function renderModels(
  models: readonly Model[],
  dialect: SqlDialect,
  states: readonly TableState[],
): RenderedModel[] {
  const prefixes = [...new Set(states.map(({ basePrefix }) => basePrefix))];
  return prefixes.flatMap((prefix) => {
    const own = states.filter(({ basePrefix }) => basePrefix === prefix);
    return models.map((model) => renderModel(model, dialect, own, models));
  });
}

/**
 * One model for the tables of one base prefix.
 * @param lake the tables of that prefix; those taken out of the catalog count as absent
 * @param models where those that it reads are found
 */
export function renderModel(
  model: Model,
  dialect: SqlDialect,
  lake: readonly TableState[],
  models: readonly Model[] = [],
): RenderedModel {
  const basePrefix = lake[0]?.basePrefix ?? '';
  const name = viewName(model.name, basePrefix);
  const tables = new Map(lake.filter(({ registered }) => registered).map((state) => [state.table, state]));
  const parts = [model, ...allRead(model, models)];
  const missing = parts.flatMap((part) => [
    ...lacking(part, tables),
    ...taken(viewName(part.name, basePrefix), tables),
  ]);
  if (missing.length > 0) return { name, missing: [...new Set(missing)] };

  const states = parts.flatMap(({ needs }) => needs.map(({ table }) => tables.get(table)!));
  const base = [...new Set(states.flatMap(baseOf))];
  const unequal = states.flatMap((state) =>
    base.filter((column) => !baseOf(state).includes(column)).map((column) => `${state.table}.${column}`),
  );
  if (unequal.length > 0) return { name, missing: [...new Set(unequal)] };

  const ref = (table: string): string => tables.get(table)!.viewName;
  const view = (other: string): string => viewName(other, basePrefix);
  return {
    name,
    sql: fillPlaces(model, { dialect, ref, view, base }),
    reads: [...model.needs.map(({ table }) => ref(table)), ...model.reads.map(view)],
  };
}

function viewName(model: string, basePrefix: string): string {
  return `${basePrefix === '' ? '' : `${basePrefix.replaceAll('/', '_')}_`}view_${model}`;
}

function allRead(model: Model, models: readonly Model[]): Model[] {
  return model.reads.flatMap((name) => {
    const read = models.find((other) => other.name === name);
    if (read === undefined) throw faulty(model.name, `reads ${name}, which is not there`);
    return [read, ...allRead(read, models)];
  });
}

/** Tables and columns that a model needs and the lake does not have. MySQL's columns have no letter case. */
function lacking(model: Model, tables: ReadonlyMap<string, TableState>): string[] {
  return model.needs.flatMap(({ table, columns }) => {
    const state = tables.get(table);
    if (state === undefined) return [table];
    const known = new Set([...state.fields, ...state.partitionFields].map(({ name }) => name.toLowerCase()));
    return columns.filter((column) => !known.has(column)).map((column) => `${table}.${column}`);
  });
}

/** Why the name of the view is not free: a table's view may be called so by the settings. */
function taken(name: string, tables: ReadonlyMap<string, TableState>): string[] {
  const owner = [...tables.values()].find(({ viewName, rawName }) =>
    [viewName, rawName].some((own) => own.toLowerCase() === name.toLowerCase()),
  );
  return owner === undefined ? [] : [`a free name (${owner.table} has it)`];
}

/** Base partitions, which tell the installations of a lake apart: without one in all tables rows of several would be mixed. */
function baseOf(state: TableState): string[] {
  return state.partitionFields.filter(({ from }) => from === 'base').map(({ name }) => name);
}
