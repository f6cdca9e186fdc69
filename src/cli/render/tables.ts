import { stateBytes, stateRows, type TableState } from '../../lake/table-state.ts';
import { bytesText, columnsText, countText, visibleText } from '../text.ts';

/** The tables of a lake as a person reads them: one line each, then the views of models. */
export function tablesText(tables: readonly TableState[], models: readonly string[]): string {
  if (tables.length === 0) return 'The lake holds no tables yet.';
  const rows = tables.map((state) => [
    visibleText(state.table),
    countText(stateRows(state)),
    bytesText(stateBytes(state)),
    countText(state.files.length),
    state.loadedAt ?? 'never',
    state.registered ? visibleText(state.viewName) : '(dropped)',
  ]);
  const table = columnsText([['table', 'rows', 'bytes', 'files', 'last load', 'view'], ...rows], [1, 2, 3]);
  return models.length === 0
    ? table
    : `${table}\n\nViews over several tables: ${models.map(visibleText).join(', ')}`;
}

/** The tables of a lake as JSON; the fields are a contract (docs/reference/json.md). */
export function tablesJson(tables: readonly TableState[]): string {
  return JSON.stringify(tables.map(tableJson));
}

function tableJson(state: TableState): Record<string, unknown> {
  return {
    table: state.table,
    rows: stateRows(state),
    bytes: stateBytes(state),
    files: state.files.length,
    loadedAt: state.loadedAt ?? null,
    format: state.format,
    registered: state.registered,
    rawName: state.rawName,
    viewName: state.viewName,
    rejected: state.rejected,
  };
}
