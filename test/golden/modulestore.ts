import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Document, EJSON } from 'bson';
import type { Db } from 'mongodb';

/** Fills a database with the recorded modulestore. */
export async function writeGoldenModulestore(db: Db): Promise<void> {
  const text = await readFile(join(import.meta.dirname, 'modulestore.json'), 'utf8');
  // JavaScript would take 5.0 for a whole number.
  const exact = text.replaceAll(/:(\d+\.\d+)([,}])/g, ':{"$numberDouble":"$1"}$2');
  // By collection, without the `modulestore.` before their names.
  const collections = EJSON.parse(exact, { relaxed: false }) as Record<string, Document[]>;
  for (const [name, documents] of Object.entries(collections))
    await db.collection(`modulestore.${name}`).insertMany(documents);
}
