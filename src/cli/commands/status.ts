import type { Command } from 'commander';

import { EXIT } from '../../errors.ts';
import { type CommandContext, globals, LAKE_OPTION, withLake } from '../context.ts';

export function registerStatus(program: Command, context: CommandContext): void {
  const command = program
    .command('status')
    .summary('how fresh the tables of the lake are, and what is wrong');
  command
    .description(
      'Shows the age of each table of the lake, the last run, and what failed. With --max-age it ends with code 1 where a table is older or the last run failed, for monitoring.',
    )
    .option('--max-age <duration>', 'how old a table may be, e.g. 90m, 2h, 1d')
    .option(...LAKE_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  panorama status\n  panorama status --max-age 2h\n  panorama status --json',
    )
    .action(async () => {
      const { maxAge: text } = command.opts<{ maxAge?: string }>();
      const { parseDuration } = await import('../../settings/duration.ts');
      const maxAge = text === undefined ? undefined : parseDuration(text);
      if (text !== undefined && maxAge === undefined)
        return command.error(`error: --max-age must be a duration such as 90m, 2h or 1d, not ${text}`);
      const { lakeProblems, lakeStatus } = await import('../../pipeline/status.ts');
      const { statusJson, statusText } = await import('../render/status.ts');
      await withLake(command, async (lake) => {
        const status = await lakeStatus(lake, Date.now());
        const problems = lakeProblems(status, maxAge);
        const json = globals(command).json === true;
        context.out(json ? statusJson(status, problems) : statusText(status, problems));
        if (maxAge !== undefined && problems.length > 0) context.exit(EXIT.failed);
      });
    });
}
