import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BSON } from 'bson';

import { collectRows } from '../../../src/contracts/source.ts';
import { COURSE_STRUCTURES } from '../../../src/openedx/courses/columns.ts';
import { modulestoreSource } from '../../../src/sources/modulestore/modulestore-source.ts';
import { type MongodbAddress, mongodbModulestore } from '../../../src/sources/modulestore/mongodb.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { type MongodbServer, mongodbAvailable, startMongodb } from '../../servers/mongodb.ts';
import { freePort } from '../../servers/watched-process.ts';
import { fill, serverAddress } from './server.ts';
import { BESIDES, block, id, ODD, ODD_TABLES, structure } from './site.ts';

const { table, fields } = COURSE_STRUCTURES;

function open(
  address: MongodbAddress,
  include: readonly ('drafts' | 'libraries')[] = [],
): Promise<SourceSession> {
  return modulestoreSource({ name: 'courses', modulestore: mongodbModulestore(address), include }).open();
}

describe.runIf(mongodbAvailable())('MongoDB', () => {
  let server: MongodbServer;
  beforeAll(async () => {
    server = await startMongodb({ tls: true });
    await fill(server, ODD);
  });
  afterAll(() => server?.stop());

  it('drafts and libraries come where they are asked for', async () => {
    const session = await open(serverAddress(server), ['drafts', 'libraries']);
    const rows = await collectRows(session.read({ table, fields }));
    const text = (cells: readonly unknown[]): string => JSON.stringify(cells);
    const latin1 = (row: (typeof BESIDES)[number]) =>
      row.map((cell) => (cell === null ? null : Buffer.from(cell).toString('latin1')));
    const expected = [...(ODD_TABLES[0]!.rows as typeof BESIDES), ...BESIDES].map(latin1);
    expect(rows.map(text).sort()).toEqual(expected.map(text).sort());
    await session.close();
  });

  it('says what was reached, and how far it came', async () => {
    const session = await open(serverAddress(server));
    expect(await session.check()).toEqual([
      `MongoDB at 127.0.0.1:${server.port}, database edxapp, version 7.0.42`,
      '3 versions in use, told by modulestore.active_versions',
    ]);
    await collectRows(session.read({ table, fields }));
    expect(session.progress?.()).toEqual({ done: 3, total: 3 });
    expect(session.notices?.()).toEqual([
      '1 duplicate-block, 1 missing-child, 1 cycle, 1 missing-definition, 1 no-problem-data, 1 unreadable-value; the table course_structures_faults has each',
    ]);
    await session.close();
  });

  it.each<
    [string, (address: MongodbAddress) => MongodbAddress | Promise<MongodbAddress>, string, RegExp, RegExp]
  >([
    [
      'a server that is down',
      async (address) => ({ ...address, host: `127.0.0.1:${await freePort()}` }),
      'source-unreachable',
      /^MongoDB at 127\.0\.0\.1:\d+, database edxapp: connect ECONNREFUSED/,
      /Check host, port/,
    ],
    [
      'the wrong place of the user',
      (address) => ({ ...address, authSource: 'admin' }),
      'source-access-denied',
      /: Authentication failed\.$/,
      /^The user is looked for in the database admin: set mongodb_auth_source/,
    ],
    [
      'the wrong password',
      (address) => ({ ...address, password: () => 'canary' }),
      'source-access-denied',
      /: Authentication failed\.$/,
      /check user and password/,
    ],
    [
      'TLS where there is none',
      (address) => ({ ...address, tls: { mode: 'required' } }),
      'source-unreachable',
      /^MongoDB at/,
      /^Check mongodb_tls, mongodb_tls_ca/,
    ],
    [
      'a certificate that nobody vouches for',
      (address) => ({ ...address, host: `127.0.0.1:${server.tls!.port}`, tls: { mode: 'verify' } }),
      'source-unreachable',
      /certificate/,
      /^Check mongodb_tls, mongodb_tls_ca/,
    ],
    [
      'no TLS where the server wants it',
      (address) => ({ ...address, host: `127.0.0.1:${server.tls!.port}` }),
      'source-unreachable',
      /^MongoDB at/,
      /where the server wants TLS, set mongodb_tls\.$/,
    ],
    [
      'no file of authorities',
      (address) => ({ ...address, tls: { mode: 'verify', ca: '/nowhere/ca.pem' } }),
      'settings-invalid',
      /^The TLS file \/nowhere\/ca\.pem cannot be read/,
      /./,
    ],
    [
      'a replica set where there is none',
      (address) => ({ ...address, replicaSet: 'rs0' }),
      'source-unreachable',
      /./,
      /^Check mongodb_replica_set/,
    ],
  ])('%s', async (_, change, code, message, hint) => {
    const error: unknown = await open(await change(serverAddress(server))).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    expect(String(error)).not.toContain('canary');
  });

  it('nobody, where a user is needed', async () => {
    const { user: _, password: __, ...nobody } = serverAddress(server);
    const session = await open(nobody);
    await expect(collectRows(session.read({ table, fields }))).rejects.toMatchObject({
      code: 'source-permission',
      message: expect.stringMatching(
        /collection modulestore\.active_versions: .*requires authentication/,
      ) as string,
      hint: 'Set mongodb_username and mongodb_password.',
    });
    await session.close();
  });

  it('another database than that of the modulestore', async () => {
    const session = await open({ ...serverAddress(server), database: 'other' });
    await expect(session.check()).rejects.toMatchObject({
      code: 'source-failed',
      message: `MongoDB at 127.0.0.1:${server.port}, database other: modulestore.active_versions holds no course.`,
      hint: expect.stringMatching(/^Check mongodb_database\. Where MySQL holds/) as string,
    });
    await session.close();
  });

  it('TLS with any certificate', async () => {
    const address = { ...serverAddress(server), host: `127.0.0.1:${server.tls!.port}` };
    const session = await open({ ...address, tls: { mode: 'required' } });
    expect(await session.check()).toHaveLength(2);
    await session.close();
  });
});

describe.runIf(mongodbAvailable())('a server for one test', () => {
  it('that is the member of a replica set is found by the name of the set', async () => {
    const server = await startMongodb({ replicaSet: 'rs0' });
    try {
      await fill(server, ODD);
      const session = await open({ ...serverAddress(server), replicaSet: 'rs0' });
      expect(await collectRows(session.read({ table, fields }))).toHaveLength(15);
      await session.close();
      await expect(open({ ...serverAddress(server), replicaSet: 'other' })).rejects.toMatchObject({
        code: 'source-unreachable',
        hint: expect.stringMatching(/^Check mongodb_replica_set/) as string,
      });
    } finally {
      await server.stop();
    }
  });

  it('that no longer answers', async () => {
    const server = await startMongodb();
    try {
      await fill(server, ODD);
      const session = await open({ ...serverAddress(server), stallMs: 1000 });
      process.kill(server.pid, 'SIGSTOP');
      await expect(collectRows(session.read({ table, fields }))).rejects.toMatchObject({
        code: 'source-failed',
        message: expect.stringMatching(/^MongoDB at .*, collection modulestore\.active_versions: /) as string,
      });
      await session.close();
    } finally {
      process.kill(server.pid, 'SIGCONT');
      await server.stop();
    }
  });

  it('that dies in the middle of a read is told, and no rows are taken for all', async () => {
    const server = await startMongodb();
    const names = Array.from({ length: 3 }, (_, i) => i + 1);
    // A batch holds fewer blocks than a course has here.
    const blocks = (): ReturnType<typeof block>[] => [
      block(['course', 'course'], {}),
      ...Array.from({ length: 6000 }, (_, i) => block(['html', String(i)], { display_name: 'x'.repeat(60) })),
    ];
    await fill(server, {
      active_versions: names.map((n) => ({
        org: 'O',
        course: 'C',
        run: `${n}`,
        versions: { 'published-branch': id(n) },
      })),
      structures: names.map((n) => structure(n, blocks())),
    });
    const session = await open(serverAddress(server));
    let batches = 0;
    const reading = (async () => {
      for await (const batch of session.read({ table, fields })) {
        batch.release();
        if (batches++ === 0) await server.stop();
      }
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'source-failed',
      message: expect.stringMatching(/^MongoDB at .*, collection modulestore\.structures: /) as string,
    });
    expect(batches).toBeGreaterThan(0);
    await session.close();
  });

  it('a structure of almost 16 MB', async () => {
    const server = await startMongodb();
    try {
      const large = structure(1, [
        block(['course', 'course'], { children: [['html', '0']] }),
        ...Array.from({ length: 2000 }, (_, i) =>
          block(['html', String(i)], { display_name: 'ü'.repeat(4000) }),
        ),
      ]);
      expect(BSON.calculateObjectSize(large)).toBeGreaterThan(15 << 20);
      await fill(server, {
        active_versions: [{ org: 'O', course: 'C', run: '1', versions: { 'published-branch': id(1) } }],
        structures: [large],
      });
      const session = await open(serverAddress(server));
      expect(await collectRows(session.read({ table, fields }))).toHaveLength(2001);
      await session.close();
    } finally {
      await server.stop();
    }
  });

  it('an interruption ends the read', async () => {
    const server = await startMongodb();
    try {
      await fill(server, ODD);
      const stop = new AbortController();
      const source = modulestoreSource({
        name: 'courses',
        modulestore: mongodbModulestore(serverAddress(server)),
      });
      const session = await source.open({ signal: stop.signal });
      stop.abort();
      await expect(collectRows(session.read({ table, fields }))).rejects.toMatchObject({
        code: 'interrupted',
      });
      await session.close();
    } finally {
      await server.stop();
    }
  });
});
