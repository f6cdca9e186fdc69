import { createReadStream, type ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { PanoramaError } from '../../errors.ts';
import { DUMP_FILES, type FileErrors } from './file-errors.ts';

const READ_BYTES = 1 << 18;
/** Size of a chunk of decompressed text: larger ones mean fewer turns between threads. */
const TEXT_BYTES = 1 << 20;
/** The decompressor works eagerly: a piece bounds what highly compressed data can grow to at once. */
const ZSTD_PIECE = 1 << 13;
const GZIP_MAGIC = [0x1f, 0x8b];
const UTF16_MARKS = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

export interface ChunkOptions {
  /** Size of a read; tests make it small. */
  readonly bytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Given a function that answers how many bytes of the file (as it lies on disk) were read so far. */
  readonly track?: (bytesRead: () => number) => void;
  /** What errors are called; those of dumps where it is absent. */
  readonly errors?: FileErrors;
  /** Takes files without a byte. */
  readonly mayBeEmpty?: boolean;
  /** Takes empty files and those in UTF-16, which no dump tool writes. */
  readonly anyText?: boolean;
}

/**
 * The text of a file as chunks of bytes. gzip (also several members one after another) and zstd are recognized by
 * their first bytes, whatever the name says.
 * @throws PanoramaError `…-unreadable`, `…-truncated` where a compressed file ends early, `interrupted`
 */
export async function* readChunks(path: string, options: ChunkOptions = {}): AsyncGenerator<Buffer> {
  const errors = options.errors ?? DUMP_FILES;
  let first: Buffer;
  try {
    first = await firstBytes(path);
  } catch (error) {
    throw unreadable(path, error, errors);
  }
  if (options.anyText !== true) refuseOddText(path, first, options.mayBeEmpty === true);
  if (first.length === 0) return;
  try {
    yield* startsWith(first, ZSTD_MAGIC) ? unzstd(path, options) : readStream(path, options, first);
  } catch (error) {
    throw error instanceof PanoramaError ? error : readFailure(path, error, options.signal, errors);
  }
}

function refuseOddText(path: string, first: Buffer, mayBeEmpty: boolean): void {
  if (UTF16_MARKS.some((mark) => startsWith(first, mark))) {
    throw new PanoramaError('dump-syntax', `${path} is UTF-16 text, as the > of PowerShell writes it.`, {
      hint: 'Let the dump tool write the file itself: mysqldump --result-file=FILE.',
    });
  }
  if (first.length === 0 && !mayBeEmpty) throw new PanoramaError('dump-truncated', `${path} is empty.`);
}

/** Up to four bytes that a file begins with. */
export async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const startsWith = (bytes: Buffer, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte);

function openFile(path: string, options: ChunkOptions): ReadStream {
  const stream = createReadStream(path, {
    highWaterMark: options.bytes ?? READ_BYTES,
    ...(options.signal && { signal: options.signal }),
  });
  options.track?.(() => stream.bytesRead);
  return stream;
}

function readStream(path: string, options: ChunkOptions, first: Buffer): AsyncIterable<Buffer> {
  const file = openFile(path, options);
  if (!startsWith(first, GZIP_MAGIC)) return file as AsyncIterable<Buffer>;
  const gunzip = createGunzip({ chunkSize: Math.max(64, options.bytes ?? TEXT_BYTES) });
  // An error of either end reaches the one who iterates; there is nothing to do for it here.
  pipeline(file, gunzip, () => undefined);
  return gunzip as AsyncIterable<Buffer>;
}

async function* unzstd(path: string, options: ChunkOptions): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  const stream = new Decompress((chunk) => void out.push(Buffer.from(chunk)));
  for await (const chunk of openFile(path, options) as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += ZSTD_PIECE) {
      stream.push(chunk.subarray(at, at + ZSTD_PIECE));
      yield* out.splice(0);
    }
  }
  stream.push(new Uint8Array(0), true);
  yield* out.splice(0);
}

function readFailure(
  path: string,
  error: unknown,
  signal: AbortSignal | undefined,
  errors: FileErrors,
): PanoramaError {
  if (signal?.aborted === true) {
    return new PanoramaError('interrupted', `Reading ${path} was interrupted.`, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/unexpected (end of file|EOF)/i.test(message)) {
    return new PanoramaError(errors.truncated, `${path} is compressed and its compressed data ends early.`, {
      cause: error,
    });
  }
  return unreadable(path, error, errors);
}

/** The error of a file that cannot be opened or read on. */
export function unreadable(path: string, error: unknown, errors: FileErrors): PanoramaError {
  const message = error instanceof Error ? error.message : String(error);
  return new PanoramaError(errors.unreadable, `${path} cannot be read: ${message}`, { cause: error });
}
