import type { Command } from 'commander';

import { EXIT } from '../../errors.ts';
import { type CommandContext, globals, settingsOf } from '../context.ts';

export function registerTestConnections(program: Command, context: CommandContext): void {
  const command = program.command('test-connections').summary('try the lake and every data source');
  command
    .description(
      'Connects to the lake and to every data source of the settings file, and says of each whether it works.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama test-connections\n  panorama --settings site.yaml test-connections --json',
    )
    .action(async () => {
      const { testConnections } = await import('../../pipeline/check.ts');
      const { errorJson } = await import('../error-text.ts');
      const results = await testConnections(await settingsOf(command));
      if (globals(command).json === true) {
        const lines = results.map(({ error, ...rest }) => ({
          ...rest,
          ok: error === undefined,
          ...(error && { error: errorJson(error) }),
        }));
        context.out(JSON.stringify(lines));
      } else {
        for (const { name, type, details, error } of results) {
          const text =
            error === undefined
              ? ['OK', ...details].join(', ')
              : `${error.message} ${error.hint} [${error.code}]`;
          context.out(`${name} (${type}): ${text}`);
        }
      }
      const failed = results.filter((result) => result.error !== undefined);
      const codes = new Set(failed.map((result) => result.error!.exit));
      if (failed.length > 0) context.exit(codes.size === 1 ? [...codes][0]! : EXIT.failed);
    });
}
