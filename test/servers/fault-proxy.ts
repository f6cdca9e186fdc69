import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  answerFraming,
  closesAfter,
  type Head,
  type Messages,
  type Piece,
  readMessages,
  requestFraming,
  statusOf,
} from './http-messages.ts';
import { startListener } from './listener.ts';

/** Something that goes wrong between a client and a server. Shares are of a body's bytes, above 0 and below 1. */
export type Fault =
  /** The client gets this answer; the server sees nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly body: string }
  /** The connection is reset when a share of the request's body has passed; at once where it has none. */
  | { readonly kind: 'broken request'; readonly share: number }
  /** The server does what it is asked; in place of its answer the connection is reset. */
  | { readonly kind: 'lost answer' }
  /** The connection is reset when a share of the answer's body has passed; in the head where it has none. */
  | { readonly kind: 'broken answer'; readonly share: number }
  /** The body of the answer comes in so many pieces, with a pause of milliseconds before each. */
  | { readonly kind: 'slow answer'; readonly pieces: number; readonly pause: number }
  /**
   * The request gets to the server after so many milliseconds, also where the client has gone away meanwhile; with a
   * share, its head and that share of its body get there at once.
   */
  | { readonly kind: 'delay'; readonly milliseconds: number; readonly share?: number }
  /** The request is taken, and nothing ever comes back; the server sees nothing. */
  | { readonly kind: 'silence' };

/** A request that came. */
export interface Call {
  readonly method: string;
  /** With the query, as it came. */
  readonly path: string;
  /** By name in lower case; values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body that came so far, without the lines of chunks. */
  readonly bytes: number;
  /** What it met with. */
  readonly fault?: Fault['kind'];
  /** What the server answered; undefined before that, and where it was not asked. */
  readonly status?: number;
}

/** Says what a request meets with, when its head has come; until then it waits. */
export type FaultRule = (call: Call) => Fault | undefined | Promise<Fault | undefined>;

/** Stands in front of an HTTP server and does to its connections what networks do. */
export interface FaultProxy {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Every request that came, oldest first. */
  readonly calls: readonly Call[];
  /** For the requests from now on; undefined: they pass. */
  rule: FaultRule | undefined;
  /** Is shown the body of each request that came whole. */
  watch: ((call: Call, body: Buffer) => void) | undefined;
  /** Closes all connections. */
  stop(): Promise<void>;
}

/** The same while it is filled in. */
type OpenCall = { -readonly [Key in keyof Call]: Call[Key] };

/** A request that is being dealt with. */
interface Exchange {
  readonly client: Socket;
  readonly requests: Messages;
  readonly head: Head;
  readonly call: OpenCall;
  /** A new connection to the server. */
  dial(): Socket;
  /** Is given the body when it came whole. */
  readonly watch: ((body: Buffer) => void) | undefined;
}

/**
 * Starts a proxy on the loopback. Bytes pass as they are, `Host` and `Expect` among them, so that a signature over
 * the address of the proxy stays valid. A connection of a client is kept as long as both sides keep it; the server
 * gets a new one for each request.
 * @param target `http://host:port` of the server
 */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const calls: OpenCall[] = [];
  const listener = await startListener((client) => {
    void serve(client).catch(() => client.destroy());
  });
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${listener.port}`,
    calls,
    rule: undefined,
    watch: undefined,
    stop: listener.stop,
  };
  return proxy;

  async function serve(client: Socket): Promise<void> {
    const requests = readMessages(client);
    const dial = (): Socket => listener.track(connect(Number(port), hostname));
    for (let goesOn = true; goesOn;) {
      const head = await requests.head();
      if (head === undefined) break;
      const [method = '', path = ''] = head.firstLine.split(' ');
      const call: OpenCall = { method, path, headers: head.headers, bytes: 0 };
      calls.push(call);
      const fault = await proxy.rule?.(call);
      if (fault !== undefined) call.fault = fault.kind;
      const watch = proxy.watch && ((body: Buffer) => proxy.watch?.(call, body));
      goesOn = await meet({ client, requests, head, call, dial, watch }, fault);
    }
    client.end();
    // Whatever still comes is not wanted; unread it would make the end a reset.
    client.resume();
  }
}

/** One request and its answer. Answers whether the client's connection can be used again. */
async function meet(exchange: Exchange, fault: Fault | undefined): Promise<boolean> {
  switch (fault?.kind) {
    case 'answer':
      return answerItself(exchange, fault);
    case 'broken request':
      return breakRequest(exchange, fault.share);
    case 'delay':
      return delay(exchange, fault);
    case 'silence':
      await letSend(exchange);
      await gather(bodyOf(exchange));
      await exchange.requests.head();
      return false;
    default:
      return pass(exchange, fault);
  }
}

async function answerItself(
  exchange: Exchange,
  { status, type, body }: Extract<Fault, { kind: 'answer' }>,
): Promise<boolean> {
  const { client, head, call } = exchange;
  // One who asks first whether to send the body does not send it now.
  const ends = head.headers['expect'] !== undefined;
  if (!ends) await gather(bodyOf(exchange));
  const lines = [
    `HTTP/1.1 ${status} Fault`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(ends ? ['Connection: close'] : []),
  ];
  await send(client, `${lines.join('\r\n')}\r\n\r\n${call.method === 'HEAD' ? '' : body}`);
  return !ends && !closesAfter(head);
}

async function breakRequest(exchange: Exchange, share: number): Promise<false> {
  const { client, head, call, dial } = exchange;
  const framing = requestFraming(head);
  if (framing !== 0) {
    const server = dial();
    await letSend(exchange);
    await send(server, head.raw);
    for await (const { raw } of bodyOf(exchange)) {
      // The length of a body in chunks is not known before its end: it breaks with its first piece.
      const over = typeof framing === 'number' ? call.bytes - Math.floor(framing * share) : 0;
      await send(server, over > 0 ? raw.subarray(0, -over) : raw);
      if (over >= 0) break;
    }
    server.resetAndDestroy();
  }
  client.resetAndDestroy();
  return false;
}

async function delay(
  exchange: Exchange,
  { milliseconds, share }: Extract<Fault, { kind: 'delay' }>,
): Promise<boolean> {
  await letSend(exchange);
  const body = await gather(bodyOf(exchange));
  const request = Buffer.concat([exchange.head.raw, body]);
  const atOnce = share === undefined ? 0 : request.length - Math.floor(body.length * (1 - share));
  const server = exchange.dial();
  if (atOnce > 0) await send(server, request.subarray(0, atOnce));
  await sleep(milliseconds);
  await send(server, request.subarray(atOnce));
  return answer(exchange, server, undefined, true);
}

async function pass(exchange: Exchange, fault: Fault | undefined): Promise<boolean> {
  const { client, head, dial } = exchange;
  const server = dial();
  const end = (): void => void server.destroy();
  client.once('close', end);
  let complete = requestFraming(head) === 0;
  const sending = (async () => {
    await send(server, head.raw);
    for await (const { raw, last } of bodyOf(exchange)) {
      complete ||= last;
      await send(server, raw);
    }
  })();
  // Where it fails so does reading the answer, unless the server answered before the end of the body.
  sending.catch(() => {});
  const goesOn = await answer(exchange, server, fault, false).finally(() => client.off('close', end));
  return goesOn && complete;
}

/**
 * Passes the server's answer on, as far as the fault lets it.
 * @param continued the client was told already that it may send the body
 */
async function answer(
  { client, head: request, call }: Exchange,
  server: Socket,
  fault: Fault | undefined,
  continued: boolean,
): Promise<boolean> {
  const answers = readMessages(server);
  try {
    let head = await answers.head();
    while (head !== undefined && statusOf(head) < 200) {
      if (!continued) await send(client, head.raw);
      head = await answers.head();
    }
    if (head === undefined) throw new Error('the server closed the connection in place of an answer');
    const framing = answerFraming(call.method, head);
    const pieces = answers.body(framing);
    if (fault === undefined) {
      call.status = statusOf(head);
      await send(client, head.raw);
      for await (const { raw } of pieces) await send(client, raw);
    } else {
      const body = await gather(pieces);
      call.status = statusOf(head);
      if (fault.kind === 'slow answer') await sendSlowly(client, head.raw, body, fault);
      else {
        if (fault.kind === 'broken answer') await sendShare(client, head.raw, body, fault.share);
        client.resetAndDestroy();
        return false;
      }
    }
    return framing !== 'until the end' && !closesAfter(head) && !closesAfter(request);
  } finally {
    server.destroy();
  }
}

async function sendSlowly(
  client: Socket,
  head: Buffer,
  body: Buffer,
  { pieces, pause }: Extract<Fault, { kind: 'slow answer' }>,
): Promise<void> {
  await send(client, head);
  const bytes = Math.max(1, Math.ceil(body.length / pieces));
  for (let at = 0; at < body.length; at += bytes) {
    await sleep(pause);
    await send(client, body.subarray(at, at + bytes));
  }
}

async function sendShare(client: Socket, head: Buffer, body: Buffer, share: number): Promise<void> {
  const [before, broken] = body.length > 0 ? [head, body] : [Buffer.alloc(0), head];
  await send(client, Buffer.concat([before, broken.subarray(0, Math.ceil((broken.length - 1) * share))]));
  // So that it is read before the reset is noticed, with which unread bytes may be dropped.
  await sleep(20);
}

/** The body of a request, counted and shown to those who watch. */
async function* bodyOf({ requests, head, call, watch }: Exchange): AsyncGenerator<Piece, void> {
  const framing = requestFraming(head);
  const all: Buffer[] = [];
  const whole = (): void => watch?.(Buffer.concat(all));
  if (framing === 0) return whole();
  for await (const piece of requests.body(framing)) {
    call.bytes += piece.data.length;
    if (watch !== undefined) all.push(piece.data);
    if (piece.last) whole();
    yield piece;
  }
}

/** All bytes of a body as they came. */
async function gather(pieces: AsyncIterable<Piece>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const { raw } of pieces) all.push(raw);
  return Buffer.concat(all);
}

/** Says in the server's place that the body may come, to one who asks. */
async function letSend({ client, head }: Exchange): Promise<void> {
  if (head.headers['expect']?.toLowerCase() === '100-continue')
    await send(client, 'HTTP/1.1 100 Continue\r\n\r\n');
}

/** Writes, and waits until the system has taken it. */
function send(socket: Socket, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
