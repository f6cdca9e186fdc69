import type { Socket } from 'node:net';

import type { Connection } from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  closeConnection,
  connect,
  execute,
  type MysqlAddress,
} from '../../../src/sources/mysql/connection.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { ALL_TYPES_IN_MYSQL } from '../../contracts/all-types.ts';
import { collectRows, sourceContract } from '../../contracts/source.ts';
import { mysqlAvailable, type MysqlServer, startMysql } from '../../servers/mysql.ts';

/** Of every account below. */
const PASSWORD = `p€ss"wörd' \\`;
const BY = `BY '${PASSWORD.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

const SETUP = `
INSTALL PLUGIN mysql_no_login SONAME 'mysql_no_login.so';
INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
CREATE USER caching IDENTIFIED WITH caching_sha2_password ${BY};
CREATE USER sha256 IDENTIFIED WITH sha256_password ${BY};
CREATE USER tls_only IDENTIFIED ${BY} REQUIRE SSL;
CREATE USER certified IDENTIFIED ${BY} REQUIRE X509;
CREATE USER no_password IDENTIFIED BY '';
CREATE USER locked IDENTIFIED ${BY} ACCOUNT LOCK;
CREATE USER expired IDENTIFIED ${BY} PASSWORD EXPIRE;
CREATE USER blocked IDENTIFIED ${BY} FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1;
CREATE USER no_login IDENTIFIED WITH mysql_no_login;
CREATE USER of_system IDENTIFIED WITH auth_socket;
CREATE DATABASE shop; USE shop;
GRANT SELECT ON shop.* TO caching, sha256, tls_only, certified, no_password, locked, expired, blocked, no_login, of_system;
CREATE TABLE few (id INT PRIMARY KEY, word VARCHAR(20));
INSERT INTO few VALUES (1, 'one'), (2, 'Zwei');
CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, price FLOAT);
SET SESSION cte_max_recursion_depth = 100000;
INSERT INTO items WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 60000)
  SELECT n, CONCAT('item ', n, REPEAT('x', 200)), n / 7 FROM s;
`;

const SPECIAL = `
USE shop; SET NAMES utf8mb4; SET sql_mode = ''; SET sql_generate_invisible_primary_key = ON;
CREATE TABLE special (
  embedding VECTOR(3), single FLOAT, kept INT AS (n * 2) STORED, computed INT AS (n + 1) VIRTUAL, n INT,
  unseen INT DEFAULT 7 INVISIBLE, flags BIT(64), span TIME(6), era YEAR, day_ DATE, amount DECIMAL(65,30),
  word VARCHAR(20) COLLATE utf8mb4_0900_ai_ci, utf16_ VARCHAR(20) CHARACTER SET utf16, doc JSON,
  place POINT SRID 4326, KEY ((n + 1)), KEY falling (word DESC) INVISIBLE, CHECK (n > 0)
);
INSERT INTO special (embedding, single, n, flags, span, era, day_, amount, word, utf16_, doc, place) VALUES
  (TO_VECTOR('[1,-2.5,0]'), 16777217, 1, 1 << 63, '-838:00:00.000001', 1901, '0000-00-00',
   99999999999999999999999999999999999.000000000000000000000000000001, 'ñandú', '日本 😀',
   '{"b": 1, "a": 1.10, "c": 1e3, "long": 18446744073709551615}', ST_SRID(POINT(1, 2), 4326)),
  (NULL, 0.1, 2, 0, NULL, 0, '2024-00-10', NULL, 'ÑANDÚ', '', '"é"', NULL);
`;

const available = mysqlAvailable();
let server: MysqlServer;

function address(change: Partial<MysqlAddress> = {}): MysqlAddress {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    password: () => server.password,
    database: 'shop',
    tls: { mode: 'disabled' },
    ...change,
  };
}

const open = (change: Partial<MysqlAddress> = {}): Promise<SourceSession> =>
  mysqlSource({ name: 'lms', address: address(change) }).open();

async function readAll(session: SourceSession, table: string): Promise<(string | null)[][]> {
  const { fields } = await session.describe(table);
  return collectRows(session.read({ table, fields }));
}

/** Runs work on a connection of its own and closes it. */
async function connected<T>(
  change: Partial<MysqlAddress>,
  work: (connection: Connection) => T | Promise<T>,
): Promise<T> {
  const connection = await connect('lms', address(change));
  try {
    return await work(connection);
  } finally {
    await closeConnection(connection);
  }
}

const status = (name: string): Promise<number> =>
  connected({}, async (connection) => {
    const [row] = await execute(connection, 'lms', `SHOW GLOBAL STATUS LIKE '${name}'`);
    return Number(row!['Value']);
  });

/** Each a way to the server, by name. */
const TRANSPORTS: Record<string, () => Partial<MysqlAddress>> = {
  TCP: () => ({}),
  'a Unix socket': () => ({ socket: server.socket }),
  'TLS, any certificate': () => ({ tls: { mode: 'required' } }),
  'TLS where the server has it': () => ({ tls: { mode: 'preferred' } }),
  'TLS with a verified certificate': () => ({
    host: 'localhost',
    tls: { mode: 'verify', ca: server.tls!.ca },
  }),
};

describe.runIf(available)('mysql source on a MySQL server', () => {
  beforeAll(async () => {
    server = await startMysql({ tls: true });
    await server.exec(SETUP);
  });
  afterAll(() => server?.stop());

  sourceContract(
    'mysql on MySQL',
    async (sql) => {
      await server.exec(`CREATE DATABASE contract CHARACTER SET utf8mb4; USE contract; ${sql}`);
      return {
        source: mysqlSource({ name: 'lms', address: address({ database: 'contract' }) }),
        dispose: () => server.exec('DROP DATABASE contract'),
      };
    },
    ALL_TYPES_IN_MYSQL,
  );

  describe.each(Object.entries(TRANSPORTS))('over %s', (name, change) => {
    it.each(['caching', 'sha256'])('%s_password lets in who has it, and nobody else', async (user) => {
      const session = await open({ ...change(), user, password: () => PASSWORD });
      expect(await readAll(session, 'few')).toEqual([
        ['1', 'one'],
        ['2', 'Zwei'],
      ]);
      await session.close();
      const wrong = open({ ...change(), user, password: () => 'CANARY' });
      await expect(wrong).rejects.toMatchObject({ code: 'source-access-denied' });
      await expect(wrong).rejects.not.toThrow('CANARY');
    });

    it('caching_sha2_password, first with all of the password, then from the cache', async () => {
      const login = (): Promise<number> =>
        connected({ ...change(), user: 'caching', password: () => PASSWORD }, (connection) => {
          const { stream } = connection as unknown as { stream: Socket };
          return stream.bytesWritten;
        });
      await server.exec('FLUSH PRIVILEGES');
      const first = await login();
      const second = await login();
      // What is sent then: the password, or the question for a key and the password under that 2048-bit key.
      const password = Buffer.byteLength(PASSWORD) + 1 + 4;
      expect(first - second).toBe(name === 'TCP' ? 1 + 4 + 256 + 4 : password);
    });

    it('an empty password', async () => {
      const session = await open({ ...change(), user: 'no_password', password: () => '' });
      expect(await session.tables()).toEqual(['few', 'items']);
      await session.close();
    });

    it('a user who must use TLS', async () => {
      const opened = open({ ...change(), user: 'tls_only', password: () => PASSWORD });
      if (name.startsWith('TLS')) await (await opened).close();
      else await expect(opened).rejects.toMatchObject({ code: 'source-access-denied' });
    });
  });

  it('a user who must show a certificate', async () => {
    const { ca, cert, key } = server.tls!;
    const user = { user: 'certified', password: () => PASSWORD };
    await (await open({ ...user, host: 'localhost', tls: { mode: 'verify', ca, cert, key } })).close();
    await expect(open({ ...user, tls: { mode: 'required' } })).rejects.toMatchObject({
      code: 'source-access-denied',
    });
  });

  it('TLS that is required of everybody', async () => {
    await server.exec('SET GLOBAL require_secure_transport = ON');
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'source-access-denied',
        hint: expect.stringContaining('mysql_ssl: required'),
      });
      await (await open({ tls: { mode: 'preferred' } })).close();
      await (await open({ socket: server.socket })).close();
    } finally {
      await server.exec('SET GLOBAL require_secure_transport = OFF');
    }
  });

  describe('what goes wrong has a name', () => {
    it.each<[string, RegExp, RegExp]>([
      ['locked', /Account is locked/, /ACCOUNT UNLOCK/],
      ['expired', /password has expired/, /ALTER USER/],
      ['no_login', /Access denied/, /user name and password/],
      ['of_system', /Access denied/, /user name and password/],
      ['unknown_user', /Access denied/, /user name and password/],
    ])('%s', async (user, message, hint) => {
      await expect(open({ user, password: () => PASSWORD })).rejects.toMatchObject({
        code: 'source-access-denied',
        retryable: false,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      });
    });

    it('blocked after a wrong password', async () => {
      for (const password of ['wrong', PASSWORD]) {
        await expect(open({ user: 'blocked', password: () => password })).rejects.toMatchObject({
          code: 'source-access-denied',
          message: expect.stringMatching(/Account is blocked/),
          hint: expect.stringMatching(/ACCOUNT UNLOCK/),
        });
      }
    });

    it('the server ends the query in the middle', async () => {
      const session = await open();
      const { fields } = await session.describe('items');
      const reading = (async () => {
        for await (const batch of session.read({ table: 'items', fields })) {
          expect(batch.rows).toBeGreaterThan(0);
          await killReaders();
        }
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'source-failed',
        message: expect.stringMatching(/table items.*interrupted/),
      });
      await session.close();
    });

    const killReaders = (): Promise<void> =>
      connected({}, async (connection) => {
        const running = await execute(
          connection,
          'lms',
          "SELECT id FROM performance_schema.processlist WHERE info LIKE 'SELECT `id`%'",
        );
        for (const row of running) await execute(connection, 'lms', `KILL QUERY ${Number(row['id'])}`);
      });
  });

  it('one snapshot, read only, at UTC, whatever is written meanwhile', async () => {
    const session = await open();
    const [transaction] = await connected({}, (connection) =>
      execute(
        connection,
        'lms',
        'SELECT trx_is_read_only AS ro, trx_isolation_level AS level FROM information_schema.INNODB_TRX',
      ),
    );
    expect(transaction).toEqual({ ro: 1, level: 'REPEATABLE READ' });
    await server.exec("INSERT INTO shop.few VALUES (3, 'late')");
    try {
      expect(await readAll(session, 'few')).toHaveLength(2);
    } finally {
      await session.close();
      await server.exec('DELETE FROM shop.few WHERE id = 3');
    }
  });

  it('a read that is stopped early kills its query, and the session lives on', async () => {
    const session = await open();
    const { fields } = await session.describe('items');
    const before = await status('Com_kill');
    for await (const batch of session.read({ table: 'items', fields })) {
      expect(batch.rows).toBeGreaterThan(0);
      break;
    }
    expect(await status('Com_kill')).toBe(before + 1);
    expect(await readAll(session, 'items')).toHaveLength(60_000);
    await session.close();
  });

  it("a server's limit for queries does not end a long read", async () => {
    await server.exec('SET GLOBAL max_execution_time = 1');
    try {
      const session = await open();
      expect(await readAll(session, 'items')).toHaveLength(60_000);
      await session.close();
    } finally {
      await server.exec('SET GLOBAL max_execution_time = 0');
    }
  });

  it('columns that only MySQL has, or has in its own way', async () => {
    await server.exec(SPECIAL);
    const session = await open();
    const { fields, primaryKey } = await session.describe('special');
    const [first, second] = (await readAll(session, 'special')).sort();
    await session.close();
    expect(primaryKey).toEqual(['my_row_id']);
    const utf8 = (cell: string | null): string | null =>
      cell === null ? null : Buffer.from(cell, 'latin1').toString();
    expect(
      fields.map(({ name, declared, type }, place) => [
        name,
        declared,
        type.kind,
        ...[first!, second!].map((row) =>
          type.kind === 'binary'
            ? row[place] && Buffer.from(row[place], 'latin1').toString('hex')
            : utf8(row[place]!),
        ),
      ]),
    ).toEqual([
      ['my_row_id', 'bigint unsigned', 'decimal', '1', '2'],
      ['embedding', 'vector(3)', 'binary', '0000803f000020c000000000', null],
      ['single', 'float', 'float32', '16777216', String(Math.fround(0.1))],
      ['kept', 'int', 'int32', '2', '4'],
      ['computed', 'int', 'int32', '2', '3'],
      ['n', 'int', 'int32', '1', '2'],
      ['unseen', 'int', 'int32', '7', '7'],
      ['flags', 'bit(64)', 'decimal', '9223372036854775808', '0'],
      ['span', 'time(6)', 'text', '-838:00:00.000001', null],
      ['era', 'year', 'int32', '1901', '0000'],
      ['day_', 'date', 'date', '0000-00-00', '2024-00-10'],
      ['amount', 'decimal(65,30)', 'text', `${'9'.repeat(35)}.${'1'.padStart(30, '0')}`, null],
      ['word', 'varchar(20)', 'text', 'ñandú', 'ÑANDÚ'],
      ['utf16_', 'varchar(20)', 'text', '日本 😀', ''],
      ['doc', 'json', 'text', '{"a": 1.1, "b": 1, "c": 1000.0, "long": 18446744073709551615}', '"é"'],
      ['place', 'point', 'binary', 'e61000000101000000000000000000f03f0000000000000040', null],
    ]);
  });

  it('says what it reached', async () => {
    const session = await open();
    expect((await session.check()).join()).toMatch(
      /^MySQL \d+\.\d+\.\d+\S* at .*, database shop, \d+ tables/,
    );
    expect(await session.estimateRows!('items')).toBeGreaterThan(1000);
    await session.close();
  });
});
