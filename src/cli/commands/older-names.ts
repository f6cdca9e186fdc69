import type { Command } from 'commander';

import type { Selection } from '../../pipeline/plan.ts';
import type { Datasource } from '../../settings/settings.ts';
import { type CommandContext, globals, selectionOptions, settingsOf, YES_OPTION } from '../context.ts';
import { runCreateTables, runCreateViews } from './catalog.ts';
import { loadingOptions, runLoad } from './extract-and-load.ts';
import { runSetTablesFields } from './set-tables.ts';

type Types = readonly Datasource['type'][];

const SQL: Types = ['mysql', 'dump'];
const COURSES: Types = ['openedx_course_structures'];

/**
 * The commands of earlier versions that have another name now: hidden from the help, and each says its new name. Those
 * of the first generation choose data sources by their type.
 */
export function registerOlderNames(program: Command, context: CommandContext): void {
  const older = (name: string, now: string, summary: string): Command => {
    const command = program.command(name, { hidden: true }).summary(summary);
    return command
      .description(`The older name of ${now}: ${summary}.`)
      .hook('preAction', () => context.note(`${name} is now called: panorama ${now}`));
  };
  const uploads: [string, string, string, Types][] = [
    ['upload-sql-tables', 'extract-and-load', 'load the tables of databases and dumps', SQL],
    ['upload-course-structures', 'extract-and-load', 'load the course structures', COURSES],
    [
      'openedx-upload-all',
      'extract-and-load --all',
      'load the tables of databases and dumps and the course structures',
      [...SQL, ...COURSES],
    ],
  ];
  for (const [name, now, summary, types] of uploads) {
    const command = loadingOptions(older(name, now, summary));
    if (types !== COURSES) command.option('--force [boolean]', 'load tables whole', isYes);
    command.action(async ({ force }: { force?: boolean }) => {
      await runLoad(command, context, await settingsOf(command), { types }, { force: force === true });
    });
  }
  const creations: [string, string, string, Types][] = [
    [
      'create-course-structures-datalake-table',
      'create-datalake-tables',
      'register the table of the course structures',
      COURSES,
    ],
    [
      'openedx-create-datalake-tables',
      'create-datalake-tables --all',
      'register the tables of databases and dumps and that of the course structures',
      [...SQL, ...COURSES],
    ],
  ];
  for (const [name, now, summary, types] of creations) {
    const command = older(name, now, summary);
    const selection: Selection = { types };
    command.action(async () => runCreateTables(command, context, await settingsOf(command), selection));
  }
  const views = selectionOptions(
    older('create-datalake-views', 'create-table-views', 'make the typed views of the tables in the lake'),
  );
  views.action(() => runCreateViews(views, context));

  const view = older(
    'create-table-view',
    'create-table-views --tables NAME',
    'make a typed view of one table under a name of choice; datalake_table_view in the settings names it for good',
  )
    .requiredOption('-t, --table-name <table>', 'the table, by its name in the source or in the catalog')
    .requiredOption('-v, --view-name <view>', 'the name of the view');
  view.action(async ({ tableName, viewName }: { tableName: string; viewName: string }) => {
    const { createNamedView } = await import('../../pipeline/catalog.ts');
    const { printResults } = await import('../render/catalog.ts');
    printResults(globals(view), context, [
      await createNamedView(await settingsOf(view), tableName, viewName),
    ]);
  });

  const update = older(
    'update-settings',
    'set-tables-fields --all',
    'list the columns of all tables in the settings file',
  ).option(...YES_OPTION);
  update.action(() => runSetTablesFields(update, context, { all: true }));
}

/** A value as the option of the first generation took it; commander takes it without a value for true. */
function isYes(value: string): boolean {
  return /^(?:1|true|t|yes|y|on)$/i.test(value);
}
