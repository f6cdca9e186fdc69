import { free, kernels, readUint32 } from '../../kernels/kernels.ts';
import type { Column } from '../../rows/batch.ts';
import { BadCell } from '../bad-value.ts';
import type { Page, PageMemory } from './page.ts';
import { pageMemory } from './page.ts';

/** How large a dictionary may become before its column chunk goes on in plain encoding. */
export interface DictionaryLimits {
  readonly bytes: number;
  /** At most 65536, for indices are kept in 16 bits. */
  readonly entries: number;
}

/** Where the numbers that are read here stand (assembly/dictionary.ts). */
const FIELD = {
  entries: 0,
  bytes: 4,
  count: 8,
  plainBytes: 12,
  dataCapacity: 36,
  slotCount: 52,
  indices: 56,
  indexCapacity: 60,
};

/** The distinct byte strings of one column chunk and the indices of the page under construction. */
export class Dictionary {
  readonly #address: number;

  /** @param bounds the address of the text bounds that entries are added to, or 0 */
  constructor(limits: DictionaryLimits, utf8: boolean, bounds: number) {
    this.#address = kernels.newDictionary(limits.bytes, limits.entries, utf8 ? 1 : 0, bounds) >>> 0;
  }

  get entries(): number {
    return readUint32(this.#address + FIELD.entries);
  }

  /** The bytes of all entries in PLAIN encoding. */
  get bytes(): number {
    return readUint32(this.#address + FIELD.bytes);
  }

  /** The values of the page under construction, and their bytes had they been written plain. */
  get count(): number {
    return readUint32(this.#address + FIELD.count);
  }

  get plainBytes(): number {
    return readUint32(this.#address + FIELD.plainBytes);
  }

  /** About the bytes of memory taken. */
  get held(): number {
    return (
      readUint32(this.#address + FIELD.dataCapacity) +
      8 * readUint32(this.#address + FIELD.slotCount) +
      2 * readUint32(this.#address + FIELD.indexCapacity)
    );
  }

  /**
   * Adds cells of the rows `[from, to)` until the dictionary would pass its limits.
   * @returns the row that did not fit any more, or `to`
   * @throws BadCell
   */
  append({ starts, lengths }: Column, from: number, to: number): number {
    const row = kernels.addToDictionary(this.#address, starts.byteOffset, lengths.byteOffset, from, to);
    if (row < 0) throw new BadCell(kernels.getBadRow());
    return row;
  }

  /** Writes the page's indices: their width in bits, then the runs. */
  writeIndices(page: Page): void {
    const { count } = this;
    const width = Math.max(1, 32 - Math.clz32(Math.max(0, this.entries - 1)));
    page.reserve(1 + hybridBound(count, width));
    const indices = readUint32(this.#address + FIELD.indices);
    const begin = page.end;
    page.writeByte(width);
    page.size += 1 + ((kernels.writeHybrid(indices, count, width, begin + 1) >>> 0) - (begin + 1));
    kernels.endDictionaryPage(this.#address);
  }

  /** Writes the page's values in PLAIN encoding instead. */
  writePlain(page: Page): void {
    page.reserve(this.plainBytes);
    const begin = page.end;
    page.size += (kernels.plainFromDictionary(this.#address, begin) >>> 0) - begin;
    kernels.endDictionaryPage(this.#address);
  }

  /** Hands over the content of the dictionary page, and forgets all entries. */
  take(): PageMemory {
    const { bytes } = this;
    const taken = pageMemory(kernels.takeDictionary(this.#address) >>> 0, 0, bytes);
    this.clear();
    return taken;
  }

  /** Forgets all entries. */
  clear(): void {
    kernels.clearDictionary(this.#address);
  }

  /** Gives all memory back. */
  drop(): void {
    this.clear();
    free(this.#address);
  }
}

/** The bytes that the hybrid encoding needs at most. */
function hybridBound(count: number, width: number): number {
  // Worst: single groups of eight alternate between packed and repeated runs, each with its own header.
  return 16 + Math.ceil(count / 8) * (width + 4);
}
