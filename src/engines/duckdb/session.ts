import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';

import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import type { ResultColumn } from '../engine.ts';
import { type Catalog, catalogOf, type FurtherView, type View } from './catalog.ts';
import { resultColumns } from './columns.ts';
import { type Database, type DatabaseLimits, openDatabase } from './database.ts';
import { missingTable } from './failures.ts';
import { quoteName } from '../quote-name.ts';
import type { Statement } from './statement.ts';
import { type Locate, viewSelect } from './views.ts';

/** Where a DuckDB engine finds the lake. */
export interface LakeAccess extends DatabaseLimits {
  readonly locate: Locate;
  /** The tables as they are now. */
  readonly tables: () => Promise<readonly TableState[]>;
  /** Views in DuckDB's SQL over the views of these tables, each after those that it reads. */
  readonly views?: (tables: readonly TableState[]) => Promise<readonly FurtherView[]>;
}

/** A database with the views that one statement needs, and the statement checked. */
export interface Session {
  readonly connection: DuckDBConnection;
  readonly columns: readonly ResultColumn[];
  close(): Promise<void>;
}

/** Statements that look at the catalog itself need all of its views. */
const LOOKS_AT_CATALOG = /\b(show|information_schema|pg_\w+|duckdb_\w+|sqlite_\w+|pragma_\w+)\b/i;

/**
 * Opens a database for a statement. Those views are made that it mentions; all of them where DuckDB cannot
 * tell or a name is not among them.
 * @param writes a file that the session may write
 */
export async function openSession(lake: LakeAccess, statement: Statement, writes?: string): Promise<Session> {
  const tables = await lake.tables();
  const catalog = catalogOf(tables, (await lake.views?.(tables)) ?? []);
  const mentioned = await mentionedViews(lake, catalog, statement.body);
  try {
    return mentioned === undefined
      ? await attempt(lake, catalog.views, statement, writes, 'those that fit')
      : await attempt(lake, mentioned, statement, writes);
  } catch (error) {
    const name = missingTable(error);
    if (name === undefined) throw error;
    const known = catalog.mentioned([name]);
    if (known === undefined) throw catalog.unknown(name);
    if (mentioned !== undefined)
      return await attempt(lake, catalog.views, statement, writes, 'those that fit');
    // All views were made but this one. Alone it fails with its own reason.
    return await attempt(lake, known, statement, writes);
  }
}

async function attempt(
  lake: LakeAccess,
  views: readonly View[],
  statement: Statement,
  writes: string | undefined,
  which?: 'those that fit',
): Promise<Session> {
  const database = await openWithViews(lake, views, writes, which);
  try {
    const columns = await readingColumns(database.connection, statement.body);
    return { connection: database.connection, columns, close: database.close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * A database with the given views.
 * @param which where all views are made and none is asked for: those over other views are left out where the
 *   columns of this lake do not suit them, so that one of them does not hide the tables
 */
export async function openWithViews(
  lake: LakeAccess,
  views: readonly View[],
  writes?: string,
  which?: 'those that fit',
): Promise<Database> {
  const states = views.flatMap((view) => (view.kind === 'query' ? [] : [view.state]));
  const files = new Set(states.flatMap((state) => state.files.map(({ path }) => lake.locate(path))));
  if (writes !== undefined) files.add(writes);
  const database = await openDatabase([...files], lake);
  try {
    for (const view of views) {
      const select = view.kind === 'query' ? view.sql : viewSelect(view.state, view.kind, lake.locate);
      try {
        await database.connection.run(`CREATE VIEW ${quoteName(view.name)} AS ${select}`);
      } catch (error) {
        if (which === undefined || view.kind !== 'query') throw error;
      }
    }
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The columns of a statement that only reads. @throws PanoramaError `query-not-allowed` for any other */
async function readingColumns(connection: DuckDBConnection, body: string): Promise<ResultColumn[]> {
  const { StatementType } = await import('@duckdb/node-api');
  const extracted = await connection.extractStatements(body);
  if (extracted.count !== 1) {
    throw new PanoramaError(
      'query-not-allowed',
      'DuckDB takes the text for several statements (a PIVOT needs an IN list).',
    );
  }
  const prepared = await extracted.prepare(0);
  try {
    if (prepared.statementType !== StatementType.SELECT || prepared.parameterCount > 0)
      throw notReading(prepared);
    return resultColumns(prepared);
  } finally {
    prepared.destroySync();
  }
}

function notReading(prepared: DuckDBPreparedStatement): PanoramaError {
  return new PanoramaError(
    'query-not-allowed',
    prepared.parameterCount > 0
      ? 'The statement has parameters without values.'
      : 'The statement does not only read.',
  );
}

async function mentionedViews(lake: LakeAccess, catalog: Catalog, body: string): Promise<View[] | undefined> {
  if (LOOKS_AT_CATALOG.test(body)) return undefined;
  const parser = await openDatabase([], lake);
  try {
    const names = parser.connection.getTableNames(body, false);
    return names.length === 0 ? undefined : catalog.mentioned(names);
  } catch (error) {
    if (error instanceof PanoramaError) throw error;
    // What cannot be parsed fails again, with DuckDB's message, where it is prepared.
    return undefined;
  } finally {
    await parser.close();
  }
}
