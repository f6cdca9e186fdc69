// The least that a client in Node can do with a table: mysql2 connects and authenticates, then its socket is taken
// over, and row packets are counted from the 'data' events without a look at their bytes. Nothing that decodes rows
// can be quicker on this connection.
import { createConnection } from 'mysql2';

const [port, user, database, table, expected] = process.argv.slice(2);
const connection = createConnection({
  host: '127.0.0.1',
  port: Number(port),
  user,
  database,
  password: process.env.MYSQL_PWD,
});
await new Promise((resolve, reject) =>
  connection.connect((error) => (error ? reject(error) : resolve(undefined))),
);
const socket = connection.stream;
for (const event of ['data', 'error', 'close']) socket.removeAllListeners(event);

const sql = Buffer.from(`\u0003SELECT * FROM \`${table}\``);
const header = Buffer.alloc(4);
header.writeUIntLE(sql.length, 0, 3);

const LARGEST = 0xffffff;
/** The column count; a definition per column; the end of these; rows; the end of these. */
let columns = -1;
let definitions = 0;
let rows = 0;

/** Bytes of the packet's body that are still to come, the first of them not seen yet where `fresh`. */
let left = 0;
let length = 0;
let fresh = false;
let continued = false;
/** Header bytes that came at the end of a chunk. */
let partial = Buffer.alloc(0);

const done = new Promise((resolve, reject) => {
  /** @param first the first byte of a packet's body; @returns true where it was the last packet */
  function packet(first) {
    if (continued) {
      continued = length === LARGEST;
      return false;
    }
    continued = length === LARGEST;
    if (columns < 0) {
      if (first === 0xff) reject(new Error('the server answered with an error'));
      columns = first;
    } else if (definitions <= columns) definitions++;
    else if (first === 0xfe && length < 9) return true;
    else if (first === 0xff) reject(new Error('the server broke off'));
    else rows++;
    return false;
  }

  socket.on('data', (chunk) => {
    let data = chunk;
    if (partial.length > 0) {
      data = Buffer.concat([partial, chunk]);
      partial = Buffer.alloc(0);
    }
    let at = 0;
    for (;;) {
      if (left > 0) {
        if (at === data.length) return;
        if (fresh) {
          fresh = false;
          if (packet(data[at])) return resolve(undefined);
        }
        const step = Math.min(left, data.length - at);
        at += step;
        left -= step;
        continue;
      }
      if (data.length - at < 4) {
        partial = Buffer.from(data.subarray(at));
        return;
      }
      length = left = data[at] | (data[at + 1] << 8) | (data[at + 2] << 16);
      at += 4;
      fresh = true;
      // The rest of a row of exactly 16 MiB - 1 bytes.
      if (length === 0) continued = false;
    }
  });
  socket.on('close', () => reject(new Error('the connection was lost')));
  socket.on('error', reject);
});
socket.write(Buffer.concat([header, sql]));
await done;
socket.removeAllListeners('close');
socket.destroy();
if (rows !== Number(expected)) throw new Error(`${rows} rows were read, not ${expected}`);
