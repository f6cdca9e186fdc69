import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Takes connections on the loopback. */
export interface Listener {
  readonly port: number;
  /** A socket, those that came among them, that {@link Listener.stop} is to close. What goes wrong with it is no failure. */
  track(socket: Socket): Socket;
  /** Closes all connections. */
  stop(): Promise<void>;
}

/**
 * Listens on a port that is free.
 * @param serve is given each connection that comes
 * @param options `allowHalfOpen`: one end of a connection may be closed before the other
 */
export async function startListener(
  serve: (client: Socket) => void,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket.setNoDelay(true));
    // What goes wrong is found where it is read or written.
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const server = createServer(options, (client) => serve(track(client)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    track,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
