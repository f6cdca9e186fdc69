import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import { OutOfMemory } from '../../kernels/kernels.ts';
import type { Batch } from '../../rows/batch.ts';
import { watchConnection } from './connection.ts';
import { mysqlError } from './mysql-errors.ts';
import { type Received, Receiver } from './receiver.ts';
import { setTarget } from './socket.ts';

/** Full batches that may wait for the consumer before the socket is paused, and the mark to resume at. */
const PAUSE_AT = 4;
const RESUME_AT = 1;

/**
 * The part of mysql2 that this file leans on. A connection gives every chunk of its socket (decrypted, where there
 * is TLS) to the `execute` of its packet parser, which splits packets and hands them to the running command; a query
 * command calls its `row` with the packets behind the column definitions. While rows come, a parser of ours stands
 * there and takes them as they lie; connecting, TLS, authentication, column definitions, the end of the rows and
 * errors stay with the driver.
 */
interface DriverConnection {
  stream: { pause(): void; resume(): void };
  packetParser: PacketParser;
  sequenceId: number;
}
interface PacketParser {
  execute(chunk: Buffer): void;
}
interface QueryCommand {
  next: unknown;
  row: () => unknown;
  done: () => null;
  on(event: 'error', listener: (error: Error & { errno?: number; code?: string }) => void): void;
  on(event: 'end', listener: () => void): void;
}

/** Rows of a running query as batches. */
export interface RowStream {
  batches(): AsyncGenerator<Batch, void, undefined>;
  /** True once the end packet or an error has come: the connection is free for the next command. */
  readonly ended: boolean;
  /** Reads and drops what is still coming, after the query was killed or given up. */
  drain(): Promise<void>;
}

/** Starts a query and notes where the cells of its text-protocol rows lie, batch by batch. */
export function streamRows(
  connection: Connection,
  source: string,
  table: string,
  sql: string,
  columns: number,
): RowStream {
  const ready: Batch[] = [];
  const driver = connection as unknown as DriverConnection;
  const { stream, packetParser: parser } = driver;
  let ended = false;
  let dropping = false;
  let paused = false;
  let failure: PanoramaError | undefined;
  let wake: () => void = () => {};
  /** Bytes of a packet before the rows that is not complete yet. */
  let head: Buffer = Buffer.alloc(0);

  const receiver = new Receiver(columns, (batch) => {
    if (dropping) {
      batch.release();
      return;
    }
    ready.push(batch);
    if (ready.length >= PAUSE_AT && !paused) {
      paused = true;
      stream.pause();
      silence.hold();
    }
    wake();
  });

  const silence = watchConnection(connection);
  const query = connection.query(sql) as unknown as QueryCommand;
  // Only the packet behind the last row comes here.
  const row = (query.row = () => query.done());
  driver.packetParser = {
    execute(chunk) {
      heard();
      if (query.next === row) takeRows(chunk);
      else takeHead(chunk);
    },
  };

  /** While the socket is paused it is the consumer that is waited for. */
  function heard(): void {
    if (!paused) silence.heard();
  }

  /** Gives the driver whole packets, one at a time, until the rows begin. */
  function takeHead(chunk: Buffer): void {
    let bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    while (!ended && query.next !== row) {
      const size = bytes.length < 4 ? Infinity : bytes.readUIntLE(0, 3) + 4;
      if (size > bytes.length) {
        head = bytes;
        return;
      }
      parser.execute(bytes.subarray(0, size));
      bytes = bytes.subarray(size);
    }
    head = Buffer.alloc(0);
    if (bytes.length === 0) return;
    if (ended) parser.execute(bytes);
    else takeRows(bytes);
  }

  let begun = false;
  function takeRows(chunk: Buffer): void {
    if (!begun) receiver.expect(driver.sequenceId);
    begun = true;
    if (failure === undefined) guarded(() => see(receiver.push(chunk)));
    // Bytes of rows need not come as chunks from now on.
    if (!ended) setTarget(stream, target);
  }

  const target = {
    space: () => (ended ? undefined : guarded(() => receiver.space())),
    received(bytes: number) {
      heard();
      guarded(() => see(receiver.received(bytes)));
    },
  };

  /** Memory may run out in a call of the socket, where nobody would catch it. */
  function guarded<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (cause) {
      if (!(cause instanceof OutOfMemory)) throw cause;
      const text = `Source ${source}, table ${table}: a row is too large: ${cause.message}.`;
      giveUp(new PanoramaError('row-too-large', text, { cause }));
      return undefined;
    }
  }

  /** Ends the stream where there is no way to find the next packet. */
  function giveUp(error: PanoramaError): void {
    failure ??= error;
    connection.destroy();
    end();
  }

  function see(outcome: Received): void {
    if (outcome === 'malformed') {
      giveUp(
        new PanoramaError(
          'source-failed',
          `Source ${source}, table ${table}: a packet is malformed or missing.`,
        ),
      );
    } else if (outcome === 'other') {
      const rest = receiver.rest();
      receiver.flush();
      driver.sequenceId = rest[3] ?? 0;
      driver.packetParser = parser;
      setTarget(stream, undefined);
      parser.execute(rest);
    }
  }

  function end(error?: Error & { errno?: number; code?: string }): void {
    if (error !== undefined) failure ??= mysqlError(error, source, { table, reading: true });
    if (ended) return;
    ended = true;
    silence.stop();
    setTarget(stream, undefined);
    driver.packetParser = parser;
    connection.off('error', end);
    receiver.close();
    // The connection goes on with other commands, whether or not all batches are taken.
    resume();
    wake();
  }
  query.on('error', end);
  query.on('end', () => end());
  // A connection that is lost is told to the connection, not to its running query.
  connection.on('error', end);

  function resume(): void {
    if (!paused) return;
    paused = false;
    silence.heard();
    stream.resume();
  }
  function changed(): Promise<void> {
    return new Promise((resolve) => (wake = resolve));
  }
  function dropReady(): void {
    for (const batch of ready.splice(0)) batch.release();
  }

  return {
    get ended() {
      return ended;
    },
    async *batches() {
      try {
        for (;;) {
          const batch = ready.shift();
          if (batch !== undefined) {
            if (ready.length <= RESUME_AT) resume();
            yield batch;
            continue;
          }
          if (failure !== undefined) throw failure;
          if (ended) return;
          await changed();
        }
      } finally {
        dropReady();
      }
    },
    async drain() {
      dropping = true;
      dropReady();
      resume();
      while (!ended) await changed();
    },
  };
}
