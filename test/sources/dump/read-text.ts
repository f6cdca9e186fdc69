import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DumpOptions, dumpSource } from '../../../src/sources/dump/dump-source.ts';
import type { SourceSession } from '../../../src/sources/source.ts';
import { collectRows } from '../../contracts/source.ts';

let files = 0;

/** Writes the text of a dump into a folder and opens it. */
export async function openText(
  folder: string,
  text: string | Uint8Array,
  options: Partial<DumpOptions> = {},
): Promise<SourceSession> {
  const location = join(folder, `${files++}.sql`);
  writeFileSync(location, text);
  return dumpSource({ name: 'dump', location, ...options }).open();
}

/** The rows of all tables, one character per byte. What came before an error is in its `found`. */
export async function sweepAll(session: SourceSession): Promise<Record<string, (string | null)[][]>> {
  const found: Record<string, (string | null)[][]> = {};
  try {
    for await (const { schema, batches } of session.sweep!((s) => s.fields)) {
      found[schema.table] = await collectRows(batches);
    }
  } catch (error) {
    throw Object.assign(error as Error, { found });
  } finally {
    await session.close();
  }
  return found;
}
