import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Encoder } from '@toondepauw/node-zstd';
import fc from 'fast-check';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { collectRows } from '../../contracts/source.ts';
import { mariadbAvailable, startMariadb } from '../../servers/mariadb.ts';
import { mysqlAvailable, startMysql } from '../../servers/mysql.ts';
import type { DatabaseServer } from '../../servers/server-process.ts';
import { tempDir } from '../../temp-dir.ts';
import { type RandomTable, randomTables } from './random-tables.ts';

const seed = Number(process.env['PANORAMA_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['PANORAMA_RUNS'] ?? 10);

type Table = Record<string, string[]>;

const flags = fc.subarray([
  '--hex-blob',
  '--complete-insert',
  '--skip-extended-insert',
  '--skip-tz-utc',
  '--single-transaction',
  '--skip-add-locks',
  '--skip-disable-keys',
  '--skip-comments',
  '--insert-ignore',
  '--net-buffer-length=4096',
  '--no-autocommit',
]);

interface Plan {
  readonly charset: string;
  readonly tables: readonly RandomTable[];
  readonly flags: readonly string[];
  readonly style: string;
  readonly packed: string;
  readonly chunkBytes: number | undefined;
}

const planFor = (mysql: boolean): fc.Arbitrary<Plan> =>
  fc.constantFrom('utf8mb4', 'utf8mb4', 'latin1', 'binary').chain((charset) =>
    fc.record({
      charset: fc.constant(charset),
      tables: randomTables(3, { latin1: charset === 'latin1', mysql }),
      flags,
      style: fc.constantFrom('plain', 'databases', 'compact', 'ansi', 'apart'),
      packed: fc.constantFrom('', '.gz', '.zst', 'two members.gz'),
      chunkBytes: fc.constantFrom(1, 2, 3, 7, 64, 1000, undefined),
    }),
  );

function pack(dump: Buffer, packed: string): Buffer {
  const middle = dump.length >> 1;
  if (packed === '') return dump;
  if (packed === '.gz') return gzipSync(dump);
  if (packed === '.zst') return new Encoder(3).encodeSync(dump);
  return Buffer.concat([gzipSync(dump.subarray(0, middle)), gzipSync(dump.subarray(middle))]);
}

const sorted = (rows: readonly (readonly (string | null)[])[]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** The place of Extra in the rows of SHOW COLUMNS. */
const EXTRA = 5;

/** What the server sends for the columns that its dumps hold, as text of one character per byte; BIT columns as numbers. */
async function fromServer(
  server: DatabaseServer,
  database: string,
  tables: readonly RandomTable[],
  mysql: boolean,
): Promise<Table> {
  const connection = await createConnection({
    socketPath: server.socket,
    user: server.user,
    password: server.password,
    database,
    charset: 'utf8mb4',
    rowsAsArray: true,
    typeCast: (field) => {
      const bytes = field.buffer();
      if (bytes === null) return null;
      return field.type === 'BIT' ? String(BigInt(`0x${bytes.toString('hex')}`)) : bytes.toString('latin1');
    },
  });
  try {
    await connection.query("SET time_zone = '+00:00'");
    const found: Table = {};
    for (const { name } of tables) {
      const from = quoteName(name);
      const [shown] = await connection.query(`SHOW COLUMNS FROM ${from}`);
      const columns = (shown as string[][])
        .filter((row) => !mysql || !/GENERATED/.test(row[EXTRA]!))
        .map((row) => quoteName(utf8(row[0]!)));
      const [rows] = await connection.query(`SELECT ${columns.join(', ')} FROM ${from}`);
      found[name] = sorted(rows as (string | null)[][]);
    }
    return found;
  } finally {
    await connection.end();
  }
}

async function fromDump(location: string, chunkBytes: number | undefined): Promise<Table> {
  const session = await dumpSource({ name: 'dump', location, ...(chunkBytes && { chunkBytes }) }).open();
  try {
    const found: Table = {};
    for await (const { schema, batches } of session.sweep!((s) => s.fields)) {
      found[schema.table] = sorted(await collectRows(batches));
    }
    expect([...(await session.tables())].sort()).toEqual(Object.keys(found).sort());
    return found;
  } finally {
    await session.close();
  }
}

const SERVERS = [
  { program: 'mariadb-dump', mysql: false, available: mariadbAvailable, start: startMariadb },
  { program: 'mysqldump', mysql: true, available: mysqlAvailable, start: startMysql },
];

describe.each(SERVERS)(
  `random tables through $program (PANORAMA_SEED=${seed})`,
  ({ mysql, available, start }) => {
    const folder = tempDir();
    let server: DatabaseServer;
    beforeAll(async () => {
      if (available()) server = await start({ args: ['--default-time-zone=+00:00'] });
    });
    afterAll(() => server?.stop());

    test.runIf(available())('what a dump holds is what the server sends', async () => {
      let run = 0;
      const property = fc.asyncProperty(
        planFor(mysql),
        async ({ charset, tables, flags: chosen, style, packed, chunkBytes }) => {
          const database = `random_${run++}`;
          const setup = "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00';";
          await server.exec(
            `CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}; ${setup}\n${tables.map((t) => t.sql).join('')}`,
          );
          const location = join(folder, database);
          await mkdir(location);
          const args = [...chosen, `--default-character-set=${charset}`];
          const write = async (name: string, more: readonly string[]): Promise<void> =>
            writeFile(
              join(location, `${name}.sql${packed && packed.slice(packed.lastIndexOf('.'))}`),
              pack(await server.dump([...args, ...more]), packed),
            );
          if (style === 'databases') await write('all', ['--databases', database]);
          else if (style === 'compact' && charset === 'utf8mb4') await write('all', ['--compact', database]);
          else if (style === 'ansi') await write('all', ['--compatible=ansi', '--set-charset', database]);
          else if (style === 'apart') {
            await write('rows', ['--no-create-info', database]);
            await write('schema', ['--no-data', database]);
          } else await write('all', [database]);
          expect(await fromDump(location, chunkBytes)).toEqual(
            await fromServer(server, database, tables, mysql),
          );
        },
      );
      await fc.assert(property, { seed, numRuns: RUNS, endOnFailure: true });
    });
  },
);
