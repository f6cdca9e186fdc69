import { asPanoramaError, type PanoramaError } from '../errors.ts';
import type { DerivedView, Engine } from '../engines/engine.ts';
import { quoteName } from '../engines/quote-name.ts';
import type { TableState } from '../lake/table-state.ts';
import { loadModels } from '../models/load.ts';
import { type MissingModel, renderModels } from '../models/render.ts';
import { type Lake, lakeTables } from './lake.ts';

/** What became of a model. */
export interface ModelResult {
  readonly name: string;
  /** What the lake lacks for it; then it was not made. */
  readonly missing?: readonly string[];
  readonly error?: PanoramaError;
}

/**
 * Makes the views of the models of a base prefix, each after those that it reads. An engine without a catalog makes
 * them at each query; there each is tried.
 */
export async function makeModels(engine: Engine, lake: Lake, basePrefix: string): Promise<ModelResult[]> {
  const results: ModelResult[] = [];
  for (const model of await modelsOf(engine, await statesOf(lake, basePrefix))) {
    if ('missing' in model) results.push(model);
    else results.push({ name: model.name, ...(await makeView(engine, model)) });
  }
  return results;
}

/**
 * After views have changed: makes anew the models that read them, for a view in a catalog keeps the types that those
 * below had when it was made. Answers those that failed.
 * @param changed names of the views that changed
 */
export async function remakeModels(
  engine: Engine,
  lake: Lake,
  basePrefix: string,
  changed: ReadonlySet<string>,
): Promise<ModelResult[]> {
  if (engine.replaceDerivedView === undefined || changed.size === 0) return [];
  const failed: ModelResult[] = [];
  for (const view of readersOf(changed, await madeModels(engine, await statesOf(lake, basePrefix)))) {
    const { error } = await makeView(engine, view);
    if (error !== undefined) failed.push({ name: view.name, error });
  }
  return failed;
}

/**
 * How the models that read a table's view leave the catalog, before that does: for as many tables as wanted, by the
 * models that the lake has now. Answers the names of those that were there.
 */
export async function modelDropper(
  engine: Engine,
  lake: Lake,
  basePrefix: string,
): Promise<(viewName: string) => Promise<string[]>> {
  if (engine.dropDerivedView === undefined) return async () => [];
  const models = await madeModels(engine, await statesOf(lake, basePrefix));
  return async (viewName) => {
    const dropped: string[] = [];
    for (const view of readersOf(new Set([viewName]), models).reverse())
      if (await engine.dropDerivedView!(view)) dropped.push(view.name);
    return dropped;
  };
}

async function makeView(engine: Engine, view: DerivedView): Promise<{ error?: PanoramaError }> {
  try {
    if (engine.replaceDerivedView !== undefined) await engine.replaceDerivedView(view);
    else await (await engine.query(`SELECT * FROM ${quoteName(view.name)} LIMIT 0`)).close();
    return {};
  } catch (error) {
    return { error: asPanoramaError(error) };
  }
}

async function statesOf(lake: Lake, basePrefix: string): Promise<TableState[]> {
  const tables = await lakeTables(lake.layout);
  return tables.flatMap(({ key, state }) =>
    state !== undefined && key.basePrefix === basePrefix ? [state] : [],
  );
}

/** The models in the engine's SQL; without those of which the lake has no table at all. */
async function modelsOf(
  { capabilities }: Engine,
  states: readonly TableState[],
): Promise<(DerivedView | MissingModel)[]> {
  const models = await loadModels();
  const rendered = renderModels(models, capabilities.dialect, states);
  const known = new Set(states.filter(({ registered }) => registered).map(({ table }) => table));
  return rendered.filter((_, i) => models[i]!.needs.some(({ table }) => known.has(table)));
}

async function madeModels(engine: Engine, states: readonly TableState[]): Promise<DerivedView[]> {
  return (await modelsOf(engine, states)).flatMap((model) => ('sql' in model ? [model] : []));
}

/** Those of the views, in their order, that read one of the names or another reader of one. */
function readersOf(names: ReadonlySet<string>, views: readonly DerivedView[]): DerivedView[] {
  const found = new Set(names);
  return views.filter(({ name, reads }) => {
    if (!reads.some((read) => found.has(read))) return false;
    found.add(name);
    return true;
  });
}
