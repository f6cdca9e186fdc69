import { createInterface } from 'node:readline/promises';

import type { Command } from 'commander';

import { PanoramaError } from '../../errors.ts';
import { exitCode } from '../../pipeline/exit-code.ts';
import type { CatalogResult } from '../../pipeline/catalog.ts';
import { type CommandContext, globals, selectionOf, selectionOptions, settingsOf } from '../context.ts';
import { errorJson, failureText } from '../error-text.ts';
import { pluralText } from '../text.ts';

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
      print(command, context, await createTables(await settingsOf(command), selectionOf(command)));
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
      print(command, context, await dropTables(settings, selectionOf(command)));
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
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new PanoramaError('usage', 'Nothing was dropped.', { hint: 'Answer y to drop.' });
}

/** Prints what became of each table, and sets the exit code. */
export function print(command: Command, context: CommandContext, results: readonly CatalogResult[]): void {
  if (globals(command).json === true) {
    context.out(
      JSON.stringify(
        results.map(({ error, ...rest }) => ({ ...rest, ...(error && { error: errorJson(error) }) })),
      ),
    );
  } else {
    for (const result of results) context.out(resultText(result));
  }
  const failures = results.flatMap(({ table, error }) =>
    error === undefined ? [] : [{ source: '', table, error }],
  );
  context.exit(exitCode(results.length - failures.length, failures));
}

function resultText(result: CatalogResult): string {
  if (result.error !== undefined) return failureText(result.table, result.error);
  const names = result.rawName === undefined ? '' : ` (${result.rawName}, ${result.viewName})`;
  const stays =
    result.files === undefined || result.files === 0
      ? ''
      : `; ${pluralText(result.files, 'file')} ${result.files === 1 ? 'stays' : 'stay'} in ${result.path}`;
  return `${result.table}: ${result.outcome}${names}${stays}`;
}
