import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Document, EJSON } from 'bson';

/** The documents of the recorded modulestore by collection, without the `modulestore.` before their names. */
export async function goldenModulestore(): Promise<Record<string, Document[]>> {
  const text = await readFile(join(import.meta.dirname, 'modulestore.json'), 'utf8');
  // JavaScript would take 5.0 for a whole number.
  const exact = text.replaceAll(/:(\d+\.\d+)([,}])/g, ':{"$numberDouble":"$1"}$2');
  return EJSON.parse(exact, { relaxed: false }) as Record<string, Document[]>;
}
