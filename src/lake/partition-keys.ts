import { type Column, isValid } from '../rows/batch.ts';

/**
 * Numbers the distinct values of the partition columns from 0 on, in the order they come. Values are compared as
 * bytes, NULL apart from the empty text. There is no JS value per row: an open-addressing table finds the bytes.
 */
export class PartitionKeys {
  /** The number of distinct values so far. */
  count = 0;
  /** Numbers + 1 by hash, 0 for a free place; at most half full. */
  #table = new Int32Array(1024);
  #hashes = new Int32Array(512);
  /** The keys back to back; key i ends at `#ends[i]`. */
  #bytes = Buffer.allocUnsafeSlow(4096);
  #ends = new Float64Array(512);
  #last = -1;

  /** The number of the values in a row. */
  find(columns: readonly Column[], row: number): number {
    const end = this.#last < 0 ? 0 : this.#ends[this.count - 1]!;
    // The key is written behind the last one, where it stays if it is new.
    const to = this.#write(columns, row, end);
    if (this.#last >= 0 && this.#equals(this.#last, end, to)) return this.#last;
    const hash = this.#hash(end, to);
    const mask = this.#table.length - 1;
    let place = hash & mask;
    for (let found = this.#table[place]!; found !== 0; found = this.#table[place]!) {
      if (this.#hashes[found - 1] === hash && this.#equals(found - 1, end, to))
        return (this.#last = found - 1);
      place = (place + 1) & mask;
    }
    this.#table[place] = this.count + 1;
    return (this.#last = this.#add(hash, to));
  }

  #add(hash: number, to: number): number {
    const number = this.count++;
    if (number >= this.#hashes.length) this.#grow();
    this.#hashes[number] = hash;
    this.#ends[number] = to;
    if (2 * this.count > this.#table.length) this.#rehash();
    return number;
  }

  /** Every cell as its length + 1 in four bytes, 0 for NULL, and the bytes. */
  #write(columns: readonly Column[], row: number, start: number): number {
    let at = start;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const from = column.offsets[row]!;
      const end = column.offsets[row + 1]!;
      const size = isValid(column, row) ? end - from + 1 : 0;
      if (at + size + 4 > this.#bytes.length) this.#growBytes(at + size + 4);
      const bytes = this.#bytes;
      bytes[at] = size;
      bytes[at + 1] = size >>> 8;
      bytes[at + 2] = size >>> 16;
      bytes[at + 3] = size >>> 24;
      at += 4;
      const { data } = column;
      for (let p = from; p < end;) bytes[at++] = data[p++]!;
    }
    return at;
  }

  /** FNV-1a. */
  #hash(from: number, to: number): number {
    const bytes = this.#bytes;
    let hash = 0x811c9dc5 | 0;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    return hash ^ (hash >>> 15);
  }

  #equals(number: number, from: number, to: number): boolean {
    const start = number === 0 ? 0 : this.#ends[number - 1]!;
    if (this.#ends[number]! - start !== to - from) return false;
    const bytes = this.#bytes;
    // From the end, for the beginnings of keys are alike.
    for (let a = this.#ends[number]! - 1, b = to - 1; b >= from; a--, b--)
      if (bytes[a] !== bytes[b]) return false;
    return true;
  }

  #rehash(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let number = 0; number < this.count; number++) {
      let place = this.#hashes[number]! & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = number + 1;
    }
    this.#table = table;
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const ends = new Float64Array(hashes.length);
    ends.set(this.#ends);
    this.#ends = ends;
  }

  #growBytes(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}
