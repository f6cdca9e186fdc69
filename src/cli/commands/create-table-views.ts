import type { Command } from 'commander';

import { type CommandContext, globals, selectionOf, selectionOptions, settingsOf } from '../context.ts';

export function registerCreateViews(program: Command, context: CommandContext): void {
  const command = program
    .command('create-table-views')
    .summary('make the typed views of the tables in the lake');
  selectionOptions(command)
    .description(
      'Makes the typed view of each selected table. A local lake has its views made anew at each query; there this tries them all.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama create-table-views --all\n  panorama create-table-views -t auth_user',
    )
    .action(async () => {
      const { createViews } = await import('../../pipeline/catalog.ts');
      const { printResults } = await import('../render/catalog.ts');
      const results = await createViews(await settingsOf(command), selectionOf(command));
      printResults(globals(command), context, results);
    });
}
