import { rm } from 'node:fs/promises';

import type { MariadbServer } from '../test/servers/mariadb.ts';
import { runRounds } from './rounds.ts';
import { load, readers } from './subjects.ts';
import type { Result } from './summary.ts';
import { tableBytes } from './table-bytes.ts';
import { huge } from './tables/huge.ts';
import { narrow } from './tables/narrow.ts';
import { type BenchTable, drop } from './tables/table.ts';
import { wide } from './tables/wide.ts';
import { type Check, mustAgree, serverFacts, verify } from './verify.ts';

/** The results for a table of another shape. */
export interface Shape {
  readonly table: string;
  readonly rows: number;
  readonly columns: number;
  /** Bytes of the table as the client prints it. */
  readonly textBytes: number;
  readonly results: readonly Result[];
}

/** @param rows of the main table; these are as large or smaller */
function tables(rows: number): readonly BenchTable[] {
  return [narrow(rows), wide(Math.ceil(rows / 20)), huge(Math.min(600, Math.ceil(rows / 2500)))];
}

/** Loads tables of other shapes into one Parquet file each, beside the client and a raw drain. */
export async function measureShapes(
  server: MariadbServer,
  rows: number,
  rounds: number,
  folder: string,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<{ shapes: readonly Shape[]; checks: readonly Check[] }> {
  const shapes: Shape[] = [];
  const checks: Check[] = [];
  for (const table of tables(rows)) {
    note(`${table.name}: ${table.rows} rows`);
    await table.fill(server);
    const facts = await serverFacts(server, table, signal);
    const textBytes = await tableBytes(server, table, signal);
    const ours = await load('one-file', server, table, folder);
    const results = await runRounds([...readers(server, table), ours], rounds, ['raw-drain'], note, signal);
    shapes.push({ table: table.name, rows: table.rows, columns: table.columns.length, textBytes, results });
    const check = await verify(ours, table, facts, signal);
    mustAgree(check);
    checks.push(check);
    await rm(ours.output!, { recursive: true, force: true });
    await drop(server, table);
  }
  return { shapes, checks };
}
