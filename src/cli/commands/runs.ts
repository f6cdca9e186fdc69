import type { Command } from 'commander';

import { PanoramaError } from '../../errors.ts';
import { type CommandContext, globals, LAKE_OPTION, withLake } from '../context.ts';

export function registerRuns(program: Command, context: CommandContext): void {
  const command = program.command('runs').summary('the runs that changed the lake, the newest first');
  command
    .description('Lists the runs that the lake has records of: when, how long, what came of it.')
    .option('--limit <number>', 'how many at most', '20')
    .option(...LAKE_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  panorama runs\n  panorama runs --limit 5 --json\n  panorama runs show 12',
    )
    .action(async () => {
      const { limit } = command.opts<{ limit: string }>();
      const most = wholeNumber(limit);
      if (most === undefined)
        return command.error(`error: --limit must be a whole number above 0, not ${limit}`);
      const { runsJson, runsText } = await import('../render/runs.ts');
      await withLake(command, async (lake) => {
        const runs = await lake.runs(most);
        context.out(globals(command).json === true ? runsJson(runs) : runsText(runs));
      });
    });
  registerShow(command, context);
}

function registerShow(runs: Command, context: CommandContext): void {
  const command = runs.command('show').summary('all that is known of one run');
  command
    .description('Shows one run: its tables, what failed and why, and what happened in order.')
    .argument('<number>', 'the number of the run')
    .option(...LAKE_OPTION)
    .addHelpText('after', '\nExamples:\n  panorama runs show 12\n  panorama runs show 12 --json')
    .action(async (text: string) => {
      const number = wholeNumber(text);
      if (number === undefined) return command.error(`error: a run has a whole number, not ${text}`);
      const { runJson, runText } = await import('../render/runs.ts');
      await withLake(command, async (lake) => {
        const run = await lake.run(number);
        if (run === undefined) {
          throw new PanoramaError('usage', `The lake has no record of a run ${number}.`, {
            hint: 'panorama runs lists those that it has; the newest 500 are kept.',
          });
        }
        context.out(globals(command).json === true ? runJson(run) : runText(run));
      });
    });
}

function wholeNumber(text: string): number | undefined {
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}
