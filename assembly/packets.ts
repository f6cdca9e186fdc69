/*
 * Rows of the text protocol. MySQL protocol documentation, "Protocol::Packet": three bytes of length, one of
 * sequence, the payload; a payload of 0xffffff bytes goes on in the next packet. "Text Resultset Row": each cell is
 * 0xfb for NULL, or a length-encoded string.
 */

/** Where a receiver stands; TypeScript fills it and reads it back (src/sources/mysql/receiver.ts knows the order). */
@unmanaged
export class Receiver {
  /** The receive buffer, how much of it is filled, and where the next packet begins in it. */
  input: usize;
  filled: u32;
  position: u32;
  columns: u32;
  /** For each column `capacity` starts, then `capacity` lengths, 32 bits each. */
  cells: usize;
  capacity: u32;
  rows: u32;
  /** Bytes from `position` on that the buffer has to hold before the next packet can be read. */
  needed: u32;
  /** The number of NULLs of each column, 32 bits each. */
  nulls: usize;
  /** The sequence number that the next packet has to have, or ANY. */
  sequence: u32;
}

/** The buffer holds no further whole packet. */
const MORE: i32 = 0;
/** As many rows as there is room for. */
const FULL: i32 = 1;
/** The next packet is no row: the end of the rows or an error. */
const OTHER: i32 = 2;
/** A row packet does not hold just as many cells as there are columns, or packets are missing before it. */
const MALFORMED: i32 = 3;

const LARGEST: u32 = 0xffffff;
/** Packets are taken whatever their sequence numbers. */
const ANY: u32 = 256;

/** Notes where the cells of the rows in the buffer lie, packet by packet; answers why it stopped. */
export function decodeRows(receiver: usize): i32 {
  const r = changetype<Receiver>(receiver);
  const filled = r.input + r.filled;
  const columns = r.columns;
  const capacity = r.capacity;
  const lengths = <usize>capacity << 2;
  let rows = r.rows;
  let position = r.input + r.position;
  let sequence = r.sequence;
  let status = FULL;
  while (rows < capacity) {
    if (position + 4 > filled) {
      r.needed = 4;
      status = MORE;
      break;
    }
    let length = load<u32>(position) & LARGEST;
    // Before the length is believed: it is wrong as well where bytes are missing.
    if (sequence != ANY && load<u8>(position + 3) != <u8>sequence) {
      status = MALFORMED;
      break;
    }
    const start = position + 4;
    if (<usize>length > filled - start) {
      r.needed = length + 4;
      status = MORE;
      break;
    }
    let next = start + length;
    if (length == LARGEST) {
      const missing = missingParts(position, filled);
      if (missing != 0) {
        r.needed = missing;
        status = MORE;
        break;
      }
      next = joinParts(position);
      length = joined;
      if (sequence != ANY) sequence = (sequence + parts) & 255;
    }
    const first = load<u8>(start);
    // "EOF_Packet" and "ERR_Packet"; a row of one huge cell begins with 0xfe as well.
    if (length > 0 && (first == 0xff || (first == 0xfe && length >= 5 && length < 9))) {
      status = OTHER;
      break;
    }
    if (!decodeRow(start, start + length, columns, r.cells + (<usize>rows << 2), lengths, r.nulls)) {
      status = MALFORMED;
      break;
    }
    rows++;
    if (sequence != ANY) sequence = (sequence + 1) & 255;
    position = next;
  }
  r.rows = rows;
  r.sequence = sequence;
  r.position = <u32>(position - r.input);
  return status;
}

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
function decodeRow(start: usize, end: usize, columns: u32, cells: usize, lengths: usize, nulls: usize): bool {
  let at = start;
  let slot = cells;
  const step = lengths << 1;
  for (let column: u32 = 0; column < columns; column++, slot += step) {
    if (at >= end) return false;
    let length: u32 = load<u8>(at++);
    if (length >= 0xfb) {
      if (length == 0xfb) {
        store<u32>(slot, <u32>at);
        store<i32>(slot + lengths, -1);
        const count = nulls + (<usize>column << 2);
        store<u32>(count, load<u32>(count) + 1);
        continue;
      }
      if (length == 0xfc) {
        length = load<u16>(at);
        at += 2;
      } else if (length == 0xfd) {
        length = load<u32>(at) & LARGEST;
        at += 3;
      } else {
        if (length == 0xff || at + 8 > end || load<u32>(at + 4) != 0) return false;
        length = load<u32>(at);
        at += 8;
      }
    }
    if (at > end || <usize>length > end - at) return false;
    store<u32>(slot, <u32>at);
    store<i32>(slot + lengths, <i32>length);
    at += length;
  }
  return at == end;
}

/** The bytes from `position` on that a payload of several packets needs, or 0 where they are all there. */
function missingParts(position: usize, filled: usize): u32 {
  let at = position;
  while (true) {
    if (at + 4 > filled) return <u32>(at - position) + 4;
    const length = load<u32>(at) & LARGEST;
    if (<usize>length > filled - at - 4) return <u32>(at - position) + 4 + length;
    at += 4 + length;
    if (length < LARGEST) return 0;
  }
}

/** The length of the payload that {@link joinParts} made, and how many parts followed the first. */
let joined: u32 = 0;
let parts: u32 = 0;

/** Moves the parts of a payload together and answers where the packet behind them begins. */
function joinParts(position: usize): usize {
  let at = position + 4 + LARGEST;
  let to = at;
  parts = 0;
  while (true) {
    parts++;
    const length = load<u32>(at) & LARGEST;
    memory.copy(to, at + 4, length);
    to += length;
    at += 4 + length;
    if (length < LARGEST) break;
  }
  joined = <u32>(to - position - 4);
  return at;
}
