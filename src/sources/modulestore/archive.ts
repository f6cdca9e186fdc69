import { BSON } from 'bson';

import { PanoramaError } from '../../errors.ts';
import { byteReader } from './byte-reader.ts';
import { cutOff, nextDocument, readLength, type Wanted } from './bson-stream.ts';

/** A collection and the database that it is in. */
export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

/** The first four bytes of what `mongodump --archive` writes (mongo-tools, common/archive). */
export const ARCHIVE_MAGIC = [0x6d, 0xe2, 0x99, 0x81];
const TERMINATOR = -1;

/** The collections that an archive says it has. @throws PanoramaError `dump-truncated`, `dump-syntax` */
export async function archiveNamespaces(chunks: AsyncGenerator<Buffer>, path: string): Promise<Namespace[]> {
  const reader = byteReader(chunks);
  try {
    return await readPrelude(reader, path);
  } finally {
    await chunks.return(undefined);
  }
}

/**
 * The documents of one collection of an archive. Segments of several collections alternate in it, each after a header; a
 * collection is complete where a header says so.
 * @throws PanoramaError `dump-truncated`, `dump-syntax`
 */
export async function* archiveDocuments(
  chunks: AsyncGenerator<Buffer>,
  path: string,
  namespace: Namespace,
  wanted: Wanted,
): AsyncGenerator<Buffer> {
  const reader = byteReader(chunks);
  try {
    await readPrelude(reader, path);
    for (;;) {
      const start = reader.position;
      const header = await nextDocument(reader, path);
      if (header === undefined) throw cutOff(path, start);
      const { db, collection, EOF } = BSON.deserialize(header as Buffer);
      const isOurs = db === namespace.database && collection === namespace.collection;
      for (let length = await mustLength(); length !== TERMINATOR; length = await mustLength()) {
        const document = await nextDocument(reader, path, { length, wanted: isOurs ? wanted : () => false });
        if (isOurs && document instanceof Buffer) yield document;
      }
      if (isOurs && EOF === true) return;
    }
  } finally {
    await chunks.return(undefined);
  }

  async function mustLength(): Promise<number> {
    const start = reader.position;
    const length = await readLength(reader, path);
    if (length === undefined) throw cutOff(path, start);
    return length;
  }
}

async function readPrelude(reader: ReturnType<typeof byteReader>, path: string): Promise<Namespace[]> {
  const magic = await reader.take(ARCHIVE_MAGIC.length);
  if (!magic.equals(Buffer.from(ARCHIVE_MAGIC)))
    throw new PanoramaError('dump-syntax', `${path} is no archive of mongodump.`, {
      hint: 'Name a folder of mongodump, files that end with .bson, or what mongodump --archive wrote.',
    });
  const found: Namespace[] = [];
  if ((await nextDocument(reader, path)) === undefined) throw cutOff(path, 0);
  for (;;) {
    const start = reader.position;
    const length = await readLength(reader, path);
    if (length === undefined) throw cutOff(path, start);
    if (length === TERMINATOR) return found;
    const document = await nextDocument(reader, path, { length });
    const { db, collection } = BSON.deserialize(document as Buffer);
    found.push({ database: String(db), collection: String(collection) });
  }
}
