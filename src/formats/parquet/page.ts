import type { Column } from '../../rows/batch.ts';
import type { Block, BlockPool } from './blocks.ts';
import { writeVarint } from './hybrid.ts';

/** Values start here, aligned for all views; the levels of a page without mixed nulls fit before them. */
export const HEADROOM = 16;

/**
 * A data page under construction: values in a borrowed block, NULLs in a bitmap that exists from the first NULL
 * on. Memory is borrowed with the first row, so that a page of a column without rows costs nothing.
 */
export class Page {
  /** Rows, and those of them that are NULL. */
  rows = 0;
  nulls = 0;
  /** The position behind the last value in {@link block}. */
  end = HEADROOM;
  /** The number of values when {@link addRows} was last called. */
  stored = 0;
  readonly #pool: BlockPool;
  #block: Block | undefined;
  #validity: Uint8Array | undefined;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** The memory of the values; changes with {@link reserve}. */
  get block(): Block {
    return (this.#block ??= this.#pool.take(256));
  }

  /** The bytes of values so far. */
  get size(): number {
    return this.end - HEADROOM;
  }

  get values(): number {
    return this.rows - this.nulls;
  }

  /** Makes room for so many bytes behind {@link end}. */
  reserve(bytes: number): void {
    const old = this.#block;
    if (old !== undefined && this.end + bytes <= old.bytes.length) return;
    const block = this.#pool.take(this.end + bytes);
    if (old !== undefined) {
      block.bytes.set(old.bytes.subarray(0, this.end));
      this.#pool.give(old);
    }
    this.#block = block;
  }

  /** Notes which of the rows `[from, to)` of a column are NULL. */
  addRows(column: Column, from: number, to: number): void {
    const at = this.rows;
    this.stored = this.values;
    this.rows += to - from;
    if (column.nulls === 0) {
      if (this.#validity !== undefined) setBits(this.#bitmap(), at, this.rows);
      return;
    }
    const bitmap = this.#bitmap(at);
    const { validity } = column;
    let nulls = 0;
    for (let row = from, bit = at; row < to; row++, bit++) {
      if ((validity[row >> 3]! & (1 << (row & 7))) !== 0) bitmap[bit >> 3]! |= 1 << (bit & 7);
      else {
        bitmap[bit >> 3]! &= ~(1 << (bit & 7));
        nulls++;
      }
    }
    this.nulls += nulls;
  }

  /** Makes a row that {@link addRows} took as a value a NULL. */
  reject(row: number): void {
    this.#bitmap(this.rows)[row >> 3]! &= ~(1 << (row & 7));
    this.nulls++;
  }

  /**
   * The finished page: the length of the definition levels, the levels, the values ("Data Pages" in the
   * format's README; a flat column has no repetition levels). The page is empty afterwards and the block the
   * caller's, to give back to the pool when `bytes` is no longer needed.
   */
  take(): { bytes: Uint8Array; block: Block } {
    const mixed = this.nulls > 0 && this.nulls < this.rows;
    const start = mixed ? this.#mixedLevels() : this.#uniformLevels();
    const block = this.block;
    const bytes = block.bytes.subarray(start, this.end);
    this.#block = undefined;
    this.#validity = undefined;
    this.rows = 0;
    this.nulls = 0;
    this.end = HEADROOM;
    return { bytes, block };
  }

  /** Gives borrowed memory back. */
  drop(): void {
    if (this.#block !== undefined) this.#pool.give(this.#block);
    this.#block = undefined;
  }

  /** One repeated run; it fits into the headroom. Returns where the page starts. */
  #uniformLevels(): number {
    const { bytes } = this.block;
    const length = writeVarint(bytes, 0, this.rows * 2) + 1;
    const start = HEADROOM - 4 - length;
    bytes.writeUInt32LE(length, start);
    bytes[writeVarint(bytes, start + 4, this.rows * 2)] = this.nulls === 0 ? 1 : 0;
    return start;
  }

  /** One packed run, which is the bitmap itself. The values make way for it. */
  #mixedLevels(): number {
    const groups = (this.rows + 7) >> 3;
    const room = 4 + 5 + groups;
    this.reserve(room);
    const { bytes } = this.block;
    bytes.copyWithin(HEADROOM + room, HEADROOM, this.end);
    const levels = HEADROOM + room - groups;
    const header = writeVarint(bytes, 0, groups * 2 + 1);
    const start = levels - header - 4;
    bytes.writeUInt32LE(header + groups, start);
    writeVarint(bytes, start + 4, groups * 2 + 1);
    bytes.set(this.#bitmap().subarray(0, groups), levels);
    this.end += room;
    return start;
  }

  /** The bitmap with room for all rows; rows before `filled` are made values when it is new. */
  #bitmap(filled = 0): Uint8Array {
    const needed = (this.rows + 7) >> 3;
    let bitmap = this.#validity;
    if (bitmap === undefined) {
      bitmap = new Uint8Array(Math.max(64, needed));
      setBits(bitmap, 0, filled);
    } else if (bitmap.length < needed) {
      const larger = new Uint8Array(Math.max(needed, bitmap.length * 2));
      larger.set(bitmap);
      bitmap = larger;
    }
    this.#validity = bitmap;
    return bitmap;
  }
}

function setBits(bitmap: Uint8Array, from: number, to: number): void {
  let bit = from;
  for (; bit < to && (bit & 7) !== 0; bit++) bitmap[bit >> 3]! |= 1 << (bit & 7);
  const bytes = to >> 3;
  if (bit < to && bit >> 3 < bytes) {
    bitmap.fill(255, bit >> 3, bytes);
    bit = bytes << 3;
  }
  for (; bit < to; bit++) bitmap[bit >> 3]! |= 1 << (bit & 7);
}
