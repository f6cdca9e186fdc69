import type { AddressInfo, Server as NetServer, Socket } from 'node:net';

import type { Connection } from 'mysql2';
import mysql from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Batch, cellBytes } from '../../src/rows/batch.ts';
import { breakConnection, closeConnection, connect, execute } from '../../src/sources/mysql/connection.ts';
import { streamRows } from '../../src/sources/mysql/row-stream.ts';
import { expectNoLeak } from './heap.ts';
import { END_OF_ROWS, ERROR, numbered, packets, rowPackets } from './packets.ts';

/* The memory of rows that come from a server: the driver's own server end sends what no real one would. */

interface ServerConnection {
  stream: Socket;
  sequenceId: number;
  serverHandshake(options: object): void;
  writeColumns(columns: object[]): void;
  writeOk(): void;
  on(event: 'query', listener: (sql: string) => void): void;
  on(event: 'error', listener: () => void): void;
}
const { createServer } = mysql as unknown as {
  createServer(listener: (connection: ServerConnection) => void): {
    _server: NetServer;
    listen(port: number, host: string, ready: () => void): void;
    close(done: () => void): void;
  };
};

const chunk = rowPackets(
  Array.from({ length: 400 }, (_, i) => [String(i), i % 3 === 0 ? null : 'x'.repeat(150)]),
);

/** The chunk without its first row. */
const gap = chunk.subarray(4 + chunk.readUIntLE(0, 3));

/** What is sent behind the column definitions, by the statement; `send` numbers the packets. */
const answers: Record<string, (send: (bytes: Buffer, sent?: () => void) => void, socket: Socket) => void> = {
  'some rows': (send) => send(Buffer.concat([chunk, END_OF_ROWS])),
  'many rows': (send) => {
    for (let i = 0; i < 100; i++) send(chunk);
    send(END_OF_ROWS);
  },
  'no rows': (send) => send(END_OF_ROWS),
  'an error behind rows': (send) => send(Buffer.concat([chunk, chunk, ERROR])),
  'an error': (send) => send(ERROR),
  'a malformed row': (send) => send(Buffer.concat([chunk, packets(Buffer.from([9, 9])), chunk])),
  'a lost connection': (send, socket) => send(chunk.subarray(0, -5), () => socket.destroy()),
};

/** Rows of which some packets are lost on the way: what is left has the numbers that it had. */
const losses: Record<string, (first: number) => Buffer> = {
  'the first row': (first) => numbered(Buffer.concat([gap, END_OF_ROWS]), first + 1).bytes,
  'a row in the middle': (first) => {
    const before = numbered(chunk, first);
    return Buffer.concat([before.bytes, numbered(Buffer.concat([gap, END_OF_ROWS]), before.next + 1).bytes]);
  },
  'the last row': (first) => {
    const before = numbered(chunk, first);
    return Buffer.concat([before.bytes, numbered(END_OF_ROWS, before.next + 1).bytes]);
  },
};

const column = {
  catalog: 'def',
  schema: 'd',
  table: 't',
  orgTable: 't',
  characterSet: 45,
  columnType: 253,
  flags: 0,
};

// The driver counts the packets of a connection; each statement begins anew.
const server = createServer((connection) => {
  connection.serverHandshake({
    protocolVersion: 10,
    serverVersion: '8.0.0',
    connectionId: 7,
    statusFlags: 2,
    characterSet: 45,
    // Everything of the first 16 but compression and TLS.
    capabilityFlags: 0xffffff & ~0x20 & ~0x800 & ~0x1000000,
    authCallback: (_: unknown, done: (error: null) => void) => {
      done(null);
      connection.sequenceId = 0;
    },
  });
  connection.on('error', () => {});
  connection.stream.on('error', () => {});
  connection.on('query', (sql) => {
    const answer = answers[sql];
    const loss = losses[sql];
    if (answer === undefined && loss === undefined) {
      connection.writeOk();
      connection.sequenceId = 0;
      return;
    }
    connection.writeColumns([
      { ...column, name: 'a', orgName: 'a' },
      { ...column, name: 'b', orgName: 'b' },
    ]);
    let sequence = connection.sequenceId;
    if (loss !== undefined) connection.stream.write(loss(sequence));
    answer?.((bytes, sent) => {
      const { bytes: packets, next } = numbered(bytes, sequence);
      sequence = next;
      connection.stream.write(packets, sent);
    }, connection.stream);
    connection.sequenceId = 0;
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => server.close(resolve)));

async function withConnection(run: (connection: Connection) => Promise<void>): Promise<void> {
  const { port } = server._server.address() as AddressInfo;
  const connection = await connect('s', {
    host: '127.0.0.1',
    port,
    user: 'u',
    database: 'd',
    tls: { mode: 'disabled' },
  });
  try {
    await run(connection);
  } finally {
    await closeConnection(connection);
  }
}

const stream = (connection: Connection, sql: string) => streamRows(connection, 's', 't', sql, 2);

/** Counts the rows, which are looked at and released. */
async function read(batches: AsyncIterable<Batch>): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++, rows++) {
      if (cellBytes(batch.columns[0]!, row)!.toString() !== String(rows % 400))
        throw new Error(`row ${rows} is wrong`);
    }
    batch.release();
  }
  return rows;
}

describe('a stream of rows gives its memory back', () => {
  it.each([
    ['no rows', 0],
    ['some rows', 400],
    ['many rows', 40_000],
  ])('after %s', async (sql, count) => {
    await expectNoLeak(() =>
      withConnection(async (connection) => {
        for (let i = 0; i < 3; i++) {
          const rows = stream(connection, sql);
          expect(await read(rows.batches())).toBe(count);
          expect(rows.ended).toBe(true);
          await execute(connection, 's', 'another statement');
        }
      }),
    );
  });

  it.each([
    ['an error', 'source-failed'],
    ['an error behind rows', 'source-failed'],
    ['a malformed row', 'source-failed'],
    ['a lost connection', 'source-failed'],
  ])('after %s', async (sql, code) => {
    await expectNoLeak(() =>
      withConnection(async (connection) => {
        const rows = stream(connection, sql);
        await expect(read(rows.batches())).rejects.toMatchObject({ code });
        expect(rows.ended).toBe(true);
        await rows.drain();
      }),
    );
  });

  it.each(Object.keys(losses))('when the packet of %s is lost on the way', async (sql) => {
    await expectNoLeak(() =>
      withConnection(async (connection) => {
        const rows = stream(connection, sql);
        const dropped = async () => {
          for await (const batch of rows.batches()) batch.release();
        };
        await expect(dropped()).rejects.toMatchObject({
          code: 'source-failed',
          message: expect.stringMatching(/malformed or missing/),
        });
        expect(rows.ended).toBe(true);
      }),
    );
  });

  it.each([0, 1, 3])(
    'when its reader stops after %i batches, and the rest is read and dropped',
    async (count) => {
      await expectNoLeak(() =>
        withConnection(async (connection) => {
          const rows = stream(connection, 'many rows');
          const batches = rows.batches();
          for (let i = 0; i < count; i++) ((await batches.next()).value as Batch).release();
          await batches.return();
          await rows.drain();
          expect(rows.ended).toBe(true);
          expect(await read(stream(connection, 'some rows').batches())).toBe(400);
        }),
      );
    },
  );

  it('when its reader is slow, so that the server waits', async () => {
    await expectNoLeak(() =>
      withConnection(async (connection) => {
        let rows = 0;
        for await (const batch of stream(connection, 'many rows').batches()) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          rows += batch.rows;
          batch.release();
        }
        expect(rows).toBe(40_000);
      }),
    );
  });

  it('when its connection is broken by its reader', async () => {
    await expectNoLeak(() =>
      withConnection(async (connection) => {
        const rows = stream(connection, 'many rows');
        const broken = async () => {
          for await (const batch of rows.batches()) {
            batch.release();
            breakConnection(connection);
          }
        };
        await expect(broken()).rejects.toMatchObject({ code: 'source-failed' });
        await rows.drain();
      }),
    );
  });
});
