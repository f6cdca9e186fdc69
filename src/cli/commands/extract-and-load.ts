import type { Command } from 'commander';

import type { Selection } from '../../pipeline/plan.ts';
import type { Settings } from '../../settings/settings.ts';
import {
  commaList,
  type CommandContext,
  globals,
  selectionOf,
  selectionOptions,
  settingsOf,
} from '../context.ts';

interface LoadingOptions {
  readonly allowShrink?: boolean;
  readonly allowSchemaChange?: boolean;
  readonly wait?: string;
  readonly timeout?: string;
}

export function registerExtractAndLoad(program: Command, context: CommandContext): void {
  const command = program
    .command('extract-and-load')
    .summary('load tables from the data sources into the lake');
  loadingOptions(selectionOptions(command))
    .description('Loads tables from the data sources of the settings file into the lake.')
    .option('--force', 'load tables whole even where their settings ask for changed partitions only')
    .option(
      '--jobs <number>',
      'how many connections to a database may read at the same time at most, 1 to 8 (default: the settings, else 2)',
    )
    .addHelpText(
      'after',
      `
Examples:
  panorama extract-and-load --all
  panorama extract-and-load --tables auth_user,student_courseenrollment
  panorama --settings site.yaml extract-and-load --datasource lms --force`,
    )
    .action(async () => {
      const { jobs, force } = command.opts<{ jobs?: string; force?: boolean }>();
      const how = { jobs: await parseJobs(command, jobs), force: force === true };
      await runLoad(command, context, await settingsOf(command), selectionOf(command), how);
    });
}

export function registerConvertTables(program: Command, context: CommandContext): void {
  const command = program
    .command('convert-tables')
    .summary('switch tables to the format and layout of the settings file');
  loadingOptions(selectionOptions(command))
    .description(
      'Loads the selected tables whole, in the format and layout that the settings file says, where the lake has them in another one. Each table leaves the catalog for the moment in which its new files take the place of the old ones; the old files go last.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama convert-tables --all\n  panorama convert-tables --tables courseware_studentmodule',
    )
    .action(async () => {
      await runLoad(command, context, await settingsOf(command), selectionOf(command), { convert: true });
    });
}

export function registerLoad(program: Command, context: CommandContext): void {
  const command = program.command('load').summary('load a folder of database dumps, without a settings file');
  loadingOptions(command)
    .description(
      'Loads all tables of mysqldump or mariadb-dump files (.sql, .sql.gz, .sql.zst), and the course trees of Open edX where mongodump has written a modulestore, into a local lake; needs no settings file.',
    )
    .argument('<directory>', 'a dump, or a folder of dumps')
    .option('--lake <directory>', 'the folder of the lake', './lake')
    .option('--base-prefix <name>', "first folder and first part of the views' names", 'openedx')
    .option('--format <format>', 'parquet or csv', 'parquet')
    .option('--database <name>', 'which database to take where the dumps hold several')
    .option('-t, --tables <names>', 'only these tables, separated by commas', commaList)
    .addHelpText(
      'after',
      `
Examples:
  panorama load /var/backups/mysql
  panorama load shop.sql.gz --lake ./shop-lake --base-prefix shop`,
    )
    .action(async (directory: string, options: LoadOptions) => {
      const { settingsForDirectory } = await import('../../settings/directory.ts');
      const { directoryHolds } = await import('../../pipeline/directory.ts');
      const settings = settingsForDirectory({
        directory,
        lake: options.lake,
        holds: await directoryHolds(directory),
        basePrefix: options.basePrefix,
        format: parseFormat(command, options.format),
        ...(options.database === undefined ? {} : { database: options.database }),
      });
      const { tables } = options;
      await runLoad(command, context, settings, tables === undefined ? { all: true } : { tables });
    });
}

interface LoadOptions {
  readonly lake: string;
  readonly basePrefix: string;
  readonly format: string;
  readonly database?: string;
  readonly tables?: readonly string[];
}

function parseFormat(command: Command, format: string): 'parquet' | 'csv' {
  if (format !== 'parquet' && format !== 'csv')
    command.error(`error: --format must be parquet or csv, not ${format}`);
  return format as 'parquet' | 'csv';
}

async function parseJobs(command: Command, text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { JOBS } = await import('../../settings/settings.ts');
  const jobs = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > JOBS.most)
    command.error(`error: --jobs must be a whole number from 1 to ${JOBS.most}, not ${text}`);
  return jobs;
}

/** The options of every command that loads: what overrules guards, and how long to wait for another run. */
export function loadingOptions(command: Command): Command {
  return command
    .option('--allow-shrink', 'publish tables also when they lost more than a fifth of their rows')
    .option('--allow-schema-change', 'publish tables also when columns disappeared or changed their type')
    .option(
      '--wait <seconds>',
      'how long to wait for another run that holds the lake (default: 0, end with code 4)',
    )
    .option(
      '--timeout <duration>',
      'end the run with code 1 when it takes longer, e.g. 90m or 6h (default: no limit)',
    );
}

function parseWait(command: Command, text: string): number {
  if (!/^[0-9]{1,6}$/.test(text))
    command.error(`error: --wait must be a whole number of seconds, not ${text}`);
  return Number(text) * 1000;
}

/** @returns milliseconds */
async function parseTimeout(command: Command, text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { parseDuration } = await import('../../settings/duration.ts');
  const ms = parseDuration(text) ?? 0;
  // The longest time that a timer of Node can wait.
  if (ms <= 0 || ms > 2 ** 31 - 1)
    command.error(`error: --timeout must be a duration such as 30s, 90m or 6h up to 24d, not ${text}`);
  return ms;
}

/** Loads the selected tables and prints what became of them. */
export async function runLoad(
  command: Command,
  context: CommandContext,
  settings: Settings,
  selection: Selection,
  how: { readonly jobs?: number | undefined; readonly force?: boolean; readonly convert?: boolean } = {},
): Promise<void> {
  const { extractAndLoad } = await import('../../pipeline/run.ts');
  const { reportJson, reportText, runView } = await import('../run-view.ts');
  const { json, debug } = globals(command);
  const { allowShrink, allowSchemaChange, wait, timeout: text } = command.opts<LoadingOptions>();
  const timeout = await parseTimeout(command, text);
  const view = runView(context.note, debug === true);
  try {
    const report = await extractAndLoad({
      settings,
      selection,
      allowShrink: allowShrink === true,
      allowSchemaChange: allowSchemaChange === true,
      force: how.force === true,
      convert: how.convert === true,
      ...(how.jobs === undefined ? {} : { jobs: how.jobs }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(wait === undefined ? {} : { wait: parseWait(command, wait) }),
      command: command.name(),
      onEvent: view.listen,
      signal: context.signal,
    });
    context.exit(report.exit);
    context.out(json === true ? reportJson(report) : reportText(report));
  } finally {
    view.stop();
  }
}
