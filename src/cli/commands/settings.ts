import type { Command } from 'commander';

import { type CommandContext, globals, settingsWithFile, YES_OPTION } from '../context.ts';

const FILE = 'the settings file (default: that of --settings)';

export function registerSettings(program: Command, context: CommandContext): void {
  const settings = program
    .command('settings')
    .summary('check, show and upgrade settings files, and their schema')
    .description('Looks at a settings file, or rewrites one of the first generation.')
    .addHelpText(
      'after',
      '\nExamples:\n  panorama settings check\n  panorama settings show --origin\n  panorama settings upgrade',
    );
  registerCheck(settings, context);
  registerShow(settings, context);
  registerUpgrade(settings, context);
  registerSchema(settings, context);
}

function registerCheck(settings: Command, context: CommandContext): void {
  const command = settings
    .command('check')
    .summary('say what is wrong with a settings file, or what it says');
  command
    .description(
      'Reads a settings file without connecting to anything. A faulty one is told line by line; of a valid one it says what it means, and what is worth knowing.',
    )
    .argument('[file]', FILE)
    .addHelpText(
      'after',
      '\nExamples:\n  panorama settings check\n  panorama settings check site.yaml --json',
    )
    .action(async (name: string | undefined) => {
      const { settings: found, file } = await settingsWithFile(command, name);
      const { notesOf } = await import('../../settings/show/notes.ts');
      const { planSources } = await import('../../pipeline/plan.ts');
      const { checkedJson, checkedText } = await import('../render/settings.ts');
      // What every run of all tables would refuse is a fault of the file, too.
      if (found.datasources.some(({ tables }) => tables === undefined || tables.length > 0))
        planSources(found, { all: true });
      const notes = await notesOf(file, found);
      context.out((globals(command).json === true ? checkedJson : checkedText)(file, found, notes));
    });
}

function registerShow(settings: Command, context: CommandContext): void {
  const command = settings.command('show').summary('print the settings in effect, secrets masked');
  command
    .description(
      'Prints every key in effect as YAML in the shape with sections, with defaults and with what comes from the environment and from MySQL option files. Secrets are masked.',
    )
    .argument('[file]', FILE)
    .option('--origin', 'say of each value where it comes from')
    .addHelpText(
      'after',
      '\nExamples:\n  panorama settings show\n  panorama settings show site.yaml --origin',
    )
    .action(async (name: string | undefined, { origin }: { origin?: boolean }) => {
      const { file } = await settingsWithFile(command, name);
      const { shownSettings } = await import('../../settings/show/show.ts');
      const { shownJson, shownText } = await import('../render/settings.ts');
      const keys = await shownSettings(file);
      context.out(globals(command).json === true ? shownJson(keys) : shownText(keys, file, origin === true));
    });
}

function registerUpgrade(settings: Command, context: CommandContext): void {
  const command = settings.command('upgrade').summary('rewrite a settings file of the first generation');
  command
    .option(...YES_OPTION)
    .description(
      'Rewrites a settings file of the flat shape in the shape with sections. It means the same afterwards; comments, order and anchors stay. The change is shown, secrets masked, and asked about.',
    )
    .argument('[file]', FILE)
    .addHelpText(
      'after',
      '\nExamples:\n  panorama settings upgrade\n  panorama settings upgrade site.yaml --yes',
    )
    .action(async (name: string | undefined) => {
      const { file } = await settingsWithFile(command, name);
      const { upgradedSettings } = await import('../../settings/edit/upgrade.ts');
      const { changeSettings } = await import('../change-settings.ts');
      const text = (await upgradedSettings(file)) ?? file.text;
      await changeSettings(command, context, file, text);
    });
}

function registerSchema(settings: Command, context: CommandContext): void {
  settings
    .command('schema')
    .summary('print the JSON schema of settings files, for editors')
    .description(
      'Prints the JSON schema of settings files. An editor with a YAML language server checks and completes a file that begins with # yaml-language-server: $schema=settings.schema.json.',
    )
    .addHelpText('after', '\nExamples:\n  panorama settings schema > settings.schema.json')
    .action(async () => {
      const { renderSettingsSchema } = await import('../../settings/json-schema.ts');
      context.out(renderSettingsSchema().trimEnd());
    });
}
