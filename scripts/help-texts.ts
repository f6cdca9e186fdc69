import type { Command } from 'commander';

import { makeProgram } from '../src/cli/main.ts';
import type { StoredTexts } from '../src/cli/start.ts';

/** The width that commander writes for where there is no terminal. */
const WIDTH = 80;

/** The version and the help of every command, from the command line itself. */
export function helpTexts(): StoredTexts {
  const program = makeProgram({
    out: () => {},
    note: () => {},
    exit: () => {},
    signal: new AbortController().signal,
  });
  return {
    version: program.version()!,
    width: WIDTH,
    help: Object.fromEntries([
      ['', printedHelp(program)],
      ...program.commands.map((command) => [command.name(), printedHelp(command)]),
    ]) as Record<string, string>,
  };
}

function printedHelp(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => (text += more),
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
