import type { Command } from 'commander';

import { PanoramaError } from '../../errors.ts';
import { type CommandContext, globals, selectionOf, selectionOptions, settingsOf } from '../context.ts';

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
      const { createTables } = await import('../../pipeline/catalog.ts');
      const { printResults } = await import('../render/catalog.ts');
      const results = await createTables(await settingsOf(command), selectionOf(command));
      printResults(globals(command), context, results);
    });
}

export function registerDropTables(program: Command, context: CommandContext): void {
  const command = program
    .command('drop-datalake-tables')
    .summary('take tables out of the catalog; their files stay');
  selectionOptions(command)
    .description(
      'Takes the selected tables and their views out of the catalog. The files stay, and are said.',
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  panorama drop-datalake-tables --tables auth_user\n  panorama drop-datalake-tables --all --yes',
    )
    .action(async (options: { yes?: boolean }) => {
      const settings = await settingsOf(command);
      if (options.yes !== true) await confirm('Drop the selected tables and their views from the catalog?');
      const { dropTables } = await import('../../pipeline/catalog.ts');
      const { printResults } = await import('../render/catalog.ts');
      printResults(globals(command), context, await dropTables(settings, selectionOf(command)));
    });
}

async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new PanoramaError(
      'usage',
      'Dropping tables asks a question, and there is no terminal to answer it.',
      {
        hint: 'Add --yes.',
      },
    );
  }
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new PanoramaError('usage', 'Nothing was dropped.', { hint: 'Answer y to drop.' });
}
