import type { Command } from 'commander';

import { stateBytes, stateRows, type TableState } from '../../lake/table-state.ts';
import { type CommandContext, globals, lakeFolder } from '../context.ts';
import { bytesText, columnsText, countText, visibleText } from '../text.ts';

export function registerTables(program: Command, context: CommandContext): void {
  const command = program.command('tables').summary('what the lake holds: rows, bytes, last load');
  command
    .description(
      'Lists the tables of the lake with their rows, bytes, files and last load, and the views to query them by.',
    )
    .option('--lake <directory>', 'the folder of the lake (default: that of the settings file, else ./lake)')
    .addHelpText('after', '\nExamples:\n  panorama tables\n  panorama tables --lake ./lake --json')
    .action(async () => {
      const { readLake } = await import('../../pipeline/read-lake.ts');
      const lake = await readLake(await lakeFolder(command));
      const tables = await lake.tables();
      await lake.close();
      context.out(
        globals(command).json === true ? JSON.stringify(tables.map(tableJson)) : tablesText(tables),
      );
    });
}

function tablesText(tables: readonly TableState[]): string {
  if (tables.length === 0) return 'The lake holds no tables yet.';
  const rows = tables.map((state) => [
    visibleText(state.table),
    countText(stateRows(state)),
    bytesText(stateBytes(state)),
    countText(state.files.length),
    state.loadedAt ?? 'never',
    state.registered ? visibleText(state.viewName) : '(dropped)',
  ]);
  return columnsText([['table', 'rows', 'bytes', 'files', 'last load', 'view'], ...rows], [1, 2, 3]);
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
