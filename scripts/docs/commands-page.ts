import type { Argument, Command, Option } from 'commander';

import { printedHelp, silentProgram } from '../help-texts.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/reference/commands.md, from the command line itself. */
export function renderCommands(): string {
  const program = silentProgram();
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');
  const hidden = program.commands.filter((command) => !commands.includes(command));
  return `${[
    GENERATED,
    '# Commands',
    INTRODUCTION,
    table(
      ['command', 'what it does'],
      commands.map((command) => [
        `[\`${command.name()}\`](#${command.name()})`,
        sentence(command.summary() || command.description()),
      ]),
    ),
    '## Options of every command',
    options(program),
    ...commands.flatMap((command) => [section(command), ...command.commands.map(section)]),
    '## Older names',
    OLDER,
    table(
      ['older name', 'options', 'what it does now'],
      hidden.map((command) => [
        `\`${command.name()}\``,
        shownOptions(command)
          .map(({ flags }) => `\`${flags}\``)
          .join(', '),
        sentence(command.summary()),
      ]),
    ),
  ].join('\n\n')}\n`;
}

function section(command: Command): string {
  const inner = command.parent?.parent != null;
  const name = inner ? `${command.parent!.name()} ${command.name()}` : command.name();
  const parts = [
    `${inner ? '###' : '##'} ${name}`,
    sentence(command.description()),
    `\`\`\`\npanorama ${name} ${command.usage()}\n\`\`\``,
  ];
  const args = command.createHelp().visibleArguments(command);
  if (args.length > 0) parts.push(table(['argument', 'meaning'], args.map(argument)));
  parts.push(options(command));
  const after = afterHelp(command);
  const examples = /^Examples:\n([^]*?)(?:\n\n|$)/.exec(after)?.[1];
  if (examples !== undefined) {
    const lines = examples.split('\n').map((line) => line.trim());
    parts.push(`Examples:\n\n\`\`\`sh\n${lines.join('\n')}\n\`\`\``);
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

function argument(found: Argument): string[] {
  const name = found.required ? `<${found.name()}>` : `[${found.name()}]`;
  return [`\`${name}\``, sentence(found.description)];
}

function options(command: Command): string {
  const shown = shownOptions(command);
  return shown.length === 0 ? '' : table(['option', 'meaning'], shown.map(optionRow));
}

function shownOptions(command: Command): Option[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.long !== '--help');
}

function optionRow(option: Option): string[] {
  const fallback: unknown = option.defaultValue;
  const meaning = sentence(option.description);
  return [
    `\`${option.flags}\``,
    typeof fallback === 'string' ? `${meaning} Default: \`${fallback}\`.` : meaning,
  ];
}

/** What the help of a command says behind its options. */
function afterHelp(command: Command): string {
  return printedHelp(command, 1000).slice(command.helpInformation().length).trim();
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

const INTRODUCTION = `In a checkout \`npx panorama …\` runs the command; \`panorama help COMMAND\` prints what stands here. Results go to
standard output; progress, notices and errors go to standard error. The exit codes and the codes of errors are in
[errors.md](errors.md), the fields of \`--json\` in [json.md](json.md), the keys of the settings file in
[settings.md](settings.md).

A command that works on some tables needs one of \`--all\`, \`--datasource\` and \`--tables\`, and \`--all\` excludes
\`--tables\`. \`--datasource\` and \`--tables\` together mean these tables of that source.

Ctrl-C (SIGINT) and SIGTERM end a run in good order: what it had not published is removed. A second signal ends the
process at once; the next run then removes what is left over. \`NO_COLOR\` turns colours off.`;

const OLDER = `Commands of earlier versions still work under their names, with their options, and say their new name on standard
error. They choose data sources by type: *databases and dumps* are sources of type \`mysql\` and \`dump\`. With a settings
file in the [flat shape](settings.md#the-flat-shape), \`create-datalake-tables\`, \`set-tables\` and \`set-tables-fields\`
need no option, as they took none in the generation of that shape: they mean its MySQL tables.`;
