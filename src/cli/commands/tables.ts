import type { Command } from 'commander';

import { type CommandContext, globals, LAKE_OPTION, withLake } from '../context.ts';

export function registerTables(program: Command, context: CommandContext): void {
  const command = program.command('tables').summary('what the lake holds: rows, bytes, last load');
  command
    .description(
      'Lists the tables of the lake with their rows, bytes, files and last load, and the views to query them by.',
    )
    .option(...LAKE_OPTION)
    .addHelpText('after', '\nExamples:\n  panorama tables\n  panorama tables --lake ./lake --json')
    .action(async () => {
      const { tablesJson, tablesText } = await import('../render/tables.ts');
      await withLake(command, async (lake) => {
        const tables = await lake.tables();
        const json = globals(command).json === true;
        context.out(json ? tablesJson(tables) : tablesText(tables, await lake.models(tables)));
      });
    });
}
