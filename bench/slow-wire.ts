import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A wire between a client and a server on this machine, as slow as a network. */
export interface SlowWire {
  /** Where clients connect to, on 127.0.0.1. */
  readonly port: number;
  close(): void;
}

export interface WireOptions {
  /** Bytes a second and connection from the server to the client at most. */
  readonly bytesPerSecond?: number;
  /** The same from the client to the server. */
  readonly upBytesPerSecond?: number;
  /** Milliseconds that bytes are under way, each way. */
  readonly delay?: number;
}

/** Bytes under way in a direction at most, as a receive window of TCP bounds them. */
const WINDOW = 1 << 20;

/** Listens, and passes every connection on to a port of 127.0.0.1. */
export async function slowWire(target: number, options: WireOptions): Promise<SlowWire> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        // One that ended has its last bytes still under way.
        if (!socket.readableEnded) other.destroy();
      });
    }
    const { bytesPerSecond = Infinity, upBytesPerSecond = Infinity, delay = 0 } = options;
    pass(client, upstream, upBytesPerSecond, delay);
    pass(upstream, client, bytesPerSecond, delay);
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  return {
    port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function pass(from: Socket, to: Socket, bytesPerSecond: number, delay: number): void {
  const queue: { readonly chunk: Buffer | undefined; readonly due: number }[] = [];
  let under = 0;
  let free = 0;
  let running = false;

  async function deliver(): Promise<void> {
    running = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const late = next.due - performance.now();
      if (late > 1) await wait(late);
      if (next.chunk === undefined) {
        to.end();
        break;
      }
      if (!to.write(next.chunk)) await new Promise<void>((resolve) => drained(to, resolve));
      under -= next.chunk.length;
      if (under < WINDOW / 2) from.resume();
    }
    running = false;
  }
  from.on('data', (chunk: Buffer) => {
    free = Math.max(free, performance.now()) + (chunk.length / bytesPerSecond) * 1000;
    queue.push({ chunk, due: free + delay });
    under += chunk.length;
    if (under > WINDOW) from.pause();
    if (!running) void deliver();
  });
  from.on('end', () => {
    queue.push({ chunk: undefined, due: performance.now() + delay });
    if (!running) void deliver();
  });
}

function drained(socket: Socket, resolve: () => void): void {
  if (socket.destroyed) return resolve();
  const done = (): void => {
    socket.off('drain', done);
    socket.off('close', done);
    resolve();
  };
  socket.once('drain', done);
  socket.once('close', done);
}
