import { allBytes, allocate, bytesAt, clear, free, kernels, reallocate } from '../../kernels/kernels.ts';
import type { Column } from '../../rows/batch.ts';

/** Room before the values for the levels of a page without mixed nulls, a multiple of all alignments. */
const UNIFORM = 16;
/** The same where there may be NULLs: enough for the levels of so many rows; more of them push the values back. */
const MIXED_ROWS = 8192 - 128;
const MIXED = UNIFORM + MIXED_ROWS / 8;
/** What a page takes at first… */
const SMALL = 512;
/** …unless the one before it was so large; then it takes as much as that. */
const LARGE = 512 << 10;

/** The memory of a finished page: `bytes` is a view of it, to be given back by {@link release}. */
export interface PageMemory {
  readonly bytes: Buffer;
  release(): void;
}

/** Bytes at an address that are freed on release. @param from where in the memory they begin */
export function pageMemory(address: number, from: number, length: number): PageMemory {
  return { bytes: bytesAt(address + from, length), release: () => free(address) };
}

/**
 * A data page under construction, in the memory of the kernels: values, and NULLs in a bitmap that exists from the
 * first NULL on. A page of a column without rows takes no memory.
 */
export class Page {
  /** Rows, and those of them that are NULL. */
  rows = 0;
  nulls = 0;
  /** The bytes of values so far; a writer sets it after writing at {@link end}. */
  size = 0;
  #address = 0;
  #capacity = 0;
  #bitmap = 0;
  #bitmapCapacity = 0;
  /** What the next page takes at first. */
  #first = SMALL;
  readonly #headroom: number;

  /** @param nullable whether the column may hold NULLs */
  constructor(nullable: boolean) {
    this.#headroom = nullable ? MIXED : UNIFORM;
  }

  get values(): number {
    return this.rows - this.nulls;
  }

  /** The bytes of memory taken. */
  get held(): number {
    return this.#capacity + this.#bitmapCapacity;
  }

  /** The address of the first value; it changes with {@link reserve}. */
  get start(): number {
    return this.#address + this.#headroom;
  }

  /** The address behind the last value. */
  get end(): number {
    return this.#address + this.#headroom + this.size;
  }

  /** Makes room for so many bytes behind {@link end}. */
  reserve(bytes: number): void {
    const needed = this.#headroom + this.size + bytes;
    if (needed <= this.#capacity) return;
    const capacity = Math.max(needed, this.#first, this.#capacity + (this.#capacity >> 1));
    this.#address = this.#address === 0 ? allocate(capacity) : reallocate(this.#address, capacity);
    this.#capacity = capacity;
  }

  /** Puts a byte behind the last value, where there is room; {@link size} is the writer's to change. */
  writeByte(value: number): void {
    allBytes()[this.end] = value;
  }

  /** Notes which of the rows `[from, to)` of a column are NULL. @param known whether there may be any */
  addRows(column: Column, from: number, to: number, known: boolean): void {
    const at = this.rows;
    this.rows += to - from;
    if (!known && this.#bitmap === 0) return;
    this.#growBitmap(at);
    this.nulls += kernels.addLevels(column.lengths.byteOffset, from, to, this.#bitmap, at);
  }

  /**
   * The finished page: the length of the definition levels, the levels, the values ("Data Pages" in the
   * format's README; a flat column has no repetition levels). The page is empty afterwards.
   */
  take(): PageMemory {
    const mixed = this.nulls > 0 && this.nulls < this.rows;
    this.reserve(0);
    const start = mixed ? this.#mixedLevels() : this.#uniformLevels();
    const taken = pageMemory(this.#address, start, this.#headroom + this.size - start);
    this.#first = this.#capacity >= LARGE ? this.#headroom + this.size : SMALL;
    free(this.#bitmap);
    this.#empty();
    return taken;
  }

  /** Gives the memory back. */
  drop(): void {
    free(this.#address);
    free(this.#bitmap);
    this.#empty();
  }

  #empty(): void {
    this.#address = 0;
    this.#capacity = 0;
    this.#bitmap = 0;
    this.#bitmapCapacity = 0;
    this.rows = 0;
    this.nulls = 0;
    this.size = 0;
  }

  /** One repeated run; it fits into the headroom. Returns where the page starts. */
  #uniformLevels(): number {
    const bytes = bytesAt(this.#address, this.#headroom);
    const length = writeVarint(bytes, 0, this.rows * 2) + 1;
    const start = this.#headroom - 4 - length;
    bytes.writeUInt32LE(length, start);
    bytes[writeVarint(bytes, start + 4, this.rows * 2)] = this.nulls === 0 ? 1 : 0;
    return start;
  }

  /** One packed run, which is the bitmap itself. */
  #mixedLevels(): number {
    const groups = (this.rows + 7) >> 3;
    const needed = 4 + 5 + groups;
    const push = Math.max(0, needed - this.#headroom);
    if (push > 0) {
      this.reserve(push);
      kernels.move(this.start + push, this.start, this.size);
      this.size += push;
    }
    const levels = this.#headroom + push - groups;
    kernels.move(this.#address + levels, this.#bitmap, groups);
    const bytes = bytesAt(this.#address, levels);
    const header = writeVarint(bytes, 0, groups * 2 + 1);
    const start = levels - header - 4;
    bytes.writeUInt32LE(header + groups, start);
    writeVarint(bytes, start + 4, groups * 2 + 1);
    return start;
  }

  /** Room for all rows; rows before `filled` are made values when it is new. */
  #growBitmap(filled: number): void {
    const needed = (this.rows + 7) >> 3;
    if (needed <= this.#bitmapCapacity) return;
    const capacity = Math.max(64, needed, this.#bitmapCapacity * 2);
    if (this.#bitmap === 0) {
      this.#bitmap = allocate(capacity);
      clear(this.#bitmap, capacity);
      allBytes().fill(255, this.#bitmap, this.#bitmap + ((filled + 7) >> 3));
    } else this.#bitmap = reallocate(this.#bitmap, capacity);
    this.#bitmapCapacity = capacity;
  }
}

/** Writes an unsigned number below 2^31 as a varint and returns the position behind it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest > 127) {
    out[to++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[to++] = rest;
  return to;
}
