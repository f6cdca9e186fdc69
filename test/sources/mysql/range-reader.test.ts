import type { Connection } from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cellBytes } from '../../../src/rows/batch.ts';
import type { Field } from '../../../src/rows/field.ts';
import {
  closeConnection,
  connect,
  execute,
  type MysqlAddress,
} from '../../../src/sources/mysql/connection.ts';
import { ConnectionPool } from '../../../src/sources/mysql/connection-pool.ts';
import { type KeyRange, KeyRanges } from '../../../src/sources/mysql/key-ranges.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { RANGE_OPTIONS, readByKey } from '../../../src/sources/mysql/range-reader.ts';
import { prepareConnection, shareSnapshot } from '../../../src/sources/mysql/snapshot.ts';
import type { DatabaseServer } from '../../servers/server-process.ts';
import { SERVERS } from './both-servers.ts';

const many = (count: number, key: (n: bigint) => bigint): bigint[] =>
  Array.from({ length: count }, (_, n) => key(BigInt(n)));

/** Keys in order, by table: the declared type of the key, and which there are. */
const TABLES: Record<string, { type: string; keys: bigint[] }> = {
  dense: { type: 'INT', keys: many(5000, (n) => n + 1n) },
  negative: { type: 'BIGINT', keys: many(3000, (n) => n * 3n - 4500n) },
  edges: {
    type: 'BIGINT',
    keys: [-(2n ** 63n), 1n - 2n ** 63n, -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 2n, 2n ** 63n - 1n],
  },
  huge: {
    type: 'BIGINT UNSIGNED',
    keys: [0n, 1n, ...many(3000, (n) => 2n ** 63n + n * 7n), 2n ** 64n - 2n, 2n ** 64n - 1n],
  },
  clusters: { type: 'BIGINT', keys: [...many(2000, (n) => n), ...many(2000, (n) => 10n ** 18n + n)] },
  sparse: { type: 'BIGINT UNSIGNED', keys: many(2000, (n) => n * 9_000_000_000_000_000n) },
  filled: { type: 'INT(10) UNSIGNED ZEROFILL', keys: many(1500, (n) => n * 5n) },
  tiny: { type: 'TINYINT', keys: many(256, (n) => n - 128n) },
  single: { type: 'INT', keys: [7n] },
  empty: { type: 'INT', keys: [] },
};
const NAMES = Object.keys(TABLES);

const setup = (): string =>
  `CREATE DATABASE ranges; USE ranges;\n${NAMES.map((name) => {
    const { type, keys } = TABLES[name]!;
    const rows = keys.map((key) => `(${key},REPEAT('${name}',20))`).join();
    return `CREATE TABLE \`${name}\` (\`k\`\`e\` ${type} PRIMARY KEY, v VARCHAR(200), KEY (v));
      ${keys.length === 0 ? '' : `INSERT INTO \`${name}\` VALUES ${rows};`}`;
  }).join('\n')}`;

describe.each(SERVERS)('reading by ranges of the key: $kind', ({ start }) => {
  let server: DatabaseServer;
  let address: MysqlAddress;
  let connections: readonly Connection[];
  let fieldsOf: (table: string) => Promise<readonly Field[]>;
  let close: () => Promise<void>;

  beforeAll(async () => {
    server = await start();
    await server.exec(setup());
    address = {
      host: server.host,
      port: server.port,
      user: server.user,
      password: () => server.password,
      database: 'ranges',
      tls: { mode: 'disabled' },
    };
    const first = await connect('ranges', address);
    await prepareConnection(first, 'ranges');
    ({ connections } = await shareSnapshot(first, 3, 'ranges', address));
    const session = await mysqlSource({ name: 'ranges', address }).open();
    fieldsOf = async (table) => (await session.describe(table)).fields;
    close = () => session.close();
  });
  afterAll(async () => {
    await close?.();
    await Promise.all((connections ?? []).map(closeConnection));
    await server?.stop();
  });

  const query = async (table: string) => ({
    source: 'ranges',
    address,
    request: { table, fields: await fieldsOf(table) },
  });
  /** Ranges over several connections from the first look on. */
  const several = { width: 50, ahead: 60_000, lookAfter: 0, looks: 1, idle: -1 };
  /** All the rest in one piece after the first look. */
  const one = { width: 50, ahead: 60_000, lookAfter: 0, looks: 1, idle: 2 };

  async function keys(table: string, options: typeof several, pool: ConnectionPool): Promise<bigint[]> {
    const found: bigint[] = [];
    const connection = await pool.acquire();
    for await (const batch of readByKey(pool, connection, await query(table), 'k`e', options)) {
      for (let row = 0; row < batch.rows; row++)
        found.push(BigInt(Buffer.from(cellBytes(batch.columns[0]!, row)!).toString()));
      batch.release?.();
    }
    pool.release(connection);
    return found;
  }

  it.each(NAMES)('%s: every row once, in the order of the key', async (table) => {
    for (const [size, options] of [
      [3, several],
      [3, one],
      [1, several],
      [2, RANGE_OPTIONS],
    ] as const) {
      const pool = new ConnectionPool('bank', connections.slice(0, size));
      expect(await keys(table, options, pool)).toEqual(TABLES[table]!.keys);
      for (let i = 0; i < size; i++) expect(pool.tryAcquire()).toBeDefined();
    }
  });

  it.each([
    ['dense', 100, 50],
    ['clusters', 100, 50],
    ['sparse', 100, 100],
    ['edges', 100, 8],
  ])('%s: ranges follow the rows, and gaps cost nothing', async (table, width, most) => {
    const ranges = new KeyRanges(await query(table), 'k`e', width);
    const found: KeyRange[] = [];
    const present = TABLES[table]!.keys;
    for (;;) {
      const range = await ranges.next(connections[0]!, false);
      if (range === undefined) break;
      found.push(range);
      const held = present.filter((key) => key >= range.first && key <= (range.last ?? key));
      expect(held[0]).toBe(range.first);
      ranges.learn(range, held.length, 100);
    }
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThanOrEqual(most);
  });

  it('connections that somebody else wants are given back between two ranges', async () => {
    const pool = new ConnectionPool('bank', connections);
    const connection = await pool.acquire();
    const reading = readByKey(pool, connection, await query('dense'), 'k`e', { ...several, ahead: 6000 });
    let rows = (await reading.next()).value!.rows;
    let given = Number.NaN;
    const others = Promise.all([pool.acquire(), pool.acquire()]).then((free) => {
      given = rows;
      return free;
    });
    for await (const batch of reading) rows += batch.rows;
    expect(rows).toBe(5000);
    expect(given).toBeLessThan(4000);
    for (const other of await others) pool.release(other);
  });

  it('a reader that goes early leaves every connection ready', async () => {
    for (let round = 0; round < 5; round++) {
      const pool = new ConnectionPool('bank', connections);
      const connection = await pool.acquire();
      let rows = 0;
      for await (const batch of readByKey(pool, connection, await query('dense'), 'k`e', several)) {
        rows += batch.rows;
        if (rows > 400 * round) break;
      }
      pool.release(connection);
      for (const free of [pool.tryAcquire(), pool.tryAcquire(), pool.tryAcquire()])
        expect(await execute(free!, 'ranges', 'SELECT 1 AS n')).toHaveLength(1);
    }
  });

  it('a connection that is lost fails the read, which never looks complete', async () => {
    const first = await connect('ranges', address);
    await prepareConnection(first, 'ranges');
    const shared = await shareSnapshot(first, 3, 'ranges', address);
    const pool = new ConnectionPool('bank', shared.connections);
    const connection = await pool.acquire();
    const reading = (async () => {
      let rows = 0;
      const options = { ...several, ahead: 6000 };
      for await (const batch of readByKey(pool, connection, await query('dense'), 'k`e', options)) {
        rows += batch.rows;
        if (rows >= 500) await server.exec(`KILL ${shared.connections[2]!.threadId}`).catch(() => {});
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^source-/) });
    await Promise.all(shared.connections.map(closeConnection));
  });
});
