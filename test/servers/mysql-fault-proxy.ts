import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { startListener } from './listener.ts';

/** Packets of the server at which a fault can strike, in their order. The last is the one behind the last row. */
export const POINTS = [
  'greeting',
  'log-in',
  'columns',
  'first row',
  'middle row',
  'last row',
  'end',
] as const;
export type Point = (typeof POINTS)[number];

/**
 * What goes wrong with the packet: half of it comes and then the connection is reset, or closed by the server (which
 * itself does not know), or nothing more comes; half of it or all of it is missing in what comes; a bit of its length is
 * wrong; or it comes slowly, which is no fault.
 */
export const FAULTS = ['reset', 'close', 'stall', 'truncate', 'lose', 'corrupt', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

/** Half of the packet comes, and the rest when it is let go (`release`); no fault either. */
export type Hold = 'hold';

/** A fault that is to come. */
export interface Strike {
  readonly fault: Fault | Hold;
  readonly point: Point;
  /** Of the answer to which statement; `greeting` and `log-in` are of any connection. */
  readonly statement: RegExp;
  /** How many rows the answer has. */
  readonly rows: number;
  /** How often it strikes. */
  readonly times: number;
}

/** Stands in front of a MySQL server and does to its answers what networks do. */
export interface MysqlFaultProxy {
  readonly port: number;
  /** Where connections go that are made from now on. */
  target: number;
  /** For the packets from now on; undefined: they pass. */
  strike: Strike | undefined;
  /**
   * Of what a server sends over a connection that is made from now on, the place of a byte in which a bit will be wrong,
   * once; packets are not looked at then, so that it may be TLS.
   */
  flip: number | undefined;
  /** Bytes that the server has sent over all connections of which packets are not looked at. */
  readonly bytes: number;
  /** How often a fault has struck. */
  struck: number;
  /** Lets go what is held. */
  release(): void;
  /** Statements that came, oldest first. */
  readonly statements: readonly string[];
  /** Connections that were made, and those that are open. */
  readonly connections: number;
  readonly open: number;
  /** Closes all connections. */
  stop(): Promise<void>;
}

/** Starts a proxy on the loopback. @param target port of the server on the loopback */
export async function startMysqlFaultProxy(target: number): Promise<MysqlFaultProxy> {
  const statements: string[] = [];
  const clients = new Set<Socket>();
  let connections = 0;
  let bytes = 0;
  const take = (client: Socket): void => {
    connections++;
    clients.add(client.once('close', () => clients.delete(client)));
    const server = listener.track(connect(proxy.target, '127.0.0.1'));
    if (proxy.flip === undefined) serve(client, server, proxy, statements);
    else passFlipped(client, server, proxy, (count) => (bytes += count));
  };
  const listener = await startListener(take, { allowHalfOpen: true });
  const proxy: MysqlFaultProxy = {
    port: listener.port,
    target,
    strike: undefined,
    flip: undefined,
    get bytes() {
      return bytes;
    },
    struck: 0,
    release: () => {},
    statements,
    get connections() {
      return connections;
    },
    get open() {
      return clients.size;
    },
    stop: listener.stop,
  };
  return proxy;
}

function passFlipped(
  client: Socket,
  server: Socket,
  proxy: MysqlFaultProxy,
  count: (bytes: number) => void,
): void {
  let passed = 0;
  client.pipe(server);
  server.on('data', (chunk) => {
    const place = (proxy.flip ?? 0) - passed;
    if (proxy.struck === 0 && place >= 0 && place < chunk.length) {
      proxy.struck++;
      chunk[place]! ^= 1;
    }
    passed += chunk.length;
    count(chunk.length);
    client.write(chunk);
  });
  server.once('close', () => client.destroy());
  client.once('close', () => server.destroy());
}

function serve(client: Socket, server: Socket, proxy: MysqlFaultProxy, statements: string[]): void {
  const place = new Place();
  let broken = false;
  client.on('data', (chunk) => {
    // A command is one packet, number 0, and the whole of what is sent at a time.
    if (chunk[3] === 0 && chunk[4] === 3) {
      // MySQL 8 has two bytes on query attributes before the text.
      const sql = chunk.subarray(chunk[5] === 0 ? 7 : 5).toString();
      statements.push(sql);
      place.asked(sql);
    }
    server.write(chunk);
  });
  // A client that goes away ends both; what the server says meanwhile is not wanted any more.
  client.once('end', () => server.destroy());
  client.once('close', () => server.destroy());
  let rest: Buffer = Buffer.alloc(0);
  const pump = async (): Promise<void> => {
    for await (const chunk of server) {
      if (broken) continue;
      let bytes = Buffer.concat([rest, chunk as Buffer]);
      let through = 0;
      while (bytes.length - through >= 4) {
        const end = through + 4 + bytes.readUIntLE(through, 3);
        if (end > bytes.length) break;
        const packet = bytes.subarray(through, end);
        const point = place.of(packet, proxy.strike);
        if (point !== undefined && point === proxy.strike?.point && proxy.struck < proxy.strike.times) {
          client.write(bytes.subarray(0, through));
          proxy.struck++;
          const { fault } = proxy.strike;
          if (fault === 'hold') await hold(packet, client, proxy);
          else broken = await strike(fault, Buffer.from(packet), client, server);
          bytes = bytes.subarray(end);
          through = 0;
          if (broken) break;
        } else through = end;
      }
      if (!broken && through > 0 && !client.write(bytes.subarray(0, through))) await drained(client);
      rest = bytes.subarray(through);
    }
    if (!broken) client.end();
  };
  pump().catch(() => client.destroy());
}

async function hold(packet: Buffer, client: Socket, proxy: MysqlFaultProxy): Promise<void> {
  const released = new Promise<void>((resolve) => (proxy.release = resolve));
  const half = Math.ceil(packet.length / 2);
  client.write(packet.subarray(0, half));
  await released;
  client.write(packet.subarray(half));
}

/** Does the fault to a packet. Answers whether nothing more is to pass. */
async function strike(fault: Fault, packet: Buffer, client: Socket, server: Socket): Promise<boolean> {
  const half = packet.subarray(0, Math.ceil(packet.length / 2));
  switch (fault) {
    case 'reset':
      client.write(half);
      // So that it is read before the reset is noticed, with which unread bytes may be dropped.
      await sleep(10);
      client.resetAndDestroy();
      server.destroy();
      return true;
    case 'close':
      client.end(half);
      return true;
    case 'stall':
      client.write(half);
      return true;
    case 'truncate':
      client.write(half);
      return false;
    case 'lose':
      return false;
    case 'corrupt':
      packet[0]! ^= 4;
      client.write(packet);
      return false;
    case 'slow':
      for (let at = 0; at < packet.length; at += Math.ceil(packet.length / 4)) {
        client.write(packet.subarray(at, at + Math.ceil(packet.length / 4)));
        await sleep(20);
      }
      return false;
  }
}

/** Where in the conversation of a connection the server is. */
class Place {
  #packets = 0;
  #sql: string | undefined;
  /** Packets of the answer so far, columns it has, and rows so far; -1 where none has come. */
  #answer = 0;
  #columns = 0;
  #rows = -1;

  asked(sql: string): void {
    this.#sql = sql;
    this.#answer = 0;
    this.#rows = -1;
  }

  /** What the next packet is; undefined where it is nothing of interest. */
  of(packet: Buffer, strike: Strike | undefined): Point | undefined {
    const number = this.#packets++;
    if (number === 0) return 'greeting';
    if (this.#sql === undefined) return number === 1 ? 'log-in' : undefined;
    if (strike === undefined || !strike.statement.test(this.#sql)) return undefined;
    const part = this.#answer++;
    const isEnd = packet[4] === 0xfe && packet.length < 4 + 9;
    if (part === 0) this.#columns = packet[4]!;
    if (part === 1) return 'columns';
    if (part <= this.#columns) return undefined;
    if (part === this.#columns + 1 && isEnd) return undefined;
    if (isEnd) return 'end';
    const row = ++this.#rows;
    if (row === 0) return 'first row';
    if (row === Math.floor(strike.rows / 2)) return 'middle row';
    return row === strike.rows - 1 ? 'last row' : undefined;
  }
}

/** Waits until a socket takes more, or is closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go).off('close', go);
      resolve();
    };
    socket.on('drain', go).on('close', go);
  });
}
