import type { Socket } from 'node:net';

/** The beginning of a message of HTTP/1.1 (RFC 9112): its first line and its headers, with the empty line. */
export interface Head {
  /** As it came. */
  readonly raw: Buffer;
  readonly firstLine: string;
  /** By name in lower case; values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How the end of a body is known: by its length in bytes, by chunks, or by the end of the connection. */
export type Framing = number | 'chunked' | 'until the end';

/** Some of a body. */
export interface Piece {
  /** As it came, lines of chunks included. */
  readonly raw: Buffer;
  /** Without them. */
  readonly data: Buffer;
  /** Nothing of the body follows. */
  readonly last: boolean;
}

/** What comes over a connection, in turn: a head, its body, a head, its body, … */
export interface Messages {
  /** Undefined where the connection ends before one begins. */
  head(): Promise<Head | undefined>;
  /** The pieces of a body; none where it has no bytes. */
  body(framing: Framing): AsyncGenerator<Piece, void>;
}

const NOTHING = Buffer.alloc(0);

/** Reads a connection no faster than it is asked. Everything throws where the connection breaks off. */
export function readMessages(socket: Socket): Messages {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let rest: Buffer = NOTHING;

  async function more(): Promise<boolean> {
    const { value, done } = await chunks.next();
    if (done) return false;
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    return true;
  }

  function take(bytes: number): Buffer {
    const taken = rest.subarray(0, bytes);
    rest = rest.subarray(bytes);
    return taken;
  }

  /** All up to a mark and the mark; undefined where the connection ends without a further byte. */
  async function through(mark: string): Promise<Buffer | undefined> {
    for (let from = 0; ;) {
      const at = rest.indexOf(mark, from);
      if (at >= 0) return take(at + mark.length);
      from = Math.max(0, rest.length - mark.length + 1);
      if (!(await more())) {
        if (rest.length === 0) return undefined;
        throw brokenOff();
      }
    }
  }

  async function* exactly(bytes: number): AsyncGenerator<Buffer, void> {
    for (let left = bytes; left > 0;) {
      if (rest.length === 0 && !(await more())) throw brokenOff();
      const some = take(left);
      left -= some.length;
      yield some;
    }
  }

  return {
    async head() {
      const raw = await through('\r\n\r\n');
      return raw && parseHead(raw);
    },

    async *body(framing) {
      if (framing === 'until the end') {
        while (rest.length > 0 || (await more())) {
          const raw = take(rest.length);
          yield { raw, data: raw, last: false };
        }
        return;
      }
      if (framing !== 'chunked') {
        let left = framing;
        for await (const raw of exactly(framing)) {
          left -= raw.length;
          yield { raw, data: raw, last: left === 0 };
        }
        return;
      }
      for (;;) {
        const line = await through('\r\n');
        if (line === undefined) throw brokenOff();
        const size = Number.parseInt(line.toString('latin1'), 16);
        if (Number.isNaN(size)) throw new Error(`this is no length of a chunk: ${line.toString('latin1')}`);
        yield { raw: line, data: NOTHING, last: false };
        for await (const raw of exactly(size)) yield { raw, data: raw, last: false };
        // After the last chunk there may be trailers; each line ends alike.
        for (;;) {
          const end = await through('\r\n');
          if (end === undefined) throw brokenOff();
          const last = size === 0 && end.length === 2;
          yield { raw: end, data: NOTHING, last };
          if (last) return;
          if (size > 0) break;
        }
      }
    },
  };
}

/** The framing of a request's body. */
export function requestFraming({ headers }: Head): Framing {
  return isChunked(headers) ? 'chunked' : Number(headers['content-length'] ?? 0);
}

/** The framing of the body of the answer to a request of such a method. */
export function answerFraming(method: string, head: Head): Framing {
  const status = statusOf(head);
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  if (isChunked(head.headers)) return 'chunked';
  const length = head.headers['content-length'];
  return length === undefined ? 'until the end' : Number(length);
}

/** The number in the first line of an answer. */
export function statusOf({ firstLine }: Head): number {
  return Number(firstLine.split(' ')[1]);
}

/** True where the sender of a message will not use the connection any more. */
export function closesAfter({ firstLine, headers }: Head): boolean {
  const wish = headers['connection']?.toLowerCase() ?? '';
  return wish.includes('close') || (firstLine.includes('HTTP/1.0') && !wish.includes('keep-alive'));
}

function isChunked(headers: Head['headers']): boolean {
  return headers['transfer-encoding']?.toLowerCase().includes('chunked') ?? false;
}

function parseHead(raw: Buffer): Head {
  const [firstLine = '', ...lines] = raw.subarray(0, -4).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { raw, firstLine, headers };
}

function brokenOff(): Error {
  return new Error('the connection broke off in the middle of a message');
}
