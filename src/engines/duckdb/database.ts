import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

import { quoteList, quoteText } from './sql.ts';

/** Bounds of a DuckDB instance. */
export interface DatabaseLimits {
  /** As DuckDB spells it, e.g. `2GB`. Default: half of the machine's memory, at most 4 GiB. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

/** An instance in memory that can read the allowed files and nothing else of the machine. */
export interface Database {
  readonly connection: DuckDBConnection;
  /** May be called again. */
  close(): Promise<void>;
}

/**
 * Opens an instance in memory, so that no file is ever locked, and shuts it in: only the `allowed` paths can be
 * opened, no extension is fetched, no setting can be changed. Large sorts and joins spill into a private folder
 * among the machine's temporary files, removed with {@link Database.close}.
 */
export async function openDatabase(allowed: readonly string[], limits: DatabaseLimits): Promise<Database> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const spill = await mkdtemp(join(tmpdir(), 'panorama-duckdb-'));
  let instance: DuckDBInstance | undefined;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    instance?.closeSync();
    await rm(spill, { recursive: true, force: true });
  };
  try {
    instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: limits.memoryLimit ?? defaultMemory(),
      ...(limits.threads === undefined ? {} : { threads: String(limits.threads) }),
    });
    const connection = await instance.connect();
    await connection.run(`SET temp_directory = ${quoteText(spill)}`);
    await connection.run("SET TimeZone = 'UTC'");
    if (allowed.length > 0) await connection.run(`SET allowed_paths = ${quoteList(allowed)}`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return {
      connection,
      close: () => (closing ??= (connection.closeSync(), close())),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function defaultMemory(): string {
  const limited = process.constrainedMemory();
  const machine = totalmem();
  const memory = limited > 0 && limited < machine ? limited : machine;
  return `${Math.min(4096, Math.floor(memory / 2 / 2 ** 20))}MiB`;
}
