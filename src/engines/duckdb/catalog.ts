import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import type { DerivedView } from '../engine.ts';
import { nearNames } from '../near-names.ts';
import type { ViewKind } from './views.ts';

/** A view that the catalog shows. */
export type View = TableView | QueryView;

/** A view of the files of a table. */
export interface TableView {
  readonly name: string;
  readonly kind: ViewKind;
  readonly state: TableState;
}

/** A view over other views. */
interface QueryView extends DerivedView {
  readonly kind: 'query';
}

/** Views over those of the tables, each after those that it reads; or what the lake lacks for one. */
export type FurtherView = DerivedView | { readonly name: string; readonly missing: readonly string[] };

/** The two views of each table that is registered, and views over them. */
export interface Catalog {
  /** All views, each after those that it reads; of those whose names differ only by case the first. */
  readonly views: readonly View[];
  /**
   * The views of the given names with those that they read; undefined where a name is none of the catalog's.
   * @throws PanoramaError `query-failed` where a name stands for several views that differ only by case
   */
  mentioned(names: readonly string[]): View[] | undefined;
  /** The error for a name that is not in the catalog. */
  unknown(name: string): PanoramaError;
}

export function catalogOf(states: readonly TableState[], further: readonly FurtherView[]): Catalog {
  const byName = new Map<string, View[]>();
  const queries = further.flatMap((view): View[] => ('sql' in view ? [{ ...view, kind: 'query' }] : []));
  const all: View[] = [...states.filter(({ registered }) => registered).flatMap(viewsOf), ...queries];
  for (const view of all) {
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
      const pending = [...names];
      for (const name of pending) {
        const view = find(name);
        if (view === undefined) return undefined;
        const other = found.get(fold(name));
        if (other !== undefined && other !== view) throw ambiguous([other.name, view.name]);
        if (other === undefined && view.kind === 'query') pending.push(...view.reads);
        found.set(fold(name), view);
      }
      return all.filter((view) => found.get(fold(view.name)) === view);
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
      const unmade = further.find((view) => 'missing' in view && fold(view.name) === fold(name));
      if (unmade !== undefined && 'missing' in unmade) {
        return new PanoramaError(
          'table-not-in-lake',
          `The view ${unmade.name} needs what the lake does not have: ${unmade.missing.join(', ')}.`,
          {
            hint: 'Load these tables with these columns; docs/reference/models.md tells what each view reads.',
          },
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
export function viewsOf(state: TableState): TableView[] {
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
