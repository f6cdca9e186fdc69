import type { Command } from 'commander';

import type { Selection } from '../pipeline/plan.ts';
import type { LakeReader } from '../pipeline/read-lake.ts';
import type { DatalakeSettings, Settings } from '../settings/settings.ts';
import type { SettingsFile } from '../settings/settings-file.ts';

/** Options that every command understands. */
export interface GlobalOptions {
  readonly settings?: string;
  readonly debug?: boolean;
  readonly json?: boolean;
}

/** Where a command writes, and how it says its exit code. */
export interface CommandContext {
  /** Data for people or programs: standard output. */
  out(text: string): void;
  /** Everything else: standard error. */
  note(text: string): void;
  /** The exit code of the process when the command is done. */
  exit(code: number): void;
  /** Ends with an abort when the process gets SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** The options of a command and of the program together. */
export function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** The settings file that the options and the environment name. @throws PanoramaError */
export async function settingsOf(command: Command): Promise<Settings> {
  const { loadSettings } = await import('../settings/load.ts');
  const { settings } = globals(command);
  return loadSettings(settings === undefined ? {} : { file: settings });
}

/** As {@link settingsOf}, with the file itself, for commands that change it. @throws PanoramaError */
export async function settingsWithFile(
  command: Command,
  name = globals(command).settings,
): Promise<{ settings: Settings; file: SettingsFile }> {
  const { readSettingsFile } = await import('../settings/settings-file.ts');
  const { settingsOfFile } = await import('../settings/load.ts');
  const file = await readSettingsFile(name === undefined ? {} : { file: name });
  return { settings: await settingsOfFile(file), file };
}

/** The option of every command that asks before it changes something. */
export const YES_OPTION = ['-y, --yes', 'do not ask'] as const;

/** The options that choose tables, on every command that works on some. */
export function selectionOptions(command: Command): Command {
  return command
    .option('-a, --all', 'all tables of all data sources')
    .option('-d, --datasource <name>', 'only the data source of this name')
    .option('-t, --tables <names>', 'only these tables, separated by commas', commaList);
}

export function selectionOf(command: Command): Selection {
  const { all, datasource, tables } = command.opts<Selection>();
  return {
    ...(all === undefined ? {} : { all }),
    ...(datasource === undefined ? {} : { datasource }),
    ...(tables === undefined ? {} : { tables }),
  };
}

/**
 * The selection for commands that took no options in the first generation: with a settings file of its shape and no
 * option they mean its MySQL tables.
 */
export function selectionFor(settings: Settings, command: Command): Selection {
  const selection = selectionOf(command);
  const isBare = Object.keys(selection).length === 0;
  return settings.flat === true && isBare ? { types: ['mysql'] } : selection;
}

export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The option of every command that only reads a lake. */
export const LAKE_OPTION = [
  '--lake <directory>',
  'the folder of the lake (default: that of the settings file, else ./lake)',
] as const;

/** Gives the lake that a command reads to `read`, and closes it afterwards. @throws PanoramaError */
export async function withLake(command: Command, read: (lake: LakeReader) => Promise<void>): Promise<void> {
  const { readLake } = await import('../pipeline/read-lake.ts');
  const lake = await readLake(await lakeOf(command));
  try {
    await read(lake);
  } finally {
    await lake.close();
  }
}

/**
 * The lake for commands that only read: the folder of `--lake`, else the one of the settings file if there is one or
 * one is named, else `./lake`.
 */
async function lakeOf(command: Command): Promise<string | DatalakeSettings> {
  const [{ existsSync }, { resolve }] = await Promise.all([import('node:fs'), import('node:path')]);
  const { lake } = command.opts<{ lake?: string }>();
  if (lake !== undefined) return resolve(lake);
  const { settings } = globals(command);
  const file = settings ?? process.env['PANORAMA_SETTINGS_FILE'];
  if (file === undefined && !existsSync('panorama_settings.yaml')) return resolve('lake');
  return (await settingsOf(command)).datalake;
}
