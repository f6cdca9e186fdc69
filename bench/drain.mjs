// Reads every row of a table through the source alone and drops it: what reading costs before anything is written.
// Plain JavaScript on the built package, so that the process is the same as that of the command line.
import { mysqlSource } from '../dist/sources/mysql/mysql-source.js';

const [port, user, database, table, expected] = process.argv.slice(2);
const source = mysqlSource({
  name: 'bench',
  address: {
    host: '127.0.0.1',
    port: Number(port),
    user,
    database,
    password: () => process.env.MYSQL_PWD,
    tls: { mode: 'disabled' },
  },
});
const session = await source.open();
const { fields } = await session.describe(table);
let rows = 0;
for await (const batch of session.read({ table, fields })) {
  rows += batch.rows;
  batch.release?.();
}
await session.close();
if (rows !== Number(expected)) throw new Error(`${rows} rows were read, not ${expected}`);
