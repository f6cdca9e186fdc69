import { BSON, EJSON, type Document } from 'bson';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../random.ts';

/** What was written of a collection. */
export interface CollectionSummary {
  readonly collection: string;
  readonly documents: number;
  readonly bytes: number;
}

/** An index as listIndexes describes it, without `v`. */
export interface IndexSpec {
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly name: string;
  readonly unique?: true;
}

/**
 * Writes a collection as `mongodump` does: the documents back to back in `<collection>.bson`, its options and
 * indexes as canonical extended JSON in `<collection>.metadata.json`.
 */
export async function writeCollection(
  folder: string,
  collection: string,
  documents: Iterable<Document>,
  indexes: readonly IndexSpec[],
  random: Random,
): Promise<CollectionSummary> {
  let count = 0;
  let bytes = 0;
  const file = await open(join(folder, `${collection}.bson`), 'w');
  try {
    for (const document of documents) {
      const data = BSON.serialize(document);
      await file.writeFile(data);
      count++;
      bytes += data.length;
    }
  } finally {
    await file.close();
  }
  const listed = [{ key: { _id: 1 }, name: '_id_' }, ...indexes].map((index) => ({ v: 2, ...index }));
  const metadata = { indexes: listed, uuid: random.hex(32), collectionName: collection, type: 'collection' };
  const text = EJSON.stringify(metadata, { relaxed: false });
  await writeFile(join(folder, `${collection}.metadata.json`), text);
  return { collection, documents: count, bytes };
}
