import type { Table } from '@aws-sdk/client-glue';

import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import { execute, type Workgroup } from './execution.ts';
import { catalogFailure, statementFailure } from './failures.ts';
import { catalogName, VIEW_MARK, viewMark, withParameter } from './glue-table.ts';
import { type Catalog, findTable, foreignTable, updateTable } from './tables.ts';
import { createViewSql, quoteName } from './view-sql.ts';

/**
 * See {@link Engine.replaceViews}. The raw table remembers which view was made, so that nothing is sent where it
 * is as it should be.
 */
export async function replaceView(
  catalog: Catalog,
  group: Workgroup,
  state: TableState,
  signal?: AbortSignal,
): Promise<void> {
  const raw = await findTable(catalog, state.rawName);
  if (raw === undefined) {
    throw new PanoramaError('catalog-failed', `The table ${state.rawName} of the view is not in Glue.`);
  }
  const view = await findTable(catalog, state.viewName);
  if (view !== undefined) refuseForeignView(view, state);
  const sql = createViewSql(state, catalog.database);
  const mark = viewMark(sql, state);
  if (view !== undefined && raw.Parameters?.[VIEW_MARK] === mark) return;
  await run(group, sql, `make the view ${state.viewName} in Athena`, signal);
  if (raw.Parameters?.[VIEW_MARK] !== mark) await updateTable(catalog, withParameter(raw, VIEW_MARK, mark));
}

/** The view leaves the catalog. @throws PanoramaError `catalog-foreign` */
export async function dropView(
  catalog: Catalog,
  group: Workgroup,
  state: TableState,
  signal?: AbortSignal,
): Promise<void> {
  const view = await findTable(catalog, state.viewName);
  if (view === undefined) return;
  refuseForeignView(view, state);
  const sql = `DROP VIEW IF EXISTS ${quoteName(catalogName(state.viewName))}`;
  await run(group, sql, `drop the view ${state.viewName} in Athena`, signal);
}

async function run(group: Workgroup, sql: string, what: string, signal?: AbortSignal): Promise<void> {
  const execution = await execute(group, sql, signal).catch((error: unknown) => {
    throw catalogFailure(what, error, signal);
  });
  if (execution.state !== 'SUCCEEDED') throw statementFailure(what, execution.reason);
}

/** A view of ours reads our raw table, as that of the original did. */
function refuseForeignView(view: Table, state: TableState): void {
  if (view.TableType !== 'VIRTUAL_VIEW') {
    throw foreignTable(state.viewName, `it is no view but a table of type ${view.TableType ?? 'unknown'}`);
  }
  const sql = viewText(view);
  if (sql !== undefined && !sql.toLowerCase().includes(catalogName(state.rawName))) {
    throw foreignTable(state.viewName, `it is a view that does not read ${state.rawName}`);
  }
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
