import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { sourceContract } from '../../contracts/source.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../../servers/mariadb.ts';
import { openText, sweepAll } from './read-text.ts';

describe.skipIf(!mariadbAvailable())('dump source', () => {
  let server: MariadbServer;
  let folder: string;
  beforeAll(async () => {
    server = await startMariadb();
    folder = await mkdtemp(join(tmpdir(), 'panorama-dump-'));
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const variants: readonly [name: string, args: readonly string[], gzip: boolean][] = [
    ['mariadb-dump as it comes', [], false],
    ['hex blobs, complete inserts, gzip', ['--hex-blob', '--complete-insert'], true],
    ['one row per insert, without comments', ['--skip-extended-insert', '--skip-comments'], false],
    [
      'replace, without locks and extended inserts',
      ['--replace', '--skip-opt', '--quick', '--create-options'],
      false,
    ],
  ];
  variants.forEach(([name, args, gzip], index) => {
    sourceContract(name, async (sql) => {
      const database = `contract_${index}`;
      await server.exec(`CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database};\n${sql}`);
      const dump = await server.dump([...args, database]);
      const location = join(folder, gzip ? `${database}.sql.gz` : `${database}.sql`);
      await writeFile(location, gzip ? gzipSync(dump) : dump);
      return { source: dumpSource({ name: 'dump', location }), dispose: async () => undefined };
    });
  });

  test('a dump holds six digits of a FLOAT, whatever the server has', async () => {
    await server.exec('CREATE DATABASE floats; USE floats; CREATE TABLE t (f float, d double);');
    await server.exec('USE floats; INSERT INTO t VALUES (16777215, 16777215), (0.123456789, 0.123456789);');
    const session = await openText(folder, await server.dump(['floats']));
    expect(await sweepAll(session)).toEqual({
      t: [
        ['16777200', '16777215'],
        ['0.123457', '0.123456789'],
      ],
    });
  });
});
