import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type MariadbServer, mariadbProgram } from '../test/servers/mariadb.ts';
import { COLUMNS, DATABASE, TABLE } from './dataset.ts';
import type { Command } from './measure.ts';

/** Something that is measured. */
export interface Subject {
  readonly name: string;
  readonly title: string;
  readonly command: Command;
  /** The subject that its time is divided by; the others of the same kind are `mariadb` and `zcat`. */
  readonly reference: 'mariadb' | 'zcat';
  /** The folder of the lake that the command fills; it must not be there when it starts. */
  readonly lake?: string;
}

const CLI = fileURLToPath(new URL('../bin/panorama.js', import.meta.url));
const DRAIN = fileURLToPath(new URL('drain.mjs', import.meta.url));

/** The client of the server on the table's database, with further arguments. */
export function client(server: MariadbServer, ...args: string[]): Command {
  return {
    file: mariadbProgram('mariadb'),
    args: ['--no-defaults', ...connection(server), '-N', '-B', ...args, DATABASE],
    env: { MYSQL_PWD: server.password },
  };
}

/** The command that writes the table as a compressed dump. */
export function dumpCommand(server: MariadbServer, file: string): Command {
  const script = '"$0" "$@" | gzip -1 > "$DUMP_FILE"';
  const args = ['--no-defaults', ...connection(server), '--single-transaction', '--quick', DATABASE, TABLE];
  return {
    file: 'sh',
    args: ['-c', script, mariadbProgram('mariadb-dump'), ...args],
    env: { MYSQL_PWD: server.password, DUMP_FILE: file },
  };
}

/** One query of a lake with its result as JSON. */
export function lakeQuery(lake: string, sql: string): Command {
  return { file: process.execPath, args: [CLI, '--json', 'query', '--lake', lake, sql] };
}

/** All that can be measured; files and lakes are made inside `folder`. */
export async function makeSubjects(
  server: MariadbServer,
  folder: string,
  dump: string,
): Promise<readonly Subject[]> {
  const password = { MYSQL_PWD: server.password };
  const load = async (name: string, title: string, table: string): Promise<Subject> => {
    const lake = join(folder, name);
    const settings = join(folder, `${name}.yaml`);
    await writeFile(settings, settingsText(server, lake, table));
    const args = [CLI, '--settings', settings, 'extract-and-load', '--all'];
    return {
      name,
      title,
      reference: 'mariadb',
      lake,
      command: { file: process.execPath, args, env: password },
    };
  };
  const dumpLake = join(folder, 'dump');
  return [
    {
      name: 'mariadb',
      title: '`mariadb --quick -N -B`, to nowhere',
      reference: 'mariadb',
      command: client(server, '--quick', '-e', `SELECT * FROM ${TABLE}`),
    },
    {
      name: 'drain',
      title: 'our MySQL source, to nowhere',
      reference: 'mariadb',
      command: {
        file: process.execPath,
        args: [DRAIN, String(server.port), server.user, DATABASE, TABLE],
        env: password,
      },
    },
    await load('one-file', 'MariaDB to one Parquet file', ONE_FILE),
    await load('partitioned', 'MariaDB to Parquet files by course', BY_COURSE),
    {
      name: 'zcat',
      title: '`zcat` of the dump, counted by `wc -c`',
      reference: 'zcat',
      command: { file: 'sh', args: ['-c', 'zcat "$0" | wc -c', dump] },
    },
    {
      name: 'dump',
      title: 'dump to Parquet files by course',
      reference: 'zcat',
      lake: dumpLake,
      command: {
        file: process.execPath,
        args: [CLI, 'load', dump, '--lake', dumpLake, '--base-prefix', PREFIX],
      },
    },
  ];
}

const PREFIX = 'bench';
/** The view of the table in every lake of the benchmark. */
export const VIEW = `${PREFIX}_table_${TABLE}`;

/** Columns that are listed make a table of one file. */
const ONE_FILE = `        fields:\n${COLUMNS.map((name) => `          - name: ${name}\n`).join('')}`;
const BY_COURSE = '        partitions:\n          partition_fields: [course_id]\n';

function settingsText(server: MariadbServer, lake: string, table: string): string {
  return `datalake:
  type: local
  path: ${lake}
  base_prefix: ${PREFIX}
datasources:
  - type: mysql
    name: server
    mysql_host: ${server.host}
    mysql_port: ${server.port}
    mysql_username: ${server.user}
    mysql_database: ${DATABASE}
    tables:
      - name: ${TABLE}
${table}`;
}

function connection(server: MariadbServer): string[] {
  return [
    `--host=${server.host}`,
    `--port=${server.port}`,
    `--user=${server.user}`,
    '--default-character-set=utf8mb4',
  ];
}
