import { fileURLToPath } from 'node:url';

import { lineProgram } from '../servers/line-program.ts';
import { OPENCSV_CLASSES } from '../servers/opencsv-jars.ts';

/** Versions of opencsv that versions of Hive read with; see opencsv-jars.ts. */
export const OPENCSV_VERSIONS = ['2.3', '5.9'] as const;

const SOURCE = fileURLToPath(new URL('opencsv-reader.java', import.meta.url));
/** Half a second to start, most of it to compile a hundred lines. */
const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const ask = lineProgram('opencsv-reader.java', () => ['java', ...QUICK, '-cp', OPENCSV_CLASSES, SOURCE]);

/**
 * The rows that opencsv itself finds in a CSV file, called as Hive's OpenCSVSerde calls it, the header among them; null
 * where it finds not even one field. The SerDe gives the fields by position: columns without one are NULL, and fields
 * without a column are left out.
 */
export async function readWithOpencsv(
  version: (typeof OPENCSV_VERSIONS)[number],
  file: Uint8Array,
): Promise<(string[] | null)[]> {
  return JSON.parse(await ask(`${version} ${Buffer.from(file).toString('base64')}`)) as (string[] | null)[];
}
