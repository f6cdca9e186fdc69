import type { Command } from 'commander';

import type { Selection } from '../../pipeline/plan.ts';
import type { Settings } from '../../settings/settings.ts';
import {
  type CommandContext,
  globals,
  selectionFor,
  selectionOf,
  selectionOptions,
  settingsOf,
  YES_OPTION,
} from '../context.ts';

export function registerCreateTables(program: Command, context: CommandContext): void {
  const command = program
    .command('create-datalake-tables')
    .summary('register tables in the catalog before their first load');
  selectionOptions(command)
    .description(
      'Registers the selected tables in the catalog with the columns of their source. Existing tables stay as they are.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama create-datalake-tables --all\n  panorama create-datalake-tables -t auth_user',
    )
    .action(async () => {
      const settings = await settingsOf(command);
      await runCreateTables(command, context, settings, selectionFor(settings, command));
    });
}

/** Registers the selected tables and prints what became of them. */
export async function runCreateTables(
  command: Command,
  context: CommandContext,
  settings: Settings,
  selection: Selection,
): Promise<void> {
  const { createTables } = await import('../../pipeline/catalog.ts');
  const { printResults } = await import('../render/catalog.ts');
  printResults(globals(command), context, await createTables(settings, selection));
}

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
    .action(() => runCreateViews(command, context));
}

/** Makes the views that the options of a command select and prints what became of them. */
export async function runCreateViews(command: Command, context: CommandContext): Promise<void> {
  const { createViews } = await import('../../pipeline/catalog.ts');
  const { printResults } = await import('../render/catalog.ts');
  const results = await createViews(await settingsOf(command), selectionOf(command));
  printResults(globals(command), context, results);
}

export function registerDropTables(program: Command, context: CommandContext): void {
  const command = program
    .command('drop-datalake-tables')
    .summary('take tables out of the catalog; their files stay');
  selectionOptions(command)
    .description(
      'Takes the selected tables and their views out of the catalog. The files stay, and are said.',
    )
    .option(...YES_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  panorama drop-datalake-tables --tables auth_user\n  panorama drop-datalake-tables --all --yes',
    )
    .action(async (options: { yes?: boolean }) => {
      const settings = await settingsOf(command);
      if (options.yes !== true) {
        const { confirm } = await import('../confirm.ts');
        await confirm({
          text: 'Drop the selected tables and their views from the catalog?',
          what: 'Dropping tables',
          declined: 'Nothing was dropped.',
        });
      }
      const { dropTables } = await import('../../pipeline/catalog.ts');
      const { printResults } = await import('../render/catalog.ts');
      printResults(globals(command), context, await dropTables(settings, selectionOf(command)));
    });
}
