import type { ColumnInfo, GetQueryResultsOutput, Row } from '@aws-sdk/client-athena';

import type { QueryResult, ResultColumn, ResultRow } from '../engine.ts';
import type { Aws } from './clients.ts';
import { type Execution, interrupted } from './execution.ts';
import { catalogFailure } from './failures.ts';

/** The most rows that Athena gives in one answer. */
const ROWS_AT_ONCE = 1000;

/** The result of a statement that succeeded, page by page. @throws PanoramaError `catalog-failed`, `interrupted` */
export async function openResult(aws: Aws, execution: Execution, signal?: AbortSignal): Promise<QueryResult> {
  const readPage = (token?: string): Promise<GetQueryResultsOutput> => {
    if (signal?.aborted === true) return Promise.reject(interrupted());
    const request = {
      QueryExecutionId: execution.id,
      MaxResults: ROWS_AT_ONCE,
      ...(token !== undefined && { NextToken: token }),
    };
    return aws
      .athena((athena, options) => athena.getQueryResults(request, options), signal)
      .catch((error: unknown) => {
        throw catalogFailure('read the result of the query from Athena', error, signal);
      });
  };
  const first = await readPage();
  const columns = (first.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(columnOf);

  async function* rows(): AsyncIterable<readonly ResultRow[]> {
    let page = first;
    let raw = page.ResultSet?.Rows ?? [];
    if (startsWithNames(raw, columns, execution)) raw = raw.slice(1);
    for (;;) {
      if (raw.length > 0) yield raw.map((row) => cellsOf(row, columns));
      if (page.NextToken === undefined || page.NextToken === '') return;
      page = await readPage(page.NextToken);
      raw = page.ResultSet?.Rows ?? [];
    }
  }

  return { columns, rows, close: async () => {} };
}

/** A query's first row holds the names of its columns; a statement like SHOW has rows alone. */
function startsWithNames(
  rows: readonly Row[],
  columns: readonly ResultColumn[],
  { statementType }: Execution,
): boolean {
  const [first] = rows;
  if (first === undefined) return false;
  return statementType === 'DML' || columns.every(({ name }, i) => first.Data?.[i]?.VarCharValue === name);
}

function columnOf({ Name, Label, Type = 'varchar', Precision, Scale }: ColumnInfo): ResultColumn {
  const type = Type === 'decimal' ? `decimal(${Precision ?? 38},${Scale ?? 0})` : Type;
  return { name: Label || Name || '', type, kind: kindOf(Type) };
}

function kindOf(type: string): ResultColumn['kind'] {
  if (/^(?:tinyint|smallint|int|integer|bigint)$/.test(type)) return 'integer';
  if (/^(?:float|real|double)$/.test(type)) return 'float';
  return type === 'decimal' || type === 'boolean' ? type : 'text';
}

function cellsOf(row: Row, columns: readonly ResultColumn[]): ResultRow {
  return columns.map(({ type }, i) => {
    const text = row.Data?.[i]?.VarCharValue ?? null;
    // Athena writes bytes as pairs of hexadecimal digits with spaces between them.
    return text !== null && type === 'varbinary' ? text.replaceAll(' ', '') : text;
  });
}
