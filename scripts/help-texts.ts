import type { Command } from 'commander';

import { makeProgram } from '../src/cli/main.ts';
import type { StoredTexts } from '../src/cli/start.ts';

/** The width that commander writes for where there is no terminal. */
const WIDTH = 80;

/** The command line to look at: its commands print nothing. */
export function silentProgram(): Command {
  return makeProgram({
    out: () => {},
    note: () => {},
    exit: () => {},
    signal: new AbortController().signal,
  });
}

/** The version and the help of every command, from the command line itself. */
export function helpTexts(): StoredTexts {
  const program = silentProgram();
  return {
    version: program.version()!,
    width: WIDTH,
    help: Object.fromEntries([
      ['', printedHelp(program, WIDTH)],
      ...program.commands.map((command) => [command.name(), printedHelp(command, WIDTH)]),
    ]) as Record<string, string>,
  };
}

/** The help of a command as it is printed, in lines of at most `width`. */
export function printedHelp(command: Command, width: number): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => (text += more),
    getOutHelpWidth: () => width,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
