import { PanoramaError } from '../../errors.ts';
import { DATA_FILES } from '../files/file-errors.ts';
import { lineFeeds } from '../files/window.ts';

const UTF8_MARK = [0xef, 0xbb, 0xbf];

/**
 * The text of a file as UTF-8 without a byte order mark.
 * @param encoding a label of the WHATWG, as TextDecoder takes it; where it is absent the text is UTF-8, or UTF-16 if it
 *   begins with a mark that says so. UTF-8 is not looked through here
 * @throws PanoramaError `file-syntax` naming the line of what is no text in another encoding
 */
export async function* decodeChunks(
  file: string,
  chunks: AsyncIterable<Buffer>,
  encoding?: string,
): AsyncGenerator<Buffer> {
  let decoder: LineDecoder | undefined;
  let waiting: Buffer = Buffer.alloc(0);
  let begun = false;
  for await (const chunk of chunks) {
    if (begun) {
      yield* decoder === undefined ? [chunk] : decoder.decode(chunk);
      continue;
    }
    // A mark may come in pieces.
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    if (waiting.length < UTF8_MARK.length) continue;
    begun = true;
    decoder = decoderFor(file, encoding, waiting);
    yield* start(decoder, waiting);
  }
  if (!begun) {
    decoder = decoderFor(file, encoding, waiting);
    yield* start(decoder, waiting);
  }
  if (decoder !== undefined) yield* decoder.end();
}

function decoderFor(file: string, encoding: string | undefined, first: Buffer): LineDecoder | undefined {
  const marked = markedEncoding(first);
  const declared = encoding === undefined ? undefined : new TextDecoder(encoding).encoding;
  // Of UTF-16 the mark knows better which of its two orders it is.
  const label = declared === undefined || declared.startsWith('utf-16') ? (marked ?? declared) : declared;
  return label === undefined || label === 'utf-8' ? undefined : new LineDecoder(file, label);
}

function markedEncoding(first: Buffer): string | undefined {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  return first[0] === 0xfe && first[1] === 0xff ? 'utf-16be' : undefined;
}

function start(decoder: LineDecoder | undefined, first: Buffer): Buffer[] {
  if (decoder !== undefined) return decoder.decode(first);
  const marked = UTF8_MARK.every((byte, i) => first[i] === byte);
  const text = marked ? first.subarray(UTF8_MARK.length) : first;
  return text.length === 0 ? [] : [text];
}

/** Decodes and knows in which line it is. */
class LineDecoder {
  readonly #file: string;
  readonly #encoding: string;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  #line = 1;

  constructor(file: string, encoding: string) {
    this.#file = file;
    this.#encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  decode(chunk: Buffer): Buffer[] {
    let text: string;
    try {
      text = this.#decoder.decode(chunk, { stream: true });
    } catch {
      // A decoder that does not stop at a fault shows where it is.
      const [before = ''] = new TextDecoder(this.#encoding).decode(chunk).split('\ufffd', 1);
      throw this.#fault(this.#line + before.split('\n').length - 1);
    }
    const bytes = Buffer.from(text);
    this.#line += lineFeeds(bytes, 0, bytes.length);
    return bytes.length === 0 ? [] : [bytes];
  }

  end(): Buffer[] {
    try {
      const rest = this.#decoder.decode();
      return rest === '' ? [] : [Buffer.from(rest)];
    } catch {
      throw this.#fault(this.#line);
    }
  }

  #fault(line: number): PanoramaError {
    return new PanoramaError(
      DATA_FILES.syntax,
      `${this.#file}:${line}: there are bytes that are not ${this.#encoding} text.`,
      { hint: 'Set the encoding that the file was written in.' },
    );
  }
}
