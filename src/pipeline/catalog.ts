import { asPanoramaError, PanoramaError } from '../errors.ts';
import { evolveColumns } from '../lake/evolve.ts';
import { tablePath } from '../lake/hive-layout.ts';
import type { CurrentTable, TableKey } from '../lake/layout.ts';
import type { TableState } from '../lake/table-state.ts';
import type { DatalakeSettings, Settings, TableSettings } from '../settings/settings.ts';
import type { SourceSession } from '../sources/source.ts';
import { baseValuesOf, tableKey } from './installation.ts';
import { changingLake, type Lake, lakeTables, openLake, registerTable } from './lake.ts';
import { makeModels, modelDropper, type ModelResult } from './model-views.ts';
import { planSources, type Selection, type SourcePlan } from './plan.ts';
import { readerOf } from './read-lake.ts';
import { isRejectedTable, REJECTED_TABLE } from './rejected-table.ts';
import { makeSource } from './sources.ts';
import { plannedState, planTable } from './table-plan.ts';

/** What became of one table of a catalog command. */
export interface CatalogResult {
  readonly table: string;
  /** Names in the catalog: raw and typed view. */
  readonly rawName?: string;
  readonly viewName?: string;
  readonly outcome:
    'created' | 'registered again' | 'already there' | 'view made' | 'not made' | 'dropped' | 'failed';
  /** What the lake lacks for a model that was not made, e.g. `auth_user`, `auth_user.email`. */
  readonly missing?: readonly string[];
  /** Views of models that went with the table. */
  readonly models?: readonly string[];
  /** What stays on disk after a drop. */
  readonly files?: number;
  readonly path?: string;
  readonly error?: PanoramaError;
}

/** Registers the selected tables in the catalog with the columns of their source; existing ones are left as they are. */
export async function createTables(settings: Settings, selection: Selection): Promise<CatalogResult[]> {
  const plans = planSources(settings, selection);
  return aloneIn(settings, async (lake) => {
    const results: CatalogResult[] = [];
    for (const plan of plans) {
      const session = await (await makeSource(plan.datasource)).open();
      try {
        for (const table of await selectedTables(plan, session)) {
          results.push(await attempt(table.name, () => createTable(lake, settings.datalake, session, table)));
        }
      } finally {
        await session.close();
      }
    }
    if (selection.all === true) {
      const current = await lake.layout.load(rejectedKey(settings.datalake));
      const { state } = current;
      if (state !== undefined)
        results.push(
          await attempt(state.table, () => registerKnown(lake, settings.datalake, current, state)),
        );
    }
    return results;
  });
}

/** Does a step alone in the lake. */
async function aloneIn<T>({ datalake }: Settings, step: (lake: Lake) => Promise<T>): Promise<T> {
  const lake = await openLake(datalake);
  try {
    return await changingLake(lake, {}, step);
  } finally {
    await lake.close();
  }
}

/** Takes the selected tables out of the catalog. Files, column numbers and the list of files stay in the lake. */
export async function dropTables(settings: Settings, selection: Selection): Promise<CatalogResult[]> {
  return aloneIn(settings, async (lake) => {
    const results: CatalogResult[] = [];
    const { basePrefix = '' } = settings.datalake;
    const dropModels = lake.catalog && (await modelDropper(lake.catalog, lake, basePrefix));
    for (const name of await lakeSelection(lake, settings, selection)) {
      results.push(
        await attempt(name, async () => {
          const { current, state } = await registeredTable(lake, settings.datalake, name);
          const models = (await dropModels?.(state.viewName)) ?? [];
          await lake.stillHeld?.();
          await lake.catalog?.drop(state);
          await lake.layout.commit(current, { ...state, registered: false }, []);
          const path = lake.storage.locate(tablePath(state));
          const gone = models.length === 0 ? {} : { models };
          return { ...named(state), outcome: 'dropped', files: state.files.length, path, ...gone };
        }),
      );
    }
    return results;
  });
}

/**
 * Makes the typed view of every selected table that the lake holds; one that it does not hold fails. Where all are
 * selected, the models that they allow are made too.
 */
export async function createViews(settings: Settings, selection: Selection): Promise<CatalogResult[]> {
  const lake = await openLake(settings.datalake);
  const reader = readerOf(lake, settings.datalake);
  try {
    const results: CatalogResult[] = [];
    for (const name of await lakeSelection(lake, settings, selection)) {
      results.push(
        await attempt(name, async () => {
          const { state } = await registeredTable(lake, settings.datalake, name);
          await reader.engine.ensureTable(state);
          await reader.engine.replaceViews(state);
          return { ...named(state), outcome: 'view made' };
        }),
      );
    }
    if (selection.all === true) {
      const models = await makeModels(reader.engine, lake, settings.datalake.basePrefix ?? '');
      results.push(...models.map(modelResult));
    }
    return results;
  } finally {
    await reader.close();
  }
}

/**
 * Makes the typed view of one table under another name than its own, beside its own.
 * @param table its name in the source, or that of its raw table in the catalog
 * @throws PanoramaError `table-not-in-lake`; `unsupported` for a lake without a catalog that could keep the view
 */
export async function createNamedView(
  settings: Settings,
  table: string,
  viewName: string,
): Promise<CatalogResult> {
  const lake = await openLake(settings.datalake);
  try {
    const { catalog } = lake;
    if (catalog === undefined) {
      throw new PanoramaError(
        'unsupported',
        'This lake has no catalog that would keep a view of that name.',
        {
          hint: `Name the view of the table in the settings file: datalake_table_view: ${viewName}`,
        },
      );
    }
    const named = (await registeredTables(lake, settings.datalake)).find(
      ({ key, state }) => key.table === table || state?.rawName === table,
    );
    const { state } = await registeredTable(lake, settings.datalake, named?.key.table ?? table);
    return await attempt(state.table, async () => {
      await catalog.ensureTable(state);
      await catalog.replaceViews({ ...state, viewName });
      return { table: state.table, rawName: state.rawName, viewName, outcome: 'view made' };
    });
  } finally {
    await lake.close();
  }
}

/** @throws PanoramaError `table-not-in-lake` */
async function registeredTable(
  lake: Lake,
  datalake: DatalakeSettings,
  table: string,
): Promise<{ current: CurrentTable; state: TableState }> {
  const current = await lake.layout.load(tableKey(datalake, table));
  if (current.state?.registered === true) return { current, state: current.state };
  throw new PanoramaError('table-not-in-lake', `The lake holds no table ${table}.`, {
    hint: 'Load it first, or register it: panorama create-datalake-tables.',
  });
}

/**
 * The names of the selected tables for a command that needs no source: from the settings, or all that are registered
 * in the lake. The list of rejected values, which no source has, is selected by its name or with all.
 */
async function lakeSelection(lake: Lake, settings: Settings, selection: Selection): Promise<string[]> {
  const names = new Set<string>();
  const { tables, ...others } = selection;
  const ofSources = tables?.filter((name) => !isRejectedTable(name));
  if (tables?.some(isRejectedTable)) names.add(REJECTED_TABLE.table);
  const onlyOwn = names.size > 0 && ofSources?.length === 0;
  const plans = onlyOwn
    ? []
    : planSources(settings, ofSources === undefined ? others : { ...others, tables: ofSources });
  let registered: CurrentTable[] | undefined;
  for (const plan of plans) {
    if (plan.tables !== 'all') for (const table of plan.tables) names.add(table.name);
    else {
      registered ??= await registeredTables(lake, settings.datalake);
      for (const { key } of registered) names.add(key.table);
    }
  }
  if (selection.all === true && !names.has(REJECTED_TABLE.table)) {
    const { key, state } = await lake.layout.load(rejectedKey(settings.datalake));
    if (state?.registered === true) names.add(key.table);
  }
  return [...names];
}

function rejectedKey(datalake: DatalakeSettings): TableKey {
  return tableKey(datalake, REJECTED_TABLE.table);
}

async function registeredTables(lake: Lake, datalake: DatalakeSettings): Promise<CurrentTable[]> {
  const tables = await lakeTables(lake.layout);
  return tables.filter(
    ({ key, state }) => key.basePrefix === (datalake.basePrefix ?? '') && state?.registered === true,
  );
}

async function selectedTables(plan: SourcePlan, session: SourceSession): Promise<readonly TableSettings[]> {
  return plan.tables === 'all' ? (await session.tables()).map((name) => ({ name })) : plan.tables;
}

async function createTable(
  lake: Lake,
  datalake: DatalakeSettings,
  session: SourceSession,
  settings: TableSettings,
): Promise<CatalogResult> {
  const current = await lake.layout.load(tableKey(datalake, settings.name));
  if (current.state !== undefined) return registerKnown(lake, datalake, current, current.state);
  const plan = planTable(await session.describe(settings.name), settings, datalake);
  const columns = evolveColumns(plan, undefined, { othersStay: false, allowChange: false });
  const state: TableState = { ...plannedState(plan, columns), files: [], rejected: {} };
  await lake.layout.commit(current, state, []);
  await registerTable(lake, state, baseValuesOf(datalake), { views: false });
  return { ...named(state), outcome: 'created' };
}

/** Registers a table that the lake knows with the columns that it has there. */
async function registerKnown(
  lake: Lake,
  datalake: DatalakeSettings,
  current: CurrentTable,
  known: TableState,
): Promise<CatalogResult> {
  const state = { ...known, registered: true };
  if (!known.registered) await lake.layout.commit(current, state, []);
  await registerTable(lake, state, baseValuesOf(datalake), { views: false });
  return { ...named(state), outcome: known.registered ? 'already there' : 'registered again' };
}

function modelResult({ name, missing, error }: ModelResult): CatalogResult {
  const view = { table: name, viewName: name };
  if (error !== undefined) return { ...view, outcome: 'failed', error };
  return missing === undefined
    ? { ...view, outcome: 'view made' }
    : { ...view, outcome: 'not made', missing };
}

function named(state: TableState): Pick<CatalogResult, 'table' | 'rawName' | 'viewName'> {
  return { table: state.table, rawName: state.rawName, viewName: state.viewName };
}

async function attempt(table: string, step: () => Promise<CatalogResult>): Promise<CatalogResult> {
  try {
    return await step();
  } catch (error) {
    const known = asPanoramaError(error);
    if (known.code.startsWith('lake-') || known.code === 'lock-lost') throw known;
    return { table, outcome: 'failed', error: known };
  }
}
