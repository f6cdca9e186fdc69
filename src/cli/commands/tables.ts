import type { Command } from 'commander';

import { type CommandContext, globals, lakeOf } from '../context.ts';

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
      const { tablesJson, tablesText } = await import('../render/tables.ts');
      const lake = await readLake(await lakeOf(command));
      const tables = await lake.tables();
      const json = globals(command).json === true;
      const models = json ? [] : await lake.models(tables);
      await lake.close();
      context.out(json ? tablesJson(tables) : tablesText(tables, models));
    });
}
