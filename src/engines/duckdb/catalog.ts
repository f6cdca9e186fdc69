import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import { nearNames } from '../near-names.ts';
import type { ViewKind } from './views.ts';

/** A view that the catalog shows. */
export interface View {
  readonly name: string;
  readonly kind: ViewKind;
  readonly state: TableState;
}

/** The two views of each table that is registered. */
export interface Catalog {
  /** All views; of those whose names differ only by case the first. */
  readonly views: readonly View[];
  /**
   * The views of the given names; undefined where a name is none of the catalog's.
   * @throws PanoramaError `query-failed` where a name stands for several views that differ only by case
   */
  mentioned(names: readonly string[]): View[] | undefined;
  /** The error for a name that is not in the catalog. */
  unknown(name: string): PanoramaError;
}

export function catalogOf(states: readonly TableState[]): Catalog {
  const byName = new Map<string, View[]>();
  for (const view of states.filter(({ registered }) => registered).flatMap(viewsOf)) {
    byName.set(fold(view.name), [...(byName.get(fold(view.name)) ?? []), view]);
  }
  const views = [...byName.values()].map((same) => same[0]!);

  function find(name: string): View | undefined {
    const same = byName.get(fold(name)) ?? [];
    const exact = same.filter((view) => view.name === name);
    const found = exact.length === 1 ? exact : same;
    if (found.length > 1) throw ambiguous(found.map((view) => view.name));
    return found[0];
  }

  return {
    views,

    mentioned(names) {
      const found = new Map<string, View>();
      for (const name of names) {
        const view = find(name);
        if (view === undefined) return undefined;
        const other = found.get(fold(name));
        if (other !== undefined && other !== view) throw ambiguous([other.name, view.name]);
        found.set(fold(name), view);
      }
      return [...found.values()];
    },

    unknown(name) {
      const dropped = states.find((state) => !state.registered && isCalled(state, name));
      if (dropped !== undefined) {
        return new PanoramaError(
          'table-not-in-lake',
          `The table ${dropped.table} was dropped from the catalog; its files are kept.`,
          { hint: 'panorama create-datalake-tables puts it back.' },
        );
      }
      const near = nearNames(
        name,
        views.map((view) => view.name),
      );
      const meant = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
      return new PanoramaError('table-not-in-lake', `The lake has no table or view ${name}.${meant}`);
    },
  };
}

/** The views of a table, whether it is registered or not. */
export function viewsOf(state: TableState): View[] {
  return [
    { name: state.viewName, kind: 'typed', state },
    { name: state.rawName, kind: 'raw', state },
  ];
}

function isCalled(state: TableState, name: string): boolean {
  return [state.table, state.rawName, state.viewName].some((own) => fold(own) === fold(name));
}

function ambiguous(names: readonly string[]): PanoramaError {
  return new PanoramaError('query-failed', `The names ${names.join(' and ')} differ only by case.`, {
    hint: 'Write the name as panorama tables shows it, and only one of these in a query.',
  });
}

/** DuckDB compares names without regard to case. */
function fold(name: string): string {
  return name.toLowerCase();
}
