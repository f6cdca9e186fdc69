import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TableSchema } from '../../../src/rows/field.ts';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import type { Source } from '../../../src/sources/source.ts';
import { ALL_TYPES_IN_MYSQL, ALL_TYPES_SQL } from '../../contracts/all-types.ts';
import { collectRows, sourceContract } from '../../contracts/source.ts';
import { mysqlAvailable, type MysqlServer, startMysql } from '../../servers/mysql.ts';
import { tempDir } from '../../temp-dir.ts';

/** Beside all types: what MySQL's dumps write in a way of their own. */
const SCRIPT = `
CREATE DATABASE site CHARACTER SET utf8mb4; USE site;
${ALL_TYPES_SQL}
CREATE TABLE special (
  id INT PRIMARY KEY, embedding VECTOR(3), kept INT AS (id * 2) STORED, computed INT AS (id + 1) VIRTUAL,
  unseen INT DEFAULT 7 INVISIBLE, word VARCHAR(20) COLLATE utf8mb4_0900_ai_ci, made VARCHAR(40) DEFAULT (UUID()),
  flags BIT(64), doc JSON, bare CHAR(3) COLLATE utf8mb4_0900_bin, latin VARCHAR(20) CHARACTER SET latin1,
  changed DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), odd VARCHAR(20) DEFAULT 'a,)''b',
  positive INT CHECK (positive > 0), KEY ((id + 1)), KEY falling (word DESC) INVISIBLE
) PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (2), PARTITION high VALUES LESS THAN MAXVALUE);
INSERT INTO special (id, embedding, word, flags, doc, latin) VALUES
  (1, TO_VECTOR('[1,-2.5,0]'), 'ñandú', ~0, '{"b": 1, "a": 1.10, "c": "\\\\u00e9\\\\n\\\\"\\\\\\\\"}', 'é€'),
  (2, NULL, NULL, 39, NULL, NULL);
INSERT INTO special (id, unseen, made, odd) VALUES (3, NULL, NULL, '\\\\');
SET sql_generate_invisible_primary_key = ON;
CREATE TABLE unkeyed (word VARCHAR(10)); INSERT INTO unkeyed VALUES ('a'), ('a');
CREATE TABLE places (place POINT NOT NULL SRID 4326, area GEOMETRYCOLLECTION, SPATIAL KEY (place));
INSERT INTO places VALUES (ST_SRID(POINT(1, 2), 4326), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(39 92))'));
CREATE TABLE only_made (kept INT AS (1) STORED); INSERT INTO only_made VALUES (), ();
CREATE VIEW some_words AS SELECT word FROM special;
DELIMITER //
CREATE PROCEDURE clear_all() BEGIN DELETE FROM special; INSERT INTO unkeyed VALUES ('; //'); END//
CREATE TRIGGER before_special BEFORE INSERT ON special FOR EACH ROW BEGIN SET NEW.positive = 1; END//
CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2099-01-01' DO BEGIN DELETE FROM special; END//
DELIMITER ;
CREATE DATABASE other; CREATE TABLE other.elsewhere (id INT);
`;

const OPTIONS: readonly string[] = [
  '',
  '--hex-blob',
  '--complete-insert',
  '--skip-extended-insert',
  '--databases',
  '--all-databases',
  '--databases --no-create-db --add-drop-database',
  '--single-transaction --quick',
  '--set-gtid-purged=OFF',
  '--set-gtid-purged=ON',
  '--set-gtid-purged=COMMENTED',
  '--column-statistics',
  '--column-statistics=0',
  '--compact',
  '--compact --hex-blob --skip-extended-insert',
  '--routines --events --triggers',
  '--order-by-primary --no-tablespaces',
  '--compatible=ansi',
  '--skip-quote-names --skip-comments',
  '--skip-opt',
  '--skip-tz-utc --skip-set-charset',
  '--replace',
  '--insert-ignore --no-autocommit',
  '--net-buffer-length=4096',
  '--default-character-set=binary',
  '--default-character-set=binary --hex-blob',
];

/** Not in any dump of MySQL; the server makes them anew. */
const GENERATED: Record<string, readonly string[]> = { special: ['kept', 'computed'], only_made: ['kept'] };

interface Read {
  readonly schema: TableSchema;
  readonly rows: readonly string[];
}

/** All tables of a source, without the columns that dumps leave out. */
async function readAll(source: Source): Promise<Record<string, Read>> {
  const session = await source.open();
  try {
    const found: Record<string, Read> = {};
    for (const table of await session.tables()) {
      const described = await session.describe(table);
      const fields = described.fields.filter((field) => !GENERATED[table]?.includes(field.name));
      const rows = await collectRows(session.read({ table, fields }));
      found[table] = {
        schema: { ...described, fields },
        rows: rows.map((row) => JSON.stringify(row)).sort(),
      };
    }
    return found;
  } finally {
    await session.close();
  }
}

describe.skipIf(!mysqlAvailable())("MySQL's own mysqldump", () => {
  const folder = tempDir();
  let server: MysqlServer;
  let files = 0;
  let inServer: Record<string, Read>;

  /** A source over what mysqldump writes. */
  async function dumped(args: readonly string[], database?: string): Promise<Source> {
    const location = join(folder, `${files++}.sql`);
    writeFileSync(location, await server.dump(args));
    return dumpSource({ name: 'dump', location, ...(database === undefined ? {} : { database }) });
  }

  const serverSource = (database: string): Source => {
    const { host, port, user, password } = server;
    const address = {
      host,
      port,
      user,
      password: () => password,
      database,
      tls: { mode: 'disabled' } as const,
    };
    return mysqlSource({ name: 'lms', address });
  };

  beforeAll(async () => {
    server = await startMysql();
    await server.exec(SCRIPT);
    inServer = await readAll(serverSource('site'));
  });
  afterAll(() => server?.stop());

  const contract = [
    '',
    '--hex-blob --complete-insert --single-transaction',
    '--compact --skip-extended-insert',
  ];
  contract.forEach((options, index) => {
    sourceContract(
      `mysqldump ${options}`,
      async (sql) => {
        const database = `contract_${index}`;
        await server.exec(`CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database};\n${sql}`);
        return { source: await dumped([...words(options), database]), dispose: async () => undefined };
      },
      ALL_TYPES_IN_MYSQL,
    );
  });

  const words = (options: string): string[] => options.split(' ').filter((word) => word !== '');

  test.each(OPTIONS)('mysqldump %s: what comes back is what the server sends', async (options) => {
    const args = words(options);
    const source = await dumped(args.includes('--all-databases') ? args : [...args, 'site'], 'site');
    expect(await readAll(source)).toEqual(inServer);
  });

  test('generated columns are left out of rows and of the schema', async () => {
    const session = await (await dumped(['site'])).open();
    const names = async (table: string): Promise<string[]> =>
      (await session.describe(table)).fields.map((field) => field.name);
    expect(await names('special')).not.toContain('kept');
    expect(await names('special')).toContain('unseen');
    expect(await names('only_made')).toEqual(['my_row_id']);
    await session.close();
  });

  test('a primary key that the server made may be left out', async () => {
    const session = await (
      await dumped(['--skip-generated-invisible-primary-key', 'site', 'unkeyed'])
    ).open();
    const { fields, primaryKey } = await session.describe('unkeyed');
    expect(fields.map((field) => field.name)).toEqual(['word']);
    expect(primaryKey).toEqual([]);
    expect(await collectRows(session.read({ table: 'unkeyed', fields }))).toEqual([['a'], ['a']]);
    await session.close();
  });

  test('text in other character sets', async () => {
    await server.exec(`CREATE DATABASE texts; USE texts; SET NAMES utf8mb4;
      CREATE TABLE t (wide VARCHAR(20) CHARACTER SET utf16, japanese VARCHAR(20) CHARACTER SET sjis);
      INSERT INTO t VALUES ('é😀', '日本'), (NULL, '');`);
    expect(await readAll(await dumped(['texts']))).toEqual(await readAll(serverSource('texts')));
    await expect(dumped(['--default-character-set=binary', 'texts']).then(readAll)).rejects.toMatchObject({
      code: 'dump-syntax',
      message: expect.stringMatching(/column wide.*utf16/),
    });
    await server.exec(`CREATE DATABASE western; USE western; SET NAMES utf8mb4;
      CREATE TABLE t (name VARCHAR(20), old VARCHAR(20) CHARACTER SET latin1, doc JSON);
      INSERT INTO t VALUES ('é€ÿ', 'é€ÿ', '{"é": "€"}');`);
    const western = await dumped(['--default-character-set=latin1', 'western']);
    expect(await readAll(western)).toEqual(await readAll(serverSource('western')));
  });
});
