import type { Command } from 'commander';

import type { CheckResult } from '../../pipeline/check.ts';
import { type CommandContext, globals, settingsOf } from '../context.ts';

export function registerTestConnections(program: Command, context: CommandContext): void {
  const command = program.command('test-connections').summary('try the lake and every data source');
  command
    .description(
      'Connects to the lake and to every data source of the settings file and tries each thing that a run needs: writing and removing in the lake, tables and queries in the catalog, reading every table. One line for each.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama test-connections\n  panorama --settings site.yaml test-connections --json',
    )
    .action(async () => {
      const { testConnections } = await import('../../pipeline/check.ts');
      const { exitCode } = await import('../../pipeline/exit-code.ts');
      const { checkJson, checkText } = await import('../render/checks.ts');
      const json = globals(command).json === true;
      const results: CheckResult[] = [];
      for await (const result of testConnections(await settingsOf(command))) {
        results.push(result);
        if (!json) context.out(checkText(result));
      }
      if (json) context.out(JSON.stringify(results.map(checkJson)));
      const failures = results.flatMap(({ name, error }) =>
        error === undefined ? [] : [{ source: name, error }],
      );
      context.exit(exitCode(0, failures));
    });
}
