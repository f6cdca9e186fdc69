import type { Table } from '@aws-sdk/client-glue';

import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import type { DerivedView } from '../engine.ts';
import { execute, type Workgroup } from './execution.ts';
import { catalogFailure, statementFailure } from './failures.ts';
import { catalogName, VIEW_MARK, viewMark, withParameter } from './glue-table.ts';
import { type Catalog, findTable, foreignTable, updateTable } from './tables.ts';
import { quoteName } from '../quote-name.ts';
import { viewSelect } from './view-sql.ts';

/**
 * See {@link Engine.replaceViews}. The raw table remembers which view was made, so that nothing is sent where it
 * is as it should be.
 */
export async function replaceView(
  catalog: Catalog,
  group: Workgroup,
  state: TableState,
  signal?: AbortSignal,
): Promise<boolean> {
  const raw = await findTable(catalog, state.rawName);
  if (raw === undefined) {
    throw new PanoramaError('catalog-failed', `The table ${state.rawName} of the view is not in Glue.`);
  }
  const isThere = await hasOurView(catalog, state.viewName, [state.rawName]);
  const select = viewSelect(state, catalog.database);
  const mark = viewMark(select, state);
  if (isThere && raw.Parameters?.[VIEW_MARK] === mark) return false;
  await makeView(group, state.viewName, select, signal);
  if (raw.Parameters?.[VIEW_MARK] !== mark) await updateTable(catalog, withParameter(raw, VIEW_MARK, mark));
  return true;
}

/** The typed view of a table leaves the catalog. @throws PanoramaError `catalog-foreign` */
export async function dropView(
  catalog: Catalog,
  group: Workgroup,
  { viewName, rawName }: TableState,
  signal?: AbortSignal,
): Promise<void> {
  if (await hasOurView(catalog, viewName, [rawName])) await removeView(group, viewName, signal);
}

/** See {@link Engine.replaceDerivedView}. */
export async function replaceDerivedView(
  catalog: Catalog,
  group: Workgroup,
  { name, sql, reads }: DerivedView,
  signal?: AbortSignal,
): Promise<void> {
  await hasOurView(catalog, name, reads);
  await makeView(group, name, sql, signal);
}

/** See {@link Engine.dropDerivedView}. */
export async function dropDerivedView(
  catalog: Catalog,
  group: Workgroup,
  { name, reads }: DerivedView,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!(await hasOurView(catalog, name, reads))) return false;
  await removeView(group, name, signal);
  return true;
}

/** Statements have no schema before the name: it is that of the execution. */
async function makeView(group: Workgroup, name: string, select: string, signal?: AbortSignal): Promise<void> {
  const sql = `CREATE OR REPLACE VIEW ${quoteName(catalogName(name))} AS\n${select}`;
  await run(group, sql, `make the view ${name} in Athena`, signal);
}

async function removeView(group: Workgroup, name: string, signal?: AbortSignal): Promise<void> {
  const sql = `DROP VIEW IF EXISTS ${quoteName(catalogName(name))}`;
  await run(group, sql, `drop the view ${name} in Athena`, signal);
}

async function run(group: Workgroup, sql: string, what: string, signal?: AbortSignal): Promise<void> {
  const execution = await execute(group, sql, signal).catch((error: unknown) => {
    throw catalogFailure(what, error, signal);
  });
  if (execution.state !== 'SUCCEEDED') throw statementFailure(what, execution.reason);
}

/**
 * True where there is a view of the name that is ours: it reads what ours reads, as that of the original did.
 * @throws PanoramaError `catalog-foreign` where something else has the name
 */
async function hasOurView(catalog: Catalog, name: string, reads: readonly string[]): Promise<boolean> {
  const view = await findTable(catalog, name);
  if (view === undefined) return false;
  if (view.TableType !== 'VIRTUAL_VIEW')
    throw foreignTable(name, `it is no view but a table of type ${view.TableType ?? 'unknown'}`);
  const sql = viewText(view)?.toLowerCase();
  const unread = sql === undefined ? undefined : reads.find((read) => !sql.includes(catalogName(read)));
  if (unread !== undefined) throw foreignTable(name, `it is a view that does not read ${unread}`);
  return true;
}

/** The SQL of a view that Athena made: it keeps JSON in base64 inside a comment. */
function viewText(view: Table): string | undefined {
  const encoded = /^\/\* Presto View: ([\w+/=]+) \*\/$/.exec(view.ViewOriginalText?.trim() ?? '')?.[1];
  if (encoded === undefined) return undefined;
  try {
    const { originalSql } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as {
      originalSql?: unknown;
    };
    return typeof originalSql === 'string' ? originalSql : undefined;
  } catch {
    return undefined;
  }
}
