import { fileURLToPath } from 'node:url';

import { lineProgram } from '../servers/line-program.ts';
import { opencsvJar } from '../servers/opencsv-jar.ts';

const SOURCE = fileURLToPath(new URL('opencsv-reader.java', import.meta.url));
/** A third of a second to start, most of it to compile 70 lines. */
const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const ask = lineProgram('opencsv-reader.java', () => {
  const jar = opencsvJar();
  if (jar === undefined) throw new Error('there is no opencsv');
  return ['java', ...QUICK, '-cp', jar, SOURCE];
});

/**
 * The rows that opencsv 2.3 itself finds in a CSV file, called as Hive's OpenCSVSerde calls it, the header among them;
 * null where it finds not even one field. The SerDe gives the fields by position: columns without one are NULL, and
 * fields without a column are left out.
 */
export async function readWithOpencsv(file: Uint8Array): Promise<(string[] | null)[]> {
  return JSON.parse(await ask(Buffer.from(file).toString('base64'))) as (string[] | null)[];
}
