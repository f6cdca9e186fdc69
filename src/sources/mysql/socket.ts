import { connect, type Socket } from 'node:net';

/** Who takes the bytes of a socket in place of the driver. */
export interface ByteTarget {
  /** Where the next bytes are to be put, at least one; undefined where they are not wanted any more. */
  space(): Buffer | undefined;
  /** So many bytes have been put there. */
  received(bytes: number): void;
}

const targets = new WeakMap<object, ByteTarget>();

/** After so long without traffic the system begins to ask whether the other side is still there. */
export const KEEP_ALIVE_MS = 60_000;

/** What the driver's own packets are read into. */
const OWN_BYTES = 64 << 10;

/**
 * A socket that reads into memory it is given, so that rows need no buffer per read, which would keep the garbage
 * collector busy. Without a target it is like any other.
 */
export function openSocket(where: { path: string } | { host: string; port: number }): Socket {
  const own = Buffer.allocUnsafeSlow(OWN_BYTES);
  let target = (): ByteTarget | undefined => undefined;
  const socket: Socket = connect({
    ...where,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    noDelay: true,
    onread: {
      buffer: () => target()?.space() ?? own,
      callback(bytes, buffer) {
        const taker = buffer === own ? undefined : target();
        if (taker !== undefined) taker.received(bytes);
        else socket.emit('data', Buffer.from(buffer.subarray(0, bytes)));
        return true;
      },
    },
  });
  target = () => targets.get(socket);
  return socket;
}

/** From the next read on the bytes go to the target; without one, to the driver again. */
export function setTarget(socket: object, target: ByteTarget | undefined): void {
  if (target === undefined) targets.delete(socket);
  else targets.set(socket, target);
}
