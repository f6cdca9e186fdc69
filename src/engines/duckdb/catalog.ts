import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import { nearNames } from '../near-names.ts';
import { quoteName } from './sql.ts';
import { type Locate, rawSelect, typedSelect } from './views.ts';

/** The two views of each table that the catalog shows: those that are registered. */
export interface Catalog {
  /** All tables. */
  readonly states: readonly TableState[];
  /** The tables behind the given names; undefined where a name is none of the catalog's. */
  mentioned(names: readonly string[]): TableState[] | undefined;
  /** The error for a name that is not in the catalog. */
  unknown(name: string): PanoramaError;
}

export function catalogOf(all: readonly TableState[]): Catalog {
  const states = all.filter(({ registered }) => registered);
  const byName = new Map<string, TableState[]>();
  for (const state of states) {
    for (const name of new Set([state.rawName, state.viewName].map(fold))) {
      byName.set(name, [...(byName.get(name) ?? []), state]);
    }
  }

  function find(name: string): TableState | undefined {
    const candidates = byName.get(fold(name)) ?? [];
    const exact = candidates.filter(({ rawName, viewName }) => rawName === name || viewName === name);
    const found = exact.length === 1 ? exact : candidates;
    if (found.length > 1) throw ambiguous(name, found);
    return found[0];
  }

  return {
    states,

    mentioned(names) {
      const found = new Set<TableState>();
      for (const name of names) {
        const state = find(name);
        if (state === undefined) return undefined;
        found.add(state);
      }
      return [...found];
    },

    unknown(name) {
      const dropped = all.find((state) => !state.registered && isCalled(state, name));
      if (dropped !== undefined) {
        return new PanoramaError(
          'table-not-in-lake',
          `The table ${dropped.table} was dropped from the catalog; its files are kept.`,
          {
            hint: 'panorama create-datalake-tables puts it back.',
          },
        );
      }
      const near = nearNames(
        name,
        states.flatMap(({ viewName, rawName }) => [viewName, rawName]),
      );
      const meant = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
      return new PanoramaError('table-not-in-lake', `The lake has no table or view ${name}.${meant}`);
    },
  };
}

/** The statements that make the views of the tables, in order. Of two names that differ by case the first stays. */
export function viewStatements(states: readonly TableState[], locate: Locate): string[] {
  const made = new Set<string>();
  return states.flatMap((state) => {
    const names = [state.rawName, state.viewName];
    if (names.some((name) => made.has(fold(name)))) return [];
    for (const name of names) made.add(fold(name));
    return [
      `CREATE VIEW ${quoteName(state.rawName)} AS ${rawSelect(state, locate)}`,
      `CREATE VIEW ${quoteName(state.viewName)} AS ${typedSelect(state)}`,
    ];
  });
}

function isCalled(state: TableState, name: string): boolean {
  return [state.table, state.rawName, state.viewName].some((own) => fold(own) === fold(name));
}

function ambiguous(name: string, states: readonly TableState[]): PanoramaError {
  const tables = states.map(({ table }) => table).join(' and ');
  return new PanoramaError(
    'query-failed',
    `The name ${name} stands for the tables ${tables}, which differ only by case.`,
    {
      hint: 'Write the name as panorama tables shows it, one of these tables per query.',
    },
  );
}

/** DuckDB compares names without regard to case. */
function fold(name: string): string {
  return name.toLowerCase();
}
