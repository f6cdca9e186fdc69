import type { MariadbServer } from '../test/servers/mariadb.ts';
import { output } from './measure.ts';
import { client } from './subjects.ts';
import type { BenchTable } from './tables/table.ts';

/** Bytes of a table as the client prints it. Also warms the server's cache. */
export async function tableBytes(
  server: MariadbServer,
  table: BenchTable,
  signal: AbortSignal,
): Promise<number> {
  const { file, args, env } = client(server, '--quick', '-e', `SELECT * FROM ${table.name}`);
  const counted = { file: 'sh', args: ['-c', '"$0" "$@" | wc -c', file, ...args], ...(env && { env }) };
  return Number(await output(counted, signal));
}
