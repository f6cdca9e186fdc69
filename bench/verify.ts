import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';

import type { MariadbServer } from '../test/servers/mariadb.ts';
import { type Column, differences, type Facts, filesQuery, serverQuery, toFacts } from './checksum.ts';
import { output } from './measure.ts';
import { client, lakeQuery, type Subject, viewOf } from './subjects.ts';
import { type BenchTable, DATABASE } from './tables/table.ts';

/** What a table's files hold compared with the server. */
export interface Check {
  readonly subject: string;
  readonly table: string;
  readonly rows: number;
  /** How many facts were compared. */
  readonly facts: number;
  /** A line per fact that differs. */
  readonly differences: readonly string[];
}

/** What the server says of its table, in the canonical texts of {@link serverQuery}. */
export interface ServerFacts {
  readonly columns: readonly Column[];
  readonly facts: Facts;
}

/** Asks the server about its table. */
export async function serverFacts(
  server: MariadbServer,
  table: BenchTable,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const sql = `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = '${DATABASE}' AND TABLE_NAME = '${table.name}' ORDER BY ORDINAL_POSITION`;
  const lines = (await output(client(server, '-e', sql), signal)).trimEnd().split('\n');
  const columns = lines.map((line) => {
    const [name, type] = line.split('\t');
    return { name: name!, type: type! };
  });
  const query = `SET time_zone = '+00:00'; ${serverQuery(table.name, columns)}`;
  const values = (await output(client(server, '-e', query), signal)).trimEnd().split('\t');
  return { columns, facts: toFacts(columns, values) };
}

/** Compares what a subject wrote with the server, through the command line or, for other programs' files, DuckDB. */
export async function verify(
  subject: Subject,
  table: BenchTable,
  server: ServerFacts,
  signal: AbortSignal,
): Promise<Check> {
  const ask = subject.holds === 'lake' ? askLake : askFiles;
  const files = await ask(subject.output!, table, server.columns, signal);
  return {
    subject: subject.name,
    table: table.name,
    rows: table.rows,
    facts: Object.keys(server.facts).length,
    differences: differences(server.facts, files),
  };
}

/** @throws Error where one of our own lakes does not hold what the server holds */
export function mustAgree(check: Check): void {
  if (check.differences.length > 0)
    throw new Error(
      `${check.subject}: the lake differs from the server in ${check.table}:\n${check.differences.join('\n')}`,
    );
}

async function askLake(
  lake: string,
  table: BenchTable,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<Facts> {
  const sql = filesQuery(viewOf(table), columns);
  const [row] = JSON.parse(await output(lakeQuery(lake, sql), signal)) as Record<string, string>[];
  return toFacts(columns, Object.values(row!));
}

async function askFiles(folder: string, _table: BenchTable, columns: readonly Column[]): Promise<Facts> {
  const files = join(folder, '**', '*.parquet').replaceAll("'", "''");
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    const answer = await connection.runAndReadAll(filesQuery(`read_parquet('${files}')`, columns));
    return toFacts(columns, answer.getRows()[0] as string[]);
  } finally {
    connection.closeSync();
  }
}
