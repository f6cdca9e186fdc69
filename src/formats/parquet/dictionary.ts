import type { Column } from '../../rows/batch.ts';
import type { Block, BlockPool } from './blocks.ts';
import type { TextBounds } from './bounds.ts';
import type { Page } from './page.ts';
import { hybridBound, writeHybrid } from './hybrid.ts';

/** How large a dictionary may become before its column chunk goes on in plain encoding. */
export interface DictionaryLimits {
  readonly bytes: number;
  /** At most 65536, for indices are kept in 16 bits. */
  readonly entries: number;
}

/** Cells that hash alike are compared one after another; so many are a sign of a bad fit. */
const MOST_PROBES = 64;

/**
 * The distinct byte strings of one column chunk ("Dictionary Encoding" in Encodings.md). Entries stand in PLAIN
 * encoding, a length and the bytes, as the dictionary page wants them; an open-addressing hash table finds them.
 * The indices of the page under construction are kept here too.
 */
export class Dictionary {
  entries = 0;
  /** The bytes of all entries in PLAIN encoding. */
  bytes = 0;
  /** The values of the page under construction, and their bytes had they been written plain. */
  count = 0;
  plainBytes = 0;
  readonly #pool: BlockPool;
  readonly #limits: DictionaryLimits;
  #data: Block | undefined;
  #starts = new Uint32Array(8);
  #lengths = new Uint32Array(8);
  /** 0 for a free slot, else the entry plus one; a power of two of slots, at most half of them taken. */
  #slots = new Int32Array(16);
  #indices = new Uint16Array(32);

  constructor(pool: BlockPool, limits: DictionaryLimits) {
    this.#pool = pool;
    this.#limits = limits;
  }

  /**
   * Adds cells of the rows `[from, to)` until the dictionary would pass its limits.
   * @returns the row that did not fit any more, or `to`
   */
  append(column: Column, from: number, to: number, bounds: TextBounds | undefined): number {
    const { data, offsets, validity, nulls } = column;
    if (this.count + to - from > this.#indices.length) this.#growIndices(this.count + to - from);
    const indices = this.#indices;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let count = this.count;
    let row = from;
    for (; row < to; row++) {
      if (nulls > 0 && (validity[row >> 3]! & (1 << (row & 7))) === 0) continue;
      const start = offsets[row]!;
      const end = offsets[row + 1]!;
      const index = this.#find(data, view, start, end, bounds);
      if (index < 0) break;
      indices[count++] = index;
      this.plainBytes += end - start + 4;
    }
    this.count = count;
    return row;
  }

  /** Writes the page's indices: their width in bits, then the runs. */
  writeIndices(page: Page): void {
    const width = Math.max(1, 32 - Math.clz32(Math.max(0, this.entries - 1)));
    page.reserve(1 + hybridBound(this.count, width));
    const { bytes } = page.block;
    bytes[page.end] = width;
    page.end = writeHybrid(this.#indices, this.count, width, bytes, page.end + 1);
    this.#endPage();
  }

  /** Writes the page's values in PLAIN encoding instead. */
  writePlain(page: Page): void {
    page.reserve(this.plainBytes);
    const to = page.block.bytes;
    const from = this.#data?.bytes;
    let at = page.end;
    for (let i = 0; i < this.count; i++) {
      const entry = this.#indices[i]!;
      const start = this.#starts[entry]!;
      const end = start + 4 + this.#lengths[entry]!;
      from!.copy(to, at, start, end);
      at += end - start;
    }
    page.end = at;
    this.#endPage();
  }

  /** Hands over the content of the dictionary page with the block it is in, and forgets all entries. */
  take(): { bytes: Uint8Array; block: Block | undefined } {
    const block = this.#data;
    const bytes = block === undefined ? new Uint8Array(0) : block.bytes.subarray(0, this.bytes);
    this.#data = undefined;
    this.clear();
    return { bytes, block };
  }

  /** Forgets all entries. */
  clear(): void {
    if (this.#data !== undefined) this.#pool.give(this.#data);
    this.#data = undefined;
    if (this.entries > 0) this.#slots.fill(0);
    this.entries = 0;
    this.bytes = 0;
    this.#endPage();
  }

  #endPage(): void {
    this.count = 0;
    this.plainBytes = 0;
  }

  /** The entry of a cell, a new one if need be, or -1 where it does not fit. */
  #find(
    data: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    bounds: TextBounds | undefined,
  ): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(view, start, end) & mask;
    for (let probes = 0; slots[slot] !== 0; probes++) {
      const entry = slots[slot]! - 1;
      if (
        this.#lengths[entry] === end - start &&
        equal(this.#data!.view, this.#starts[entry]! + 4, view, start, end)
      )
        return entry;
      if (probes === MOST_PROBES) return -1;
      slot = (slot + 1) & mask;
    }
    const size = end - start + 4;
    if (this.entries >= this.#limits.entries || this.bytes + size > this.#limits.bytes) return -1;
    bounds?.add(data, start, end);
    return this.#insert(slot, data, start, end);
  }

  #insert(slot: number, data: Uint8Array, start: number, end: number): number {
    const at = this.bytes;
    const length = end - start;
    this.#reserve(at + 4 + length);
    const { bytes } = this.#data!;
    bytes.writeUInt32LE(length, at);
    for (let from = start, to = at + 4; from < end; from++, to++) bytes[to] = data[from]!;
    this.bytes = at + 4 + length;
    const entry = this.entries++;
    if (entry === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#lengths = doubled(this.#lengths);
    }
    this.#starts[entry] = at;
    this.#lengths[entry] = length;
    this.#slots[slot] = entry + 1;
    if (this.entries * 2 > this.#slots.length) this.#growSlots();
    return entry;
  }

  #reserve(size: number): void {
    const old = this.#data;
    if (old !== undefined && size <= old.bytes.length) return;
    const block = this.#pool.take(size);
    if (old !== undefined) {
      block.bytes.set(old.bytes.subarray(0, this.bytes));
      this.#pool.give(old);
    }
    this.#data = block;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const { view } = this.#data!;
    for (let entry = 0; entry < this.entries; entry++) {
      const start = this.#starts[entry]! + 4;
      let slot = hash(view, start, start + this.#lengths[entry]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }

  #growIndices(needed: number): void {
    const larger = new Uint16Array(Math.max(needed, this.#indices.length * 2));
    larger.set(this.#indices.subarray(0, this.count));
    this.#indices = larger;
  }
}

/** Long cells are judged by a part of their bytes: the last 32 and eight from before. */
const WHOLE = 40;
const PRIME = 0x01000193;

function hash(view: DataView, start: number, end: number): number {
  let value = end - start;
  let at = start;
  if (end - start > WHOLE) {
    const step = (end - 32 - start) >> 3;
    for (let i = 0; i < 8; i++, at += step) value = Math.imul(value ^ view.getUint8(at), PRIME);
    at = end - 32;
  }
  for (; at + 4 <= end; at += 4) {
    value = Math.imul(value ^ view.getInt32(at, true), 0x9e3779b1);
    value ^= value >>> 15;
  }
  for (; at < end; at++) value = Math.imul(value ^ view.getUint8(at), PRIME);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** Whether `b[start, end)` stands in `a` at `at`; four bytes at a time, for this is where the time goes. */
function equal(a: DataView, at: number, b: DataView, start: number, end: number): boolean {
  let other = at;
  let next = start;
  for (; next + 4 <= end; next += 4, other += 4) {
    if (a.getInt32(other, true) !== b.getInt32(next, true)) return false;
  }
  for (; next < end; next++, other++) if (a.getUint8(other) !== b.getUint8(next)) return false;
  return true;
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
