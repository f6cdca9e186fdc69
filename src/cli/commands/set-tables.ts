import type { Command } from 'commander';

import type { Selection } from '../../pipeline/plan.ts';
import type { Datasource, Settings } from '../../settings/settings.ts';
import {
  type CommandContext,
  selectionFor,
  selectionOptions,
  settingsWithFile,
  YES_OPTION,
} from '../context.ts';

export function registerSetTables(program: Command, context: CommandContext): void {
  const command = program
    .command('set-tables')
    .summary('list the tables of data sources in the settings file');
  selectionOptions(command)
    .option(...YES_OPTION)
    .description(
      'Writes the list of tables of the selected data sources into the settings file: all tables that a source has, or with --tables only these. Tables that are listed already keep their keys and comments; those that the list shall not have are removed. The change is shown and asked about.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama set-tables --all\n  panorama set-tables --datasource shop --tables customers,orders',
    )
    .action(async () => {
      const { settings, file } = await settingsWithFile(command);
      const { sourceTables } = await import('../../pipeline/source-tables.ts');
      const { withTables } = await import('../../settings/edit/edit.ts');
      const found = await sourceTables(settings, selectionFor(settings, command));
      const edits = found.map(({ datasource, tables }) => ({
        at: placeOf(settings, datasource),
        names: tables,
      }));
      const { changeSettings } = await import('../change-settings.ts');
      await changeSettings(command, context, file, withTables(file, edits));
    });
}

export function registerSetTablesFields(program: Command, context: CommandContext): void {
  const command = program
    .command('set-tables-fields')
    .summary('list the columns of tables in the settings file');
  selectionOptions(command)
    .option(...YES_OPTION)
    .description(
      'Writes the columns of the selected tables, with their types in the source, into the settings file. Columns that are listed already keep their place and comments, constants stay; new columns come last, vanished ones are removed. The change is shown and asked about.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  panorama set-tables-fields --all\n  panorama set-tables-fields --tables auth_user --yes',
    )
    .action(() => runSetTablesFields(command, context));
}

/** Writes the columns of the selected tables; of those that the options of the command select where none is given. */
export async function runSetTablesFields(
  command: Command,
  context: CommandContext,
  selection?: Selection,
): Promise<void> {
  const { settings, file } = await settingsWithFile(command);
  const { sourceFields } = await import('../../pipeline/source-tables.ts');
  const { withFields } = await import('../../settings/edit/edit.ts');
  const found = await sourceFields(settings, selection ?? selectionFor(settings, command));
  const types = settings.flat !== true;
  const edits = found.map(({ datasource, tables }) => ({ at: placeOf(settings, datasource), types, tables }));
  const { changeSettings } = await import('../change-settings.ts');
  await changeSettings(command, context, file, withFields(file, edits));
}

/** Where the section of a data source stands in the settings file. */
function placeOf(settings: Settings, datasource: Datasource): (string | number)[] {
  return settings.flat === true ? [] : ['datasources', settings.datasources.indexOf(datasource)];
}
