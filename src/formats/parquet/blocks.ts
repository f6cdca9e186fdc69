/** A piece of memory for a page under construction, seen as bytes and as little-endian numbers. */
export interface Block {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** A block this large or larger has room for the levels of a full page beside its values. */
const ROOMY = 1 << 16;
const LEVEL_ROOM = 16 * 1024;
/** Larger blocks, made for single huge cells, are left to the garbage collector. */
const LARGEST_KEPT = 4 << 20;

/**
 * Lends blocks to the writers of one format and takes them back, so that pages, row groups and files reuse the
 * same memory. Sizes are powers of two, plus room for levels, except for huge blocks. At most `keep` bytes wait unused.
 */
export class BlockPool {
  readonly #keep: number;
  readonly #free = new Map<number, Block[]>();
  #kept = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** A block of at least so many bytes; its content is whatever was there before. */
  take(size: number): Block {
    const capacity = capacityFor(size);
    const block = this.#free.get(capacity)?.pop();
    if (block === undefined) return newBlock(capacity);
    this.#kept -= capacity;
    return block;
  }

  /** The block must not be touched by the caller afterwards. */
  give(block: Block): void {
    const capacity = block.bytes.length;
    if (capacity > LARGEST_KEPT || this.#kept + capacity > this.#keep) return;
    const list = this.#free.get(capacity);
    if (list === undefined) this.#free.set(capacity, [block]);
    else list.push(block);
    this.#kept += capacity;
  }
}

function capacityFor(size: number): number {
  if (size > LARGEST_KEPT) return Math.ceil(size / ROOMY) * ROOMY;
  let capacity = 1024;
  while (room(capacity) < size) capacity *= 2;
  return room(capacity);
}

function room(capacity: number): number {
  return capacity < ROOMY ? capacity : capacity + LEVEL_ROOM;
}

function newBlock(capacity: number): Block {
  const bytes = Buffer.allocUnsafeSlow(capacity);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    int32: new Int32Array(bytes.buffer),
    float32: new Float32Array(bytes.buffer),
    float64: new Float64Array(bytes.buffer),
  };
}
