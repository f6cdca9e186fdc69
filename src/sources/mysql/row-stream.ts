import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import { type Batch, BatchBuilder } from '../../rows/batch.ts';
import { mysqlError } from './mysql-errors.ts';

/** Full batches that may wait for the consumer before the socket is paused, and the mark to resume at. */
const PAUSE_AT = 4;
const RESUME_AT = 1;

/**
 * The part of mysql2 that this file leans on: a query command calls its `row` with every packet after the
 * column definitions. Replacing it on the instance hands us the row packets as they lie in the receive buffer,
 * while connecting, TLS, packet splitting and error packets stay with the driver.
 */
interface RowPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}
interface QueryCommand {
  row: (packet: RowPacket) => unknown;
  done: () => null;
  on(event: 'error', listener: (error: Error & { errno?: number; code?: string }) => void): void;
  on(event: 'fields', listener: (fields: { name: string }[]) => void): void;
  on(event: 'end', listener: () => void): void;
}
interface PausableConnection {
  stream: { pause(): void; resume(): void };
}

/** Rows of a running query as batches. */
export interface RowStream {
  batches(): AsyncGenerator<Batch, void, undefined>;
  /** True once the end packet or an error has come: the connection is free for the next command. */
  readonly ended: boolean;
  /** Reads and drops what is still coming, after the query was killed or given up. */
  drain(): Promise<void>;
}

/**
 * Starts a query and decodes its text-protocol rows (MySQL protocol documentation, "Text Resultset Row": each
 * cell is 0xFB for NULL or a length-encoded string) straight into batches.
 */
export function streamRows(
  connection: Connection,
  source: string,
  table: string,
  sql: string,
  columns: number,
): RowStream {
  const builder = new BatchBuilder(columns);
  const ready: Batch[] = [];
  const { stream } = connection as unknown as PausableConnection;
  const query = connection.query(sql) as unknown as QueryCommand;
  let ended = false;
  let dropping = false;
  let paused = false;
  let failure: PanoramaError | undefined;
  let received: Buffer | undefined;
  let bytes: Uint8Array = new Uint8Array(0);
  let wake: () => void = () => {};

  query.row = (packet) => {
    if (packet.isEOF()) return query.done();
    if (!dropping && failure === undefined) {
      if (packet.buffer !== received) {
        received = packet.buffer;
        // Without the class of Buffer, whose subarray takes longer.
        bytes = new Uint8Array(received.buffer, received.byteOffset, received.length);
      }
      if (!decodeRow(packet, bytes, columns, builder)) {
        failure = new PanoramaError(
          'source-failed',
          `Source ${source}, table ${table}: a row packet is malformed.`,
        );
      } else if (builder.full) {
        ready.push(builder.take());
        if (ready.length >= PAUSE_AT && !paused) {
          paused = true;
          stream.pause();
        }
        wake();
      }
    }
    return query.row;
  };
  function end(error?: Error & { errno?: number; code?: string }): void {
    if (error !== undefined) failure ??= mysqlError(error, source, { table, reading: true });
    ended = true;
    connection.off('error', end);
    wake();
  }
  query.on('error', end);
  query.on('end', () => end());
  // A connection that is lost is told to the connection, not to its running query.
  connection.on('error', end);

  function resume(): void {
    if (!paused) return;
    paused = false;
    stream.resume();
  }
  function changed(): Promise<void> {
    return new Promise((resolve) => (wake = resolve));
  }

  return {
    get ended() {
      return ended;
    },
    async *batches() {
      for (;;) {
        const batch = ready.shift();
        if (batch !== undefined) {
          if (ready.length <= RESUME_AT) resume();
          yield batch;
          continue;
        }
        if (failure !== undefined) throw failure;
        if (ended) break;
        await changed();
      }
      if (builder.rows > 0) yield builder.take();
    },
    async drain() {
      dropping = true;
      ready.length = 0;
      resume();
      while (!ended) await changed();
    },
  };
}

/** Copies the cells of one row; false where the packet does not hold exactly that many cells. */
function decodeRow(packet: RowPacket, buffer: Uint8Array, columns: number, builder: BatchBuilder): boolean {
  const { end } = packet;
  let at = packet.offset;
  for (let column = 0; column < columns; column++) {
    let length = buffer[at++]!;
    if (length === 0xfb) {
      builder.appendNull(column);
      continue;
    }
    if (length === 0xfc) {
      length = buffer[at]! | (buffer[at + 1]! << 8);
      at += 2;
    } else if (length === 0xfd) {
      length = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16);
      at += 3;
    } else if (length === 0xfe) {
      length = Number(packet.buffer.readBigUInt64LE(at));
      at += 8;
    }
    if (at + length > end) return false;
    builder.append(column, buffer, at, at + length);
    at += length;
  }
  if (at !== end) return false;
  builder.endRow();
  return true;
}
