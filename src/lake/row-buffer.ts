import { BatchBuilder, type Batch, isValid } from '../rows/batch.ts';

/** Memory is taken in slabs of this size. */
const SLAB = 1 << 20;
/** The first segment of a partition, doubled up to the last size as the partition grows. */
const FIRST_SEGMENT = 512;
const LAST_SEGMENT = 64 << 10;

/** A run of whole rows of one partition in memory. */
interface Segment {
  readonly slab: Buffer;
  readonly start: number;
  end: number;
  readonly limit: number;
}

/** The rows of one partition that are in memory, oldest first. */
export interface RowList {
  rows: number;
  bytes: number;
  segments: Segment[];
}

/**
 * Rows kept as bytes in a few large slabs, so that a hundred thousand partitions cost no more than their data.
 * A row is its cells in order, each a length + 1 as a varint (0 for NULL) and the bytes.
 */
export class RowBuffer {
  /** Bytes of memory held. */
  held = 0;
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;
  #spare: Buffer[] = [];
  #inUse: Buffer[] = [];

  list(): RowList {
    return { rows: 0, bytes: 0, segments: [] };
  }

  /** Appends row `row` of a batch, taking the given columns in order. */
  append(list: RowList, batch: Batch, row: number, columns: readonly number[]): void {
    const size = rowSize(batch, row, columns);
    let segment = list.segments.at(-1);
    if (segment === undefined || segment.end + size > segment.limit) {
      segment = this.#segment(size, list.segments.length);
      list.segments.push(segment);
    }
    segment.end = writeRow(segment.slab, segment.end, batch, row, columns);
    list.rows++;
    list.bytes += size;
  }

  /** Gives all memory back; every list made before is void. */
  clear(): void {
    this.#spare.push(...this.#inUse.filter((slab) => slab.length === SLAB));
    this.#inUse = [];
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
    this.held = 0;
  }

  #segment(size: number, ordinal: number): Segment {
    const wanted = Math.max(size, Math.min(LAST_SEGMENT, FIRST_SEGMENT << Math.min(ordinal, 7)));
    if (wanted > SLAB / 4) {
      const slab = Buffer.allocUnsafeSlow(wanted);
      this.#inUse.push(slab);
      this.held += wanted;
      return { slab, start: 0, end: 0, limit: wanted };
    }
    if (this.#used + wanted > this.#slab.length) {
      this.#slab = this.#spare.pop() ?? Buffer.allocUnsafeSlow(SLAB);
      this.#inUse.push(this.#slab);
      this.#used = 0;
      this.held += SLAB;
    }
    const start = this.#used;
    this.#used += wanted;
    return { slab: this.#slab, start, end: start, limit: start + wanted };
  }
}

/** The bytes of a list's rows, oldest first. */
export function* listBytes(list: RowList): Iterable<Buffer> {
  for (const segment of list.segments) yield segment.slab.subarray(segment.start, segment.end);
}

/** Decodes whole rows and hands batches on as they fill; what is left stays in the builder. */
export async function decodeRows(
  bytes: Buffer,
  columns: number,
  builder: BatchBuilder,
  emit: (batch: Batch) => Promise<void>,
): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    for (let column = 0; column < columns; column++) {
      let size = 0;
      let shift = 1;
      let byte: number;
      do {
        byte = bytes[at++]!;
        size += (byte & 0x7f) * shift;
        shift *= 128;
      } while (byte >= 0x80);
      if (size === 0) builder.appendNull(column);
      else {
        builder.append(column, bytes, at, at + size - 1);
        at += size - 1;
      }
    }
    builder.endRow();
    if (builder.full) await emit(builder.take());
  }
}

function rowSize(batch: Batch, row: number, columns: readonly number[]): number {
  let size = 0;
  for (let i = 0; i < columns.length; i++) {
    const column = batch.columns[columns[i]!]!;
    if (isValid(column, row)) {
      const length = column.offsets[row + 1]! - column.offsets[row]!;
      size += length + varintSize(length + 1);
    } else size++;
  }
  return size;
}

function writeRow(target: Buffer, at: number, batch: Batch, row: number, columns: readonly number[]): number {
  for (let i = 0; i < columns.length; i++) {
    const column = batch.columns[columns[i]!]!;
    if (!isValid(column, row)) {
      target[at++] = 0;
      continue;
    }
    const start = column.offsets[row]!;
    const end = column.offsets[row + 1]!;
    let value = end - start + 1;
    while (value >= 0x80) {
      target[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    target[at++] = value;
    const data = column.data;
    if (end - start < 48) for (let from = start; from < end;) target[at++] = data[from++]!;
    else {
      target.set(data.subarray(start, end), at);
      at += end - start;
    }
  }
  return at;
}

function varintSize(value: number): number {
  let size = 1;
  while (value >= 0x80) {
    value = Math.floor(value / 128);
    size++;
  }
  return size;
}
