import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Server as NetServer } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from 'vitest';

import { type Call, type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.ts';

describe('the proxy with faults', () => {
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function before(server: NetServer | Server): Promise<FaultProxy> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    closing.push(() => server.close(), proxy.stop);
    return proxy;
  }

  /** What a server got so far, request by request. */
  const got: string[] = [];

  /** A server that answers with what it got, and closes no connection. */
  async function echo(): Promise<FaultProxy> {
    got.length = 0;
    const server = createHttpServer(async (asked, answer) => {
      const body = await text(asked).catch(() => undefined);
      if (body === undefined) return;
      got.push(`${asked.method} ${asked.url} ${body.length}`);
      answer.setHeader('X-Host', asked.headers.host!);
      answer.end(`<${body}>`);
    });
    closing.push(() => server.closeAllConnections());
    return before(server);
  }

  async function ask(proxy: FaultProxy, body: string, options: object = {}): Promise<string> {
    const sent = request(`${proxy.endpoint}/path?a=b`, { method: 'PUT', ...options });
    // Where an answer breaks off, the request fails once more.
    sent.on('error', () => undefined).end(body);
    const [answer] = await once(sent, 'response');
    return text(answer);
  }

  it('passes bytes as they are in both directions, one request after the other', async () => {
    const requests = [
      'GET /a?b=%20c HTTP/1.1\r\nHOST: somewhere.example\r\nx-Odd:  two  spaces\r\n\r\n',
      'PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n\r\n\r\n\0',
      'POST /c HTTP/1.1\r\nhost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nab\r\nc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n',
      'HEAD /d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    ];
    const answers = [
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 Fine\r\nX-odd: 1\r\nContent-Length: 3\r\n\r\n\xff\r\n',
      'HTTP/1.1 204 \r\n\r\n',
      'HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n',
    ];
    let at = 0;
    const seen: string[] = [];
    const proxy = await before(
      createServer((socket) => {
        const turn = at++;
        let all = '';
        socket.on('data', (some: Buffer) => {
          all += some.toString('latin1');
          if (all.length < requests[turn]!.length) return;
          seen.push(all);
          socket.write(answers[turn]!, 'latin1');
        });
        socket.on('error', () => undefined);
      }),
    );
    const bodies: string[] = [];
    proxy.watch = (_, body) => bodies.push(body.toString('latin1'));
    const client = connect(Number(new URL(proxy.endpoint).port), '127.0.0.1');
    client.write(requests.join(''), 'latin1');
    const came: Buffer[] = [];
    for await (const some of client) came.push(some as Buffer);
    expect(Buffer.concat(came).toString('latin1')).toBe(answers.join(''));
    expect(seen).toEqual(requests);
    expect(bodies).toEqual(['', '\r\n\r\n\0', 'ab\r\nc0123456789', '']);
    expect(proxy.calls.map(({ method, path, bytes, status }) => [method, path, bytes, status])).toEqual([
      ['GET', '/a?b=%20c', 0, 200],
      ['PUT', '/b', 5, 204],
      ['POST', '/c', 15, 404],
      ['HEAD', '/d', 0, 200],
    ]);
    expect(proxy.calls[0]!.headers).toEqual({ host: 'somewhere.example', 'x-odd': 'two  spaces' });
  });

  it('keeps the connection of a client, and waits with the body where that asks first', async () => {
    const proxy = await echo();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    const ports = new Set<number | undefined>();
    for (const body of ['', 'a', 'x'.repeat(1_000_000)]) {
      const sent = request(proxy.endpoint, { agent, method: 'PUT', headers: { Expect: '100-continue' } });
      sent.once('continue', () => sent.end(body));
      sent.flushHeaders();
      const [answer] = await once(sent, 'response');
      ports.add(sent.socket?.localPort);
      expect(await text(answer)).toBe(`<${body}>`);
      expect(answer.headers['x-host']).toBe(new URL(proxy.endpoint).host);
    }
    expect(ports.size).toBe(1);
  });

  const BODY = 'x'.repeat(100_000);
  it.each<[string, Fault, string | RegExp, string[]]>([
    ['answers itself', { kind: 'answer', status: 503, type: 'text/plain', body: 'busy' }, 'busy', []],
    ['breaks a request', { kind: 'broken request', share: 0.5 }, /ECONNRESET/, []],
    ['loses an answer', { kind: 'lost answer' }, /ECONNRESET/, ['PUT /path?a=b 100000']],
    ['breaks an answer', { kind: 'broken answer', share: 0.5 }, /ECONNRESET/, ['PUT /path?a=b 100000']],
    ['slows an answer', { kind: 'slow answer', pieces: 7, pause: 1 }, `<${BODY}>`, ['PUT /path?a=b 100000']],
    ['delays a request', { kind: 'delay', milliseconds: 20 }, `<${BODY}>`, ['PUT /path?a=b 100000']],
  ])('%s, and the next request passes', async (_, fault, expected, arrived) => {
    const proxy = await echo();
    const first = (call: Call): Fault | undefined => (call === proxy.calls[0] ? fault : undefined);
    proxy.rule = first;
    const result = await ask(proxy, BODY).catch((error: NodeJS.ErrnoException) => String(error.code));
    if (typeof expected === 'string') expect(result).toBe(expected);
    else expect(result).toMatch(expected);
    expect(got).toEqual(arrived);
    expect(proxy.calls[0]).toMatchObject({ fault: fault.kind, bytes: expect.any(Number) });
    if (fault.kind === 'broken request') {
      expect(proxy.calls[0]!.bytes).toBeGreaterThanOrEqual(50_000);
      expect(proxy.calls[0]!.status).toBeUndefined();
    }
    expect(await ask(proxy, 'next')).toBe('<next>');
  });

  it('breaks an answer in the middle of its body, whose beginning arrives', async () => {
    const proxy = await echo();
    proxy.rule = () => ({ kind: 'broken answer', share: 0.5 });
    const sent = request(proxy.endpoint, { method: 'POST' });
    sent.on('error', () => undefined).end(BODY);
    const [answer] = await once(sent, 'response');
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const some of answer) bytes += (some as Buffer).length;
    };
    await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(bytes).toBe(BODY.length / 2 + 1);
  });

  it('lets a delayed request arrive although the client has gone away', async () => {
    const proxy = await echo();
    proxy.rule = () => ({ kind: 'delay', milliseconds: 50 });
    const sent = request(`${proxy.endpoint}/late`, { method: 'PUT' });
    sent.on('error', () => undefined);
    sent.end('x');
    await expect.poll(() => proxy.calls[0]?.bytes).toBe(1);
    sent.destroy();
    await expect.poll(() => got).toEqual(['PUT /late 1']);
  });

  it('says nothing, and stops all the same', async () => {
    const proxy = await echo();
    proxy.rule = () => ({ kind: 'silence' });
    const answer = ask(proxy, BODY);
    const failure = answer.catch((error: NodeJS.ErrnoException) => error.code);
    await expect.poll(() => proxy.calls[0]?.bytes).toBe(BODY.length);
    await proxy.stop();
    closing.pop();
    expect(await failure).toBe('ECONNRESET');
    expect(got).toEqual([]);
  });
});
