import { once } from 'node:events';
import { createServer, connect as connectTcp, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { execute } from '../../../src/sources/mysql/connection.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import { collectRows } from '../../contracts/source.ts';
import { LmsDatabase, SERVERS } from './both-servers.ts';

/** Bytes from the server that the client gets before a second connection has come and gone. */
const LET_THROUGH = 4 << 20;

/** "Query execution was interrupted" as the answer to a statement. */
const INTERRUPTED = ((): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0xff, 0x25, 0x05]),
    Buffer.from('#70100Query execution was interrupted'),
  ]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 1]), body]);
})();

/**
 * Stands before a server that has long sent all rows while its client has not: a kill then comes too late for the
 * query. The statement after it is answered as by a server on which the kill was left over and hits that one.
 */
class LateKill {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #count = 0;
  /** Statements that were hit. */
  hits = 0;
  /** Settles when rows are being held. */
  readonly holding: Promise<void>;
  #held: () => void = () => {};

  constructor(port: number) {
    this.holding = new Promise((resolve) => (this.#held = resolve));
    this.#server = createServer((client) => {
      const server = connectTcp(port, '127.0.0.1');
      this.#sockets.push(client, server);
      for (const socket of [client, server]) socket.on('error', () => {});
      if (this.#count++ === 0) this.#first(client, server);
      else {
        client.pipe(server).pipe(client);
        client.once('close', () => this.#release());
      }
    });
  }

  #release: () => void = () => {};

  #first(client: Socket, server: Socket): void {
    let sent = 0;
    let state: 'open' | 'held' | 'hit' | 'over' = 'open';
    const held: Buffer[] = [];
    server.on('data', (chunk) => {
      if (state !== 'held') client.write(chunk);
      else held.push(chunk);
      sent += chunk.length;
      if (state !== 'open' || sent < LET_THROUGH) return;
      state = 'held';
      this.#held();
    });
    client.on('data', (chunk) => {
      if (state === 'hit') {
        state = 'over';
        this.hits++;
        client.write(INTERRUPTED);
      } else server.write(chunk);
    });
    this.#release = () => {
      if (state !== 'held') return;
      state = 'hit';
      for (const chunk of held.splice(0)) client.write(chunk);
    };
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe.each(SERVERS)('a read that is stopped: $kind', (kind) => {
  let lms: LmsDatabase;

  beforeAll(async () => {
    lms = await LmsDatabase.start(kind);
    await lms.run('CREATE TABLE few (id INT PRIMARY KEY)');
    await lms.run('INSERT INTO few VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)');
    await lms.run('CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, body TEXT)');
    await lms.run("INSERT INTO many (body) SELECT REPEAT('x', 10000) FROM few a, few b, few c");
  });
  afterAll(() => lms?.stop());

  /** What the server does for the connection of the session. */
  const command = async (): Promise<string> => {
    const [row] = await execute(
      lms.connection,
      'lms',
      'SELECT MIN(COMMAND) AS command FROM information_schema.PROCESSLIST WHERE DB = ? AND ID <> CONNECTION_ID()',
      ['lms'],
    );
    return row!['command']!;
  };

  it('a kill that comes after the end of the query hits no statement that matters', async () => {
    const between = new LateKill(lms.address.port);
    const port = await between.listen();
    const session = await mysqlSource({ name: 'lms', address: { ...lms.address, port } }).open();
    try {
      const { fields } = await session.describe('many');
      const few = await session.describe('few');
      for await (const batch of session.read({ table: 'many', fields })) {
        batch.release();
        await between.holding;
        while ((await command()) !== 'Sleep') await wait(5);
        break;
      }
      expect(between.hits).toBe(1);
      // The way back to the savepoint, which frees the table, was not the statement that was hit.
      await lms.server.exec('SET SESSION lock_wait_timeout = 2; ALTER TABLE lms.many ADD COLUMN more INT');
      expect(await collectRows(session.read({ table: 'few', fields: few.fields }))).toHaveLength(10);
    } finally {
      await session.close();
      between.close();
    }
  });
});
