import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type MariadbServer, mariadbProgram } from '../test/servers/mariadb.ts';
import type { Command } from './measure.ts';
import { type BenchTable, DATABASE } from './tables/table.ts';

/** Something that is measured. */
export interface Subject {
  readonly name: string;
  readonly title: string;
  readonly command: Command;
  /** The subject that its time is divided by in the first place. */
  readonly reference: 'mariadb' | 'zcat' | 'local' | 'upload';
  /** Further subjects that its time is divided by. */
  readonly against?: readonly string[];
  /** The folder that the command fills; it must not be there when it starts. */
  readonly output?: string;
  /** Makes what is not a folder as it must be when the command starts; its time is not measured. */
  readonly before?: () => Promise<void>;
  /** What can be asked about the rows in it. */
  readonly holds?: 'lake' | 'parquet';
  /** It runs in the first so many rounds only, because it takes so long. */
  readonly rounds?: number;
}

const CLI = fileURLToPath(new URL('../bin/panorama.js', import.meta.url));
const PREFIX = 'bench';

/** The view of a table in every lake of the benchmark. */
export function viewOf(table: BenchTable): string {
  return `${PREFIX}_table_${table.name}`;
}

/** The client of the server on the benchmark's database, with further arguments. */
export function client(server: MariadbServer, ...args: string[]): Command {
  const options = ['--no-defaults', ...connection(server), '--max-allowed-packet=256M', '-N', '-B'];
  return {
    file: mariadbProgram('mariadb'),
    args: [...options, ...args, DATABASE],
    env: { MYSQL_PWD: server.password },
  };
}

/** The command that writes a table as a compressed dump. */
export function dumpCommand(server: MariadbServer, table: BenchTable, file: string): Command {
  const options = ['--no-defaults', ...connection(server), '--single-transaction', '--quick'];
  return {
    file: 'sh',
    args: [
      '-c',
      '"$0" "$@" | gzip -1 > "$DUMP_FILE"',
      mariadbProgram('mariadb-dump'),
      ...options,
      DATABASE,
      table.name,
    ],
    env: { MYSQL_PWD: server.password, DUMP_FILE: file },
  };
}

/** One query of a lake with its result as JSON. */
export function lakeQuery(lake: string, sql: string): Command {
  return { file: process.execPath, args: [CLI, '--json', 'query', '--lake', lake, sql] };
}

/** What reads a table to nowhere: the client, a bare socket, our source. */
export function readers(server: MariadbServer, table: BenchTable): readonly Subject[] {
  return [
    {
      name: 'mariadb',
      title: '`mariadb --quick -N -B`, to nowhere',
      reference: 'mariadb',
      command: client(server, '--quick', '-e', `SELECT * FROM ${table.name}`),
    },
    {
      name: 'raw-drain',
      title: 'raw socket drain: row packets counted, not decoded',
      reference: 'mariadb',
      command: script('raw-drain.mjs', server, table),
    },
    {
      name: 'drain',
      title: 'our MySQL source, to nowhere',
      reference: 'mariadb',
      command: script('drain.mjs', server, table),
    },
  ];
}

function script(file: string, server: MariadbServer, table: BenchTable): Command {
  return {
    file: process.execPath,
    args: [path(file), String(server.port), server.user, DATABASE, table.name, String(table.rows)],
    env: { MYSQL_PWD: server.password },
  };
}

/** What a load makes of a table. */
interface Load {
  readonly title: string;
  readonly format?: 'csv';
  readonly by?: string;
}

/** Our loads from the server, by name. */
export const LOADS = {
  'one-file': { title: 'MariaDB to one Parquet file' },
  csv: { title: 'MariaDB to one CSV file', format: 'csv' },
  partitioned: { title: 'MariaDB to Parquet files by course', by: 'course_id' },
} satisfies Readonly<Record<string, Load>>;

/** One of our loads; its settings file and its lake are made inside `folder`. */
export async function load(
  name: keyof typeof LOADS,
  server: MariadbServer,
  table: BenchTable,
  folder: string,
): Promise<Subject> {
  const kind: Load = LOADS[name];
  const lake = join(folder, `${table.name}-${name}`);
  const place = `  type: local\n  path: ${lake}\n`;
  return {
    name,
    title: kind.title,
    reference: 'mariadb',
    output: lake,
    holds: 'lake',
    command: await loadCommand(`${lake}.yaml`, server, table, place, kind),
  };
}

/** A bucket of a store that speaks S3. */
export interface Bucket {
  readonly endpoint: string;
  readonly name: string;
  /** The variables with the keys. */
  readonly env: Readonly<Record<string, string>>;
}

/** The command of a load into a bucket; its settings file is made inside `folder`. */
export async function loadIntoS3(
  name: keyof typeof LOADS,
  server: MariadbServer,
  table: BenchTable,
  folder: string,
  bucket: Bucket,
): Promise<Command> {
  const place = `  type: aws\n  panorama_raw_data_bucket: ${bucket.name}\n  aws_endpoint: ${bucket.endpoint}\n`;
  const command = await loadCommand(join(folder, `${bucket.name}.yaml`), server, table, place, LOADS[name]);
  return { ...command, env: { ...command.env, ...bucket.env } };
}

/** A program of the benchmark that sends the files of a folder to a bucket. */
export function sendCommand(program: 's3-upload.mjs' | 's3-writer.mjs', files: string, to: Bucket): Command {
  return { file: process.execPath, args: [path(program), files, to.endpoint, to.name], env: to.env };
}

/** @param place the lines of the settings that say where the lake is */
async function loadCommand(
  settings: string,
  server: MariadbServer,
  table: BenchTable,
  place: string,
  kind: Load,
): Promise<Command> {
  await writeFile(settings, settingsText(server, table, place, kind));
  return {
    file: process.execPath,
    args: [CLI, '--settings', settings, 'extract-and-load', '--all'],
    env: { MYSQL_PWD: server.password },
  };
}

/** What reads a compressed dump: `zcat`, our source, our load. */
export function dumpReaders(table: BenchTable, dump: string, folder: string): readonly Subject[] {
  const lake = join(folder, `${table.name}-dump`);
  return [
    {
      name: 'zcat',
      title: '`zcat` of the dump, counted by `wc -c`',
      reference: 'zcat',
      command: { file: 'sh', args: ['-c', 'zcat "$0" | wc -c', dump] },
    },
    {
      name: 'dump-drain',
      title: 'our dump source, to nowhere',
      reference: 'zcat',
      command: { file: process.execPath, args: [path('dump-drain.mjs'), dump, String(table.rows)] },
    },
    {
      name: 'dump',
      title: 'dump to Parquet files by course',
      reference: 'zcat',
      output: lake,
      holds: 'lake',
      command: {
        file: process.execPath,
        args: [CLI, 'load', dump, '--lake', lake, '--base-prefix', PREFIX],
      },
    },
  ];
}

/** Columns that are listed make a table of one file, also where Open edX's tables have a partition. */
function settingsText(server: MariadbServer, table: BenchTable, place: string, kind: Load): string {
  const shape =
    kind.by === undefined
      ? `        fields:\n${table.columns.map((name) => `          - name: ${name}\n`).join('')}`
      : `        partitions:\n          partition_fields: [${kind.by}]\n`;
  return `datalake:
${place}  format: ${kind.format ?? 'parquet'}
  base_prefix: ${PREFIX}
datasources:
  - type: mysql
    name: server
    mysql_host: ${server.host}
    mysql_port: ${server.port}
    mysql_username: ${server.user}
    mysql_database: ${DATABASE}
    tables:
      - name: ${table.name}
${shape}`;
}

function connection(server: MariadbServer): string[] {
  return [
    `--host=${server.host}`,
    `--port=${server.port}`,
    `--user=${server.user}`,
    '--default-character-set=utf8mb4',
  ];
}

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
