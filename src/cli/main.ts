import { Command, CommanderError } from 'commander';

import { asPanoramaError, EXIT, PanoramaError } from '../errors.ts';
import { registerCreateTables, registerCreateViews, registerDropTables } from './commands/catalog.ts';
import { registerConvertTables, registerExtractAndLoad, registerLoad } from './commands/extract-and-load.ts';
import { registerOlderNames } from './commands/older-names.ts';
import { registerQuery } from './commands/query.ts';
import { registerSetTables, registerSetTablesFields } from './commands/set-tables.ts';
import { registerSettings } from './commands/settings.ts';
import { registerRuns } from './commands/runs.ts';
import { registerStatus } from './commands/status.ts';
import { registerTables } from './commands/tables.ts';
import { registerTestConnections } from './commands/test-connections.ts';
import { packageVersion } from '../version.ts';
import type { CommandContext, GlobalOptions } from './context.ts';

/** The whole command line; the documentation of commands is generated from it. */
export function makeProgram(context: CommandContext): Command {
  const program = new Command('panorama')
    .description('Loads Open edX and other MySQL databases into a lake of Parquet or CSV files.')
    .version(packageVersion())
    .option(
      '--settings <file>',
      'the settings file (default: $PANORAMA_SETTINGS_FILE, else panorama_settings.yaml)',
    )
    .option('--debug', 'print the stack of every error')
    .option('--json', 'print results as JSON on standard output')
    .showHelpAfterError('Run panorama --help for the commands.')
    .addHelpText(
      'after',
      `
Examples:
  panorama load ./backups                          a folder of dumps into ./lake
  panorama query "SELECT count(*) FROM openedx_table_auth_user"
  panorama extract-and-load --all                  what panorama_settings.yaml says

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 some tables failed, 4 another run holds the lock,
5 a guard stopped it, 130/143 interrupted.`,
    );
  for (const register of [
    registerLoad,
    registerExtractAndLoad,
    registerTables,
    registerStatus,
    registerRuns,
    registerQuery,
    registerTestConnections,
    registerCreateTables,
    registerCreateViews,
    registerDropTables,
    registerConvertTables,
    registerSetTables,
    registerSetTablesFields,
    registerSettings,
    registerOlderNames,
  ]) {
    register(program, context);
  }
  return program;
}

/** Runs the command line and answers the exit code. Prints; throws nothing. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const abort = new AbortController();
  let interrupted: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    // A second signal ends the process at once, as its sender expects.
    if (interrupted !== undefined) process.exit(interrupted);
    interrupted = signal === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint;
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A reader that went away (`| head`) ends the output, not the run; an output that cannot be written is a failure.
  let lost: NodeJS.ErrnoException | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') lost ??= error;
    });
  }
  const context: CommandContext = {
    out: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    exit: (value) => (code = value),
    signal: abort.signal,
  };
  const program = makeProgram(context);
  overrideExit(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    await drained();
    if (lost !== undefined)
      throw new PanoramaError('output-lost', `The output cannot be written: ${lost.message}.`);
  } catch (error) {
    code = await report(error, program.opts<GlobalOptions>(), context, interrupted);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  return interrupted !== undefined && code !== EXIT.done ? interrupted : code;
}

/** Waits until what was written has left the process, or turned out to be lost. */
function drained(): Promise<void> {
  const { stdout } = process;
  return new Promise((resolve) => {
    // An error is told a moment after the write that it is of.
    const done = (): void => void setImmediate(resolve);
    if (stdout.destroyed || stdout.errored !== null) done();
    else stdout.write('', done);
  });
}

function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}

async function report(
  error: unknown,
  options: GlobalOptions,
  context: CommandContext,
  interrupted: number | undefined,
): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { errorJson, failureText, stackText } = await import('./error-text.ts');
  const known = asPanoramaError(error);
  const exit = interrupted ?? known.exit;
  if (options.json === true) context.out(JSON.stringify({ exit, error: errorJson(known) }));
  context.note(failureText('panorama', known));
  if (options.debug === true || known.code === 'internal') {
    context.note(stackText(known));
  }
  return exit;
}
