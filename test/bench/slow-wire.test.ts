import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type SlowWire, slowWire, type WireOptions } from '../../bench/slow-wire.ts';

describe('slowWire', () => {
  let server: Server;
  let wire: SlowWire | undefined;
  /** When the server had all bytes of {@link echoed}. */
  let arrived: number;

  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('data', () => (arrived = performance.now()));
      socket.pipe(socket);
    });
    await listen();
  });
  afterEach(() => {
    wire?.close();
    server.close();
  });

  const listen = (): Promise<void> =>
    new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));

  const through = async (options: WireOptions): Promise<Socket> => {
    wire = await slowWire((server.address() as { port: number }).port, options);
    return connect(wire.port, '127.0.0.1');
  };

  /** What comes back of bytes that are sent through the wire to one who answers the same; seconds since the start. */
  async function echoed(
    bytes: Buffer,
    options: WireOptions,
  ): Promise<{ back: Buffer; there: number; andBack: number }> {
    const client = await through(options);
    const chunks: Buffer[] = [];
    let left = bytes.length;
    const started = performance.now();
    client.write(bytes);
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        left -= chunk.length;
        if (left <= 0) resolve();
      });
    });
    const seconds = (at: number): number => (at - started) / 1000;
    client.destroy();
    return { back: Buffer.concat(chunks), there: seconds(arrived), andBack: seconds(performance.now()) };
  }

  // Least times: a machine that is busy takes longer.
  it.each<[string, WireOptions, { there: number; andBack: number }]>([
    ['as it is', {}, { there: 0, andBack: 0 }],
    ['later', { delay: 50 }, { there: 0.045, andBack: 0.09 }],
    ['slowly from the client', { upBytesPerSecond: 10e6 }, { there: 0.25, andBack: 0.25 }],
    ['slowly from the server', { bytesPerSecond: 10e6 }, { there: 0, andBack: 0.25 }],
  ])('passes on what is sent, %s', async (_, options, least) => {
    const bytes = randomBytes(3_000_000);
    const { back, there, andBack } = await echoed(bytes, options);
    expect(back.equals(bytes)).toBe(true);
    expect(there).toBeGreaterThanOrEqual(least.there);
    expect(andBack).toBeGreaterThanOrEqual(least.andBack);
  });

  it('delivers the last words of one who hangs up', async () => {
    server.removeAllListeners('connection');
    server.on('connection', (socket) => socket.once('data', () => socket.end('the answer')));
    const client = await through({ delay: 20 });
    client.write('a question');
    let heard = '';
    for await (const chunk of client) heard += String(chunk);
    expect(heard).toBe('the answer');
  });

  it('hangs up where the server breaks off', async () => {
    server.removeAllListeners('connection');
    server.on('connection', (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const client = await through({ delay: 20 });
    client.on('error', () => {});
    client.write('a question');
    const end = new Promise((resolve) => client.once('close', () => resolve('closed')));
    expect(await end).toBe('closed');
  });
});
