import { PanoramaError } from '../errors.ts';
import type { Datasource, Settings } from '../settings/settings.ts';
import { parseDeclaredType } from '../sources/mysql-types.ts';
import type { SourceSession } from '../sources/source.ts';
import { checkSelection, planSources, selectDatasources, type Selection } from './plan.ts';
import { makeSource } from './sources.ts';

/** The tables that a data source shall list in the settings. */
export interface SourceTables {
  readonly datasource: Datasource;
  readonly tables: readonly string[];
}

/** The columns of a table, as `fields` of the settings name them. */
export interface SourceColumns {
  readonly table: string;
  /** The type is the bare name, e.g. `bigint`; absent where the source has none. */
  readonly columns: readonly { readonly name: string; readonly type?: string }[];
}

/** The columns of the listed tables of a data source. */
export interface SourceFields {
  readonly datasource: Datasource;
  readonly tables: readonly SourceColumns[];
}

/**
 * The tables of the selected data sources as they are now: all of them, or of those asked for by name the ones that a
 * source has. Sources without any of these are left out.
 * @throws PanoramaError `unknown-table` for a name that no source has, `usage` for one that two have,
 * `source-permission` for a source that shows no table
 */
export async function sourceTables(settings: Settings, selection: Selection): Promise<SourceTables[]> {
  checkSelection(selection);
  const { tables: asked } = selection;
  const found: SourceTables[] = [];
  for (const datasource of listedSources(settings, selection)) {
    const tables = await inSession(datasource, (session) =>
      asked === undefined ? allTables(datasource, session) : presentTables(session, asked),
    );
    if (tables.length > 0) found.push({ datasource, tables });
  }
  for (const name of asked ?? []) {
    const holders = found.filter(({ tables }) => tables.includes(name));
    if (holders.length === 0)
      throw new PanoramaError('unknown-table', `No selected data source has a table ${name}.`);
    if (holders.length > 1) {
      const names = holders.map(({ datasource }) => datasource.name).join(', ');
      throw new PanoramaError('usage', `The table ${name} is in several data sources: ${names}.`, {
        hint: 'Name one of them with --datasource.',
      });
    }
  }
  return found;
}

/**
 * The columns of the selected tables of data sources that list their tables.
 * @throws PanoramaError as planSources, and as {@link SourceSession.describe}; `nothing-selected` where no source lists tables
 */
export async function sourceFields(settings: Settings, selection: Selection): Promise<SourceFields[]> {
  const found: SourceFields[] = [];
  const sources = listedSources(settings, selection);
  for (const { datasource, tables } of planSources(settings, selection)) {
    if (!sources.includes(datasource)) continue;
    const listed = tables === 'all' ? [] : tables.filter(({ name }) => lists(datasource, name));
    if (listed.length === 0) continue;
    const columns = await inSession(datasource, async (session) => {
      const result: SourceColumns[] = [];
      for (const { name } of listed) result.push(await columnsOf(session, name));
      return result;
    });
    found.push({ datasource, tables: columns });
  }
  const unlisted = selection.tables?.find((name) => !found.some(({ datasource }) => lists(datasource, name)));
  if (unlisted !== undefined) {
    throw new PanoramaError('unknown-table', `No selected data source lists a table ${unlisted}.`, {
      hint: 'Check the spelling, or list it first: panorama set-tables.',
    });
  }
  if (found.length > 0) return found;
  throw new PanoramaError('nothing-selected', 'None of the selected data sources lists its tables.', {
    hint: 'List them first: panorama set-tables.',
  });
}

/** Sources whose tables stand in the file; in the flat shape those of the course structures do not. */
function listedSources(settings: Settings, selection: Selection): readonly Datasource[] {
  const selected = selectDatasources(settings, selection);
  return settings.flat === true ? selected.filter(({ type }) => type === 'mysql') : selected;
}

function lists({ tables }: Datasource, name: string): boolean {
  return tables?.some((table) => table.name === name) === true;
}

async function inSession<T>(
  datasource: Datasource,
  step: (session: SourceSession) => Promise<T>,
): Promise<T> {
  const session = await (await makeSource(datasource)).open();
  try {
    return await step(session);
  } finally {
    await session.close();
  }
}

async function allTables({ name }: Datasource, session: SourceSession): Promise<readonly string[]> {
  const tables = await session.tables();
  if (tables.length > 0) return tables;
  throw new PanoramaError('source-permission', `The data source ${name} shows no table.`, {
    hint: 'Check the database or the path in the settings, and the rights of the user.',
  });
}

async function presentTables(session: SourceSession, asked: readonly string[]): Promise<string[]> {
  const listed = new Set(await session.tables());
  const present: string[] = [];
  for (const name of new Set(asked))
    if (listed.has(name) || (await isHidden(session, name))) present.push(name);
  return present;
}

/** A view is not listed, but may be asked for by its name. */
async function isHidden(session: SourceSession, name: string): Promise<boolean> {
  try {
    await session.describe(name);
    return true;
  } catch (error) {
    if (error instanceof PanoramaError && error.code === 'unknown-table') return false;
    throw error;
  }
}

async function columnsOf(session: SourceSession, table: string): Promise<SourceColumns> {
  const { fields } = await session.describe(table);
  return {
    table,
    columns: fields.map(({ name, declared }) => {
      const type = parseDeclaredType(declared).base;
      return type === '' ? { name } : { name, type };
    }),
  };
}
