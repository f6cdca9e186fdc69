import { PanoramaError } from '../../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { documentId, HEAD_BYTES, startsWithId } from './documents.ts';

/** The largest document that a server takes is 16 MiB; what it writes itself may be somewhat larger. */
const MAX_DOCUMENT = 64 << 20;
const MIN_DOCUMENT = 5;

/** Says of a document by its `_id`, where that is an ObjectId, whether it is wanted. */
export type Wanted = (id: string | undefined) => boolean;

/**
 * The next document of a stream of BSON, or undefined at its end.
 * @param length its first four bytes, where they were read already
 * @param wanted where it says no, the document is passed over and the answer is `skipped`
 * @throws PanoramaError `dump-truncated`, `dump-syntax`; both name the place
 */
export async function nextDocument(
  reader: ByteReader,
  path: string,
  { length, wanted }: { readonly length?: number; readonly wanted?: Wanted } = {},
): Promise<Buffer | 'skipped' | undefined> {
  const start = reader.position - (length === undefined ? 0 : 4);
  const size = length ?? (await readLength(reader, path));
  if (size === undefined) return undefined;
  if (size < MIN_DOCUMENT || size > MAX_DOCUMENT) throw noDocument(path, start);
  const head = await reader.take(Math.min(size - 4, HEAD_BYTES - 4));
  const begun = Buffer.alloc(4 + head.length);
  begun.writeInt32LE(size);
  head.copy(begun, 4);
  if (wanted !== undefined && startsWithId(begun) && !wanted(documentId(begun))) {
    const skipped = await reader.skip(size - begun.length);
    if (begun.length + skipped < size) throw cutOff(path, start);
    return 'skipped';
  }
  const document = Buffer.concat([begun, await reader.take(size - begun.length)]);
  if (document.length < size) throw cutOff(path, start);
  if (document[size - 1] !== 0) throw noDocument(path, start);
  return wanted === undefined || startsWithId(begun) || wanted(documentId(document)) ? document : 'skipped';
}

/** Four bytes as a number, or undefined at the end of the stream. @throws PanoramaError `dump-truncated` */
export async function readLength(reader: ByteReader, path: string): Promise<number | undefined> {
  const start = reader.position;
  const bytes = await reader.take(4);
  if (bytes.length === 0) return undefined;
  if (bytes.length < 4) throw cutOff(path, start);
  return bytes.readInt32LE();
}

export function cutOff(path: string, start: number): PanoramaError {
  return new PanoramaError(
    'dump-truncated',
    `${path} ends in the middle of what begins at its byte ${start}.`,
  );
}

function noDocument(path: string, start: number): PanoramaError {
  return new PanoramaError('dump-syntax', `${path}: what begins at its byte ${start} is no BSON document.`, {
    hint: 'Check that the file is the output of mongodump and was copied as bytes.',
  });
}
