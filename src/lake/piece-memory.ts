/** Memory is taken in slabs of this size; what is larger than a quarter of it gets its own. */
const SLAB = 1 << 20;

/** Memory for pieces: a few large slabs, used again and again. */
export class PieceMemory {
  /** Bytes of memory taken. */
  bytes = 0;
  #slabs: Buffer[] = [];
  #spare: Buffer[] = [];
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Memory that begins at a multiple of four. @param size a multiple of four */
  take(size: number): Buffer {
    if (size > SLAB / 4) {
      this.bytes += size;
      return Buffer.allocUnsafeSlow(size);
    }
    if (this.#used + size > this.#slab.length) {
      this.#slab = this.#spare.pop() ?? Buffer.allocUnsafeSlow(SLAB);
      this.#slabs.push(this.#slab);
      this.#used = 0;
      this.bytes += SLAB;
    }
    this.#used += size;
    return this.#slab.subarray(this.#used - size, this.#used);
  }

  /** Begins anew; the memory that was taken comes back with {@link give} when it is not needed any more. */
  detach(): readonly Buffer[] {
    const slabs = this.#slabs;
    this.#slabs = [];
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
    this.bytes = 0;
    return slabs;
  }

  /** Makes memory free for new pieces; those in it are void. */
  give(slabs: readonly Buffer[]): void {
    this.#spare.push(...slabs);
  }

  /** Gives up the memory that is free. */
  trim(): void {
    this.#spare = [];
  }
}
