import { PanoramaError } from '../../errors.ts';
import type { Engine, EngineCapabilities, QueryOptions, QueryResult, ResultRow } from '../engine.ts';
import { viewsOf } from './catalog.ts';
import { asParquet, wrapped } from './columns.ts';
import { missingFile, queryFailure } from './failures.ts';
import { pendingFile } from './parquet-file.ts';
import { type LakeAccess, openSession, openWithViews, type Session } from './session.ts';
import { quoteText } from './sql.ts';
import { singleStatement, type Statement } from './statement.ts';
import { explainLines, startTextStream } from './text-stream.ts';
import { duckdbTypes } from './types.ts';

const capabilities: EngineCapabilities = {
  dialect: 'duckdb',
  keepsCatalog: false,
  emptyPartitionText: true,
  emptyCsvText: true,
  columnsById: ['parquet'],
  foldsCase: true,
  timestampDigits: 6,
};

/**
 * DuckDB inside this process, over the files of a local lake. Each use makes its own instance in memory with the
 * views that it needs, from the state as it is then: nothing is kept, nothing is locked, and a load never waits.
 * Making the engine costs nothing; DuckDB itself is loaded at first use.
 */
export function duckdbEngine(lake: LakeAccess): Engine {
  const open = new Set<() => Promise<void>>();

  return {
    name: 'duckdb',
    capabilities,
    types: duckdbTypes,

    // The catalog follows the states; there is nothing to keep.
    ensureTable: async () => {},
    drop: async () => {},

    /** Makes the views once, so that a state that DuckDB refuses is seen now and not at the next query. */
    async replaceViews(state) {
      try {
        await (await openWithViews(lake, viewsOf(state))).close();
        return false;
      } catch (error) {
        throw queryFailure(error);
      }
    },

    async query(sql, options = {}) {
      const statement = singleStatement(sql);
      const session = await withSession(lake, statement, options, undefined, (opened) =>
        start(opened, statement, options),
      );
      open.add(session.close);
      const close = async (): Promise<void> => {
        if (open.delete(session.close)) await session.close();
      };
      return { ...session, close };
    },

    async exportParquet(sql, file, options = {}) {
      const statement = singleStatement(sql);
      if (statement.explain !== '') {
        throw new PanoramaError('query-not-allowed', 'A plan is text and does not go into a Parquet file.');
      }
      const pending = await pendingFile(file, lake.locate(''));
      try {
        const rows = await withSession(lake, statement, options, pending.path, async (session) => {
          const select = `SELECT ${asParquet(session.columns).join(', ')} FROM ${wrapped(statement.body, session.columns)}`;
          const result = await session.connection.run(
            `COPY (${select}) TO ${quoteText(pending.path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
          );
          await session.close();
          return result.rowsChanged;
        });
        return { rows, bytes: await pending.publish() };
      } catch (error) {
        await pending.discard();
        throw queryFailure(error, options.signal);
      }
    },

    async close() {
      for (const close of open) await close();
      open.clear();
    },
  };
}

/**
 * Opens a session and does something in it. Where a file is gone because a load replaced it in between, this is
 * done once more with the tables as they are then. The session stays open unless `use` closes it or fails.
 */
async function withSession<T>(
  lake: LakeAccess,
  statement: Statement,
  options: QueryOptions,
  writes: string | undefined,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  for (let again = false; ; again = true) {
    let session: Session | undefined;
    const interrupt = (): void => session?.connection.interrupt();
    options.signal?.addEventListener('abort', interrupt);
    try {
      options.signal?.throwIfAborted();
      session = await openSession(lake, statement, writes);
      options.signal?.throwIfAborted();
      return await use(session);
    } catch (error) {
      await session?.close();
      if (again || missingFile(error) === undefined || options.signal?.aborted === true)
        throw queryFailure(error, options.signal);
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
    }
  }
}

/** Runs the statement as far as its first rows. */
async function start(session: Session, statement: Statement, options: QueryOptions): Promise<QueryResult> {
  const { connection, columns } = session;
  if (statement.explain !== '') {
    const lines = await explainLines(await connection.run(`${statement.explain} ${statement.body}`));
    return {
      columns: [{ name: 'plan', type: 'VARCHAR', kind: 'text' }],
      rows: () => once(lines),
      close: session.close,
    };
  }
  const stream = await startTextStream(connection, statement.body, columns, options.signal);
  const interrupt = (): void => connection.interrupt();
  async function* rows(): AsyncIterable<readonly ResultRow[]> {
    options.signal?.addEventListener('abort', interrupt);
    try {
      for await (const chunk of stream.chunks()) {
        options.signal?.throwIfAborted();
        yield chunk;
      }
    } catch (error) {
      throw queryFailure(error, options.signal);
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
    }
  }
  return { columns, rows, close: session.close };
}

async function* once(rows: readonly ResultRow[]): AsyncIterable<readonly ResultRow[]> {
  yield rows;
}
