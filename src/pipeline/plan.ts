import { PanoramaError } from '../errors.ts';
import type { Datasource, Settings, TableSettings } from '../settings/settings.ts';

/** What a command was asked to work on, as the options of the command line say it. */
export interface Selection {
  readonly all?: boolean;
  readonly datasource?: string;
  readonly tables?: readonly string[];
  /** Only data sources of these types, as commands of the first generation choose them; alone it means all of these. */
  readonly types?: readonly Datasource['type'][];
}

/** The part of one data source that is selected. */
export interface SourcePlan {
  readonly datasource: Datasource;
  /**
   * Tables with their settings; `all`: every table that the source turns out to have. A name of an option that
   * stands in no list of the settings is taken as it is where the source's list is open.
   */
  readonly tables: readonly TableSettings[] | 'all';
  /** True where the tables were named on the command line, so that a missing one is a wrong usage. */
  readonly named: boolean;
  /** Names of the command line that another selected source may hold in place of this one. */
  readonly mayLack: ReadonlySet<string>;
}

/**
 * Resolves a selection against the settings, without any I/O.
 * @throws PanoramaError `usage`, `unknown-datasource`, `unknown-table`, `nothing-selected`
 */
export function planSources(settings: Settings, selection: Selection): SourcePlan[] {
  checkSelection(selection);
  const names = selection.tables;
  const datasources = selectDatasources(settings, selection);
  if (names === undefined) {
    const plans = datasources.map((datasource) => ({
      datasource,
      tables: datasource.tables ?? ('all' as const),
      named: false,
      mayLack: new Set<string>(),
    }));
    return nonEmpty(plans);
  }
  for (const name of names)
    if (!datasources.some((datasource) => mayHold(datasource, name))) throw unknownTable(name, datasources);
  return nonEmpty(
    datasources.map((datasource) => ({
      datasource,
      tables: names
        .filter((name) => mayHold(datasource, name))
        .map((name) => tableSettings(datasource, name)),
      named: true,
      mayLack: new Set(
        names.filter((name) => datasources.filter((other) => mayHold(other, name)).length > 1),
      ),
    })),
  );
}

/** Refuses options that do not go together, and none at all. @throws PanoramaError `usage`, `nothing-selected` */
export function checkSelection({ all, datasource, tables, types }: Selection): void {
  if (all === true && tables !== undefined) {
    throw new PanoramaError('usage', '--all and --tables cannot be used together.');
  }
  if (all !== true && datasource === undefined && tables === undefined && types === undefined) {
    throw new PanoramaError('nothing-selected', 'Either --all or --datasource or --tables must be given.');
  }
}

/** The data sources of a selection. @throws PanoramaError `unknown-datasource`, `nothing-selected` */
export function selectDatasources(
  settings: Settings,
  { datasource: name, types }: Selection,
): readonly Datasource[] {
  if (types !== undefined) {
    const found = settings.datasources.filter(({ type }) => types.includes(type));
    if (found.length > 0) return found;
    throw new PanoramaError(
      'nothing-selected',
      `The settings have no data source of type ${types.join(' or ')}.`,
      { hint: 'Add one to the settings file, or choose others with panorama extract-and-load.' },
    );
  }
  if (name === undefined) return settings.datasources;
  const found = settings.datasources.filter((datasource) => datasource.name === name);
  if (found.length > 0) return found;
  const known = settings.datasources.map((datasource) => datasource.name).join(', ');
  throw new PanoramaError(
    'unknown-datasource',
    `There is no data source ${name}; the settings have: ${known}.`,
  );
}

function mayHold(datasource: Datasource, table: string): boolean {
  return datasource.tables === undefined || datasource.tables.some((settings) => settings.name === table);
}

function tableSettings(datasource: Datasource, name: string): TableSettings {
  return datasource.tables?.find((settings) => settings.name === name) ?? { name };
}

function nonEmpty(plans: readonly SourcePlan[]): SourcePlan[] {
  const full = plans.filter((plan) => plan.tables === 'all' || plan.tables.length > 0);
  if (full.length > 0) return distinct(full);
  throw new PanoramaError('nothing-selected', 'The selected data sources have no tables in the settings.');
}

/** Refuses two sources of one table where the settings show them; a run finds those that they do not show. */
function distinct(plans: SourcePlan[]): SourcePlan[] {
  const from = new Map<string, string>();
  for (const plan of plans) {
    for (const { name } of plan.tables === 'all' ? [] : plan.tables) {
      if (plan.datasource.tables === undefined) continue;
      const other = from.get(name);
      if (other !== undefined && other !== plan.datasource.name)
        throw twoSources(name, other, plan.datasource.name);
      from.set(name, plan.datasource.name);
    }
  }
  return plans;
}

/** The error of a table that two sources would write, the later over the earlier. */
export function twoSources(table: string, first: string, second: string): PanoramaError {
  return new PanoramaError(
    'settings-invalid',
    `The table ${table} comes from two data sources, ${first} and ${second}.`,
    {
      hint: 'Name one of them with --datasource, list different tables, or use a settings file with another base_prefix.',
    },
  );
}

function unknownTable(name: string, datasources: readonly Datasource[]): PanoramaError {
  const known = datasources.flatMap((datasource) => (datasource.tables ?? []).map((table) => table.name));
  const near = known.filter((table) => table.includes(name) || name.includes(table)).slice(0, 5);
  const hint = near.length > 0 ? { hint: `Did you mean ${near.join(' or ')}?` } : {};
  return new PanoramaError(
    'unknown-table',
    `No selected data source has a table ${name} in the settings.`,
    hint,
  );
}
