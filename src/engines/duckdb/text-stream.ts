import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';

import { PanoramaError } from '../../errors.ts';
import type { ResultColumn, ResultRow } from '../engine.ts';
import { asText, wrapped } from './columns.ts';

/** Groups of rows of a running statement; the first is fetched already. */
export interface TextStream {
  chunks(): AsyncIterable<ResultRow[]>;
}

/**
 * Starts a statement and fetches its first rows, each cell as exact text.
 *
 * The client ends a stream quietly when the statement fails in the middle, as if there were no more rows.
 * So our own last row says that the result is whole: the first column is true there and nowhere else.
 */
export async function startTextStream(
  connection: DuckDBConnection,
  statement: string,
  columns: readonly ResultColumn[],
  signal?: AbortSignal,
): Promise<TextStream> {
  // The client drops a byte order mark at the start of a text, so that no text may stand at its start.
  const texts = columns.map((column, i) => `'=' || ${asText(column, i)}`);
  const source = wrapped(statement, columns);
  const sql =
    `SELECT false, ${texts.join(', ')} FROM ${source}\n` +
    `UNION ALL SELECT true, ${columns.map(() => 'CAST(NULL AS VARCHAR)').join(', ')}`;
  const result = await connection.stream(sql);

  async function next(): Promise<Group> {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return fail();
    return takeRows(chunk, columns);
  }

  /** Runs the statement again for the message that the stream has lost. */
  async function fail(): Promise<never> {
    signal?.throwIfAborted();
    await connection.run(`SELECT ${texts.map((text) => `max(${text})`).join(', ')} FROM ${source}`);
    throw new PanoramaError('query-failed', 'The result broke off before its end.');
  }

  const first = await next();
  return {
    async *chunks() {
      for (let group = first; ; group = await next()) {
        if (group.rows.length > 0) yield group.rows;
        if (group.whole) return;
      }
    },
  };
}

interface Group {
  readonly rows: ResultRow[];
  /** True where the last row of the result was among them. */
  readonly whole: boolean;
}

function takeRows(chunk: DuckDBDataChunk, columns: readonly ResultColumn[]): Group {
  const whole = chunk.getColumnVector(0).getItem(chunk.rowCount - 1) === true;
  const count = whole ? chunk.rowCount - 1 : chunk.rowCount;
  const vectors = columns.map((_, i) => chunk.getColumnVector(i + 1));
  const rows: ResultRow[] = [];
  for (let row = 0; row < count; row++) {
    rows.push(
      vectors.map((vector, i) => {
        const marked = vector.getItem(row) as string | null;
        const text = marked === null ? null : marked.slice(1);
        return text !== null && columns[i]!.kind === 'decimal' ? leadingZero(text) : text;
      }),
    );
  }
  return { rows, whole };
}

/** DuckDB prints a DECIMAL without digits before its point as `.5`. */
function leadingZero(text: string): string {
  if (text.startsWith('.')) return `0${text}`;
  return text.startsWith('-.') ? `-0${text.slice(1)}` : text;
}

/** The lines of `EXPLAIN`, whose result is one or several pairs of a title and a drawing. */
export async function explainLines(result: DuckDBResult): Promise<ResultRow[]> {
  const rows = await result.getRows();
  return rows.flatMap((row) => String(row[1]).trimEnd().split('\n')).map((line) => [line]);
}
