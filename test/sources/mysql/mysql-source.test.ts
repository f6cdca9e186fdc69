import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { MysqlAddress } from '../../../src/sources/mysql/connection.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { collectRows, sourceContract } from '../../contracts/source.ts';
import { liveBytes } from '../../kernels/heap.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../../servers/mariadb.ts';

const available = mariadbAvailable();
let server: MariadbServer;

function address(database: string, change: Partial<MysqlAddress> = {}): MysqlAddress {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    password: () => server.password,
    database,
    tls: { mode: 'disabled' },
    ...change,
  };
}

describe.runIf(available)('mysql source', () => {
  beforeAll(async () => {
    server = await startMariadb({ tls: true });
    await server.exec(`
      CREATE DATABASE shop; USE shop;
      CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, price FLOAT);
      INSERT INTO items SELECT seq, CONCAT('item ', seq, REPEAT('x', 200)), seq / 7 FROM seq_1_to_200000;
      CREATE TABLE \`order\` (\`a\`\`b\` INT, \`select\` VARCHAR(10), \`ü\` INT);
      INSERT INTO \`order\` VALUES (1, 'x', 2);
      CREATE TABLE big (id INT PRIMARY KEY, body LONGTEXT);
      INSERT INTO big VALUES (1, REPEAT('a', 17000000)), (2, NULL), (3, REPEAT('b', 16777215)), (4, '');
      CREATE VIEW cheap AS SELECT * FROM items WHERE price < 1;
      CREATE USER reader IDENTIFIED BY 'r'; GRANT SELECT ON shop.items TO reader;
      CREATE USER nobody IDENTIFIED BY 'n';
      CREATE USER tls_only IDENTIFIED BY 't' REQUIRE SSL; GRANT SELECT ON shop.* TO tls_only;
    `);
  });
  afterAll(() => server?.stop());

  sourceContract('mysql', async (sql) => {
    await server.exec(`CREATE DATABASE contract CHARACTER SET utf8mb4; USE contract; ${sql}`);
    return {
      source: mysqlSource({ name: 'lms', address: address('contract') }),
      dispose: () => server.exec('DROP DATABASE contract'),
    };
  });

  describe('ways to connect', () => {
    it.each<[string, () => Partial<MysqlAddress>]>([
      ['TCP', () => ({})],
      ['a Unix socket', () => ({ socket: server.socket })],
      ['TLS, any certificate', () => ({ tls: { mode: 'required' } })],
      [
        'TLS where the server has it',
        () => ({ tls: { mode: 'preferred' }, user: 'tls_only', password: () => 't' }),
      ],
      [
        'TLS with a verified certificate',
        () => ({ host: 'localhost', tls: { mode: 'verify', ca: server.tls!.ca } }),
      ],
    ])('%s', async (_, change) => {
      const session = await mysqlSource({ name: 'lms', address: address('shop', change()) }).open();
      const { fields } = await session.describe('order');
      expect(await collectRows(session.read({ table: 'order', fields }))).toEqual([['1', 'x', '2']]);
      await session.close();
    });

    it('does without TLS where it is only preferred and the server has none', async () => {
      const plain = await startMariadb();
      try {
        const tls = { mode: 'preferred' } as const;
        const source = mysqlSource({
          name: 'lms',
          address: { ...address('mysql', { tls }), port: plain.port, password: () => plain.password },
        });
        await (await source.open()).close();
        const strict = mysqlSource({
          name: 'lms',
          address: {
            ...address('mysql', { tls: { mode: 'required' } }),
            port: plain.port,
            password: () => plain.password,
          },
        });
        await expect(strict.open()).rejects.toMatchObject({ hint: expect.stringContaining('mysql_ssl') });
      } finally {
        await plain.stop();
      }
    });
  });

  describe('what goes wrong has a name', () => {
    it.each<[string, string, () => Partial<MysqlAddress>]>([
      ['source-access-denied', 'a wrong password', () => ({ password: () => 'CANARY-wrong' })],
      ['source-access-denied', 'an unknown database', () => ({ database: 'nowhere' })],
      ['source-access-denied', 'a user who must use TLS', () => ({ user: 'tls_only', password: () => 't' })],
      ['source-unreachable', 'a port where nobody listens', () => ({ port: 1 })],
      ['source-unreachable', 'a host that does not exist', () => ({ host: 'no-such-host.invalid' })],
      ['source-unreachable', 'a socket that is not there', () => ({ socket: '/nowhere/mysqld.sock' })],
      [
        'source-unreachable',
        'a certificate of an unknown authority',
        () => ({ host: 'localhost', tls: { mode: 'verify' } }),
      ],
    ])('%s: %s', async (code, _, change) => {
      const changed = address('shop', change());
      const failure = mysqlSource({ name: 'lms', address: changed }).open();
      await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining('Source lms') });
      await expect(failure).rejects.not.toThrow(/CANARY|r-secret/);
    });

    it('a missing grant names the table and the right', async () => {
      const session = await mysqlSource({
        name: 'lms',
        address: address('shop', { user: 'reader', password: () => 'r' }),
      }).open();
      expect(await session.tables()).toEqual(['items']);
      await expect(session.describe('order')).rejects.toMatchObject({ code: 'unknown-table' });
      const fields = [{ name: 'id', type: { kind: 'int32' }, nullable: true, declared: 'int' }] as const;
      await expect(collectRows(session.read({ table: 'big', fields }))).rejects.toMatchObject({
        code: 'source-permission',
        message: expect.stringMatching(/table big.*SELECT/),
      });
      await session.close();
      await expect(
        mysqlSource({
          name: 'lms',
          address: address('shop', { user: 'nobody', password: () => 'n' }),
        }).open(),
      ).rejects.toMatchObject({
        code: 'source-access-denied',
      });
    });

    it('an unknown column', async () => {
      const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
      const fields = [{ name: 'nope', type: { kind: 'int32' }, nullable: true, declared: 'int' }] as const;
      await expect(collectRows(session.read({ table: 'items', fields }))).rejects.toMatchObject({
        code: 'unknown-column',
      });
      await session.close();
    });

    it('a query that the server kills in the middle never looks like the end of the table', async () => {
      const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
      const { fields } = await session.describe('items');
      const reading = (async () => {
        for await (const batch of session.read({ table: 'items', fields })) {
          if (batch.rows > 0)
            await server.exec(
              "SELECT CONCAT('KILL QUERY ', id) INTO @k FROM information_schema.PROCESSLIST WHERE info LIKE 'SELECT `id`%'; EXECUTE IMMEDIATE COALESCE(@k, 'SELECT 1');",
            );
        }
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'source-failed',
        message: expect.stringContaining('table items'),
      });
      await session.close();
    });
  });

  it('reads rows larger than a packet of the protocol', async () => {
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    const { fields } = await session.describe('big');
    const rows = await collectRows(session.read({ table: 'big', fields }));
    expect(rows.map(([id, body]) => [id, body === null ? null : body!.length])).toEqual([
      ['1', 17_000_000],
      ['2', null],
      ['3', 16_777_215],
      ['4', 0],
    ]);
    await session.close();
  });

  it('keeps every digit of FLOAT, where the text of the server has six', async () => {
    await server.exec(
      'CREATE TABLE shop.f (f FLOAT); INSERT INTO shop.f VALUES (0.1), (16777217), (-3.402823e38), (1.17549435e-38), (1e-45);',
    );
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    const { fields } = await session.describe('f');
    const rows = await collectRows(session.read({ table: 'f', fields }));
    const values = rows.map(([text]) => Number(text)).sort((a, b) => a - b);
    expect(values).toEqual([
      Math.fround(-3.402823e38),
      Math.fround(1e-45),
      1.1754943508222875e-38,
      Math.fround(0.1),
      16777216,
    ]);
    await session.close();
  });

  it('sees one snapshot for all its reads, whatever is written meanwhile', async () => {
    await server.exec(
      'CREATE TABLE shop.s (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO shop.s VALUES (1);',
    );
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    await server.exec('INSERT INTO shop.s VALUES (2);');
    const { fields } = await session.describe('s');
    expect(await collectRows(session.read({ table: 's', fields }))).toEqual([['1']]);
    await session.close();
  });

  it('holds no lock of a table that it has read, and still sees its one snapshot (D50)', async () => {
    await server.exec(
      'CREATE TABLE shop.m (id INT PRIMARY KEY); INSERT INTO shop.m VALUES (1); CREATE TABLE shop.n (id INT); INSERT INTO shop.n VALUES (1);',
    );
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    const { fields } = await session.describe('m');
    expect(await collectRows(session.read({ table: 'm', fields }))).toEqual([['1']]);
    await server.exec(
      'SET SESSION lock_wait_timeout = 2; ALTER TABLE shop.m ADD COLUMN more INT; INSERT INTO shop.n VALUES (2);',
    );
    const other = await session.describe('n');
    expect(await collectRows(session.read({ table: 'n', fields: other.fields }))).toEqual([['1']]);
    await session.close();
  });

  it('gives up connecting and reading at once when it is told to', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => {});
    const port = await new Promise<number>((resolve) =>
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port)),
    );
    const abort = new AbortController();
    const opening = mysqlSource({ name: 'lms', address: address('shop', { port }) }).open({
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 100);
    await expect(opening).rejects.toThrow();
    silent.close();
  });

  it('is free for the next read when one was stopped early, also behind a slow reader', async () => {
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    const { fields } = await session.describe('items');
    for (let round = 0; round < 3; round++) {
      for await (const batch of session.read({ table: 'items', fields })) {
        expect(batch.rows).toBeGreaterThan(0);
        await new Promise((resolve) => setTimeout(resolve, 50));
        break;
      }
    }
    let rows = 0;
    for await (const batch of session.read({ table: 'items', fields })) rows += batch.rows;
    expect(rows).toBe(200_000);
    await session.close();
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'is free when a read of %d batches was stopped after all had come',
    async (batches) => {
      await server.exec(`
      USE shop; CREATE OR REPLACE TABLE ended AS
      SELECT seq, REPEAT('x', 1000) AS text FROM seq_1_to_${batches * 1000}`);
      const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
      const { fields } = await session.describe('ended');
      for await (const batch of session.read({ table: 'ended', fields })) {
        // By now the end of the rows has come as well, or the socket is paused.
        await new Promise((resolve) => setTimeout(resolve, 100));
        batch.release();
        break;
      }
      const items = await session.describe('items');
      expect(
        await collectRows(session.read({ table: 'items', fields: items.fields.slice(0, 1) })),
      ).toHaveLength(200_000);
      await session.close();
    },
  );

  it('holds back the server while the reader is slow (D37)', async () => {
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    const { fields } = await session.describe('items');
    const before = liveBytes();
    let rows = 0;
    let peak = 0;
    for await (const batch of session.read({ table: 'items', fields })) {
      rows += batch.rows;
      await new Promise((resolve) => setTimeout(resolve, 5));
      peak = Math.max(peak, liveBytes() - before);
      batch.release();
    }
    expect(rows).toBe(200_000);
    // The table has over 40 MB; what waits is a handful of batches.
    expect(peak).toBeLessThan(30 << 20);
    await session.close();
  });

  it("a server's limit for queries does not end a long read", async () => {
    await server.exec('SET GLOBAL max_statement_time = 0.001');
    try {
      const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
      const { fields } = await session.describe('items');
      expect(await collectRows(session.read({ table: 'items', fields }))).toHaveLength(200_000);
      await session.close();
    } finally {
      await server.exec('SET GLOBAL max_statement_time = 0');
    }
  });

  it('reads a view that is asked for by its name', async () => {
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    const { fields } = await session.describe('cheap');
    const rows = await collectRows(session.read({ table: 'cheap', fields: fields.slice(0, 1) }));
    expect(rows.flat()).toEqual(['1', '2', '3', '4', '5', '6']);
    await session.close();
  });

  it('says what it reached', async () => {
    const session = await mysqlSource({ name: 'lms', address: address('shop') }).open();
    expect((await session.check()).join()).toMatch(/MariaDB.*database shop, \d+ tables/);
    expect(await session.estimateRows!('items')).toBeGreaterThan(1000);
    await session.close();
    await session.close();
  });

  it('prints no password anywhere in its errors', async () => {
    const source = mysqlSource({
      name: 'lms',
      address: address('shop', { password: () => 'CANARY-secret' }),
    });
    const error = await source.open().catch((failure: unknown) => failure);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY-secret');
    expect(await readFile('/proc/self/cmdline', 'utf8')).not.toContain('CANARY-secret');
  });
});
