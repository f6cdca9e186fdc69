// Reads every row of a dump through the source alone and drops it.
import { dumpSource } from '../dist/sources/dump/dump-source.js';

const [location, expected] = process.argv.slice(2);
const session = await dumpSource({ name: 'bench', location }).open();
let rows = 0;
for await (const { batches } of session.sweep((schema) => schema.fields)) {
  for await (const batch of batches) {
    rows += batch.rows;
    batch.release?.();
  }
}
await session.close();
if (rows !== Number(expected)) throw new Error(`${rows} rows were read, not ${expected}`);
