import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ALL_TYPES } from '../../../src/contracts/source.ts';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { sourceContract } from '../../contracts/source.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../../servers/mariadb.ts';
import { mydumper, mydumperAvailable } from '../../servers/mydumper.ts';
import { sweepAll } from './read-text.ts';

/** mydumper 0.10 puts names between backticks as they are, so that a server does not understand it. */
const dumped = (table: string): boolean => !table.includes('`');

describe.skipIf(!mariadbAvailable() || !mydumperAvailable())('folders of mydumper', () => {
  let server: MariadbServer;
  let root: string;
  beforeAll(async () => {
    server = await startMariadb();
    root = await mkdtemp(join(tmpdir(), 'panorama-mydumper-'));
  });
  afterAll(async () => {
    await server?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const variants: readonly [name: string, args: readonly string[]][] = [
    ['as it comes', ['--build-empty-files']],
    [
      'compressed, in pieces of rows, with names of columns',
      ['-c', '--build-empty-files', '-r', '2', '--complete-insert'],
    ],
    ['short statements', ['-s', '1000', '--insert-ignore']],
  ];
  variants.forEach(([name, args], index) => {
    sourceContract(
      name,
      async (sql) => {
        const database = `my_${index}`;
        await server.exec(`CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database};\n${sql}`);
        for (const { table } of ALL_TYPES.filter(({ table }) => !dumped(table)))
          await server.exec(`USE ${database}; DROP TABLE \`${table.replaceAll('`', '``')}\`;`);
        const location = join(root, database);
        await mydumper(server, ['-B', database, '-o', location, ...args]);
        return { source: dumpSource({ name: 'dump', location }), dispose: async () => undefined };
      },
      ALL_TYPES.filter(({ table }) => dumped(table)),
    );
  });

  test('a table that mydumper fails at is not left out in silence', async () => {
    await server.exec('CREATE DATABASE c1; CREATE TABLE c1.t (n int); CREATE TABLE c1.`a``b` (n int);');
    const location = join(root, 'failed');
    await expect(mydumper(server, ['-B', 'c1', '-o', location])).rejects.toThrow('Error dumping schemas');
    const session = await dumpSource({ name: 'dump', location }).open();
    await expect(sweepAll(session)).rejects.toMatchObject({
      code: 'dump-truncated',
      message: expect.stringMatching(/c1\.a`b-schema\.sql.*CREATE TABLE is missing/) as string,
    });
  });

  test('one database of several; a run that is not done', async () => {
    await server.exec('CREATE DATABASE a1; CREATE TABLE a1.t (n int); INSERT INTO a1.t VALUES (1),(2);');
    await server.exec('CREATE DATABASE b1; CREATE TABLE b1.t (n int); INSERT INTO b1.t VALUES (3);');
    const location = join(root, 'several');
    await mydumper(server, ['-x', '^(a1|b1)\\.', '-o', location]);
    const session = await dumpSource({ name: 'dump', location, database: 'a1' }).open();
    expect(await sweepAll(session)).toEqual({ t: [['1'], ['2']] });
    expect(session.notices!()).toEqual(
      expect.arrayContaining([expect.stringContaining('passed over databases b1')]),
    );
    await writeFile(join(location, 'metadata.partial'), '');
    await expect(dumpSource({ name: 'dump', location }).open()).rejects.toMatchObject({
      code: 'dump-truncated',
      message: expect.stringContaining('metadata.partial') as string,
    });
  });
});
