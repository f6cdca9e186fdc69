/* The rows of batches divided by the values of their partition columns. */
import { hashBytes } from './dictionary';
import { allocate, free, reallocate } from './memory';
import { growSlots } from './slots';
import { copy, equal } from './texts';

/** Where the starts and lengths of a column's cells stand. */
@unmanaged
export class Cells {
  starts: usize;
  lengths: usize;
}

/**
 * The distinct values of the partition columns, numbered from 0 on in the order they come. Values are compared as
 * bytes, NULL apart from the empty text. A key is, cell by cell, its length (-1 for NULL) and its bytes.
 */
@unmanaged
export class PartitionKeys {
  count: u32;
  bytes: usize;
  used: u32;
  capacity: u32;
  /** Where each key begins; the next one's begin is its end. */
  begins: usize;
  beginCapacity: u32;
  /** 0, or a hash in the upper half and the number plus one in the lower. */
  slots: usize;
  slotCount: u32;
}

const FIRST_SLOTS: u32 = 1024;

export function newPartitionKeys(): usize {
  const address = allocate(offsetof<PartitionKeys>());
  memory.fill(address, 0, offsetof<PartitionKeys>());
  const k = changetype<PartitionKeys>(address);
  k.capacity = 4096;
  k.bytes = allocate(k.capacity);
  k.beginCapacity = 512;
  k.begins = allocate(k.beginCapacity << 2);
  store<u32>(k.begins, 0);
  setSlots(k, FIRST_SLOTS);
  return address;
}

export function freePartitionKeys(keys: usize): void {
  const k = changetype<PartitionKeys>(keys);
  free(k.bytes);
  free(k.begins);
  free(k.slots);
  free(keys);
}

/**
 * Writes the number of each row's values to `numbers`, and of each number that is new its row to `firstRows`; answers
 * how many numbers there are now.
 */
export function numberRows(
  keys: usize,
  columns: usize,
  count: i32,
  rows: i32,
  numbers: usize,
  firstRows: usize,
): i32 {
  const k = changetype<PartitionKeys>(keys);
  let last: i32 = -1;
  let first = firstRows;
  for (let row = 0; row < rows; row++) {
    if (last < 0 || !isKey(k, last, columns, count, row)) {
      const before = k.count;
      last = find(k, columns, count, row);
      if (k.count > before) {
        store<u32>(first, row);
        first += 4;
      }
    }
    store<u32>(numbers + (<usize>row << 2), last);
  }
  return k.count;
}

function isKey(k: PartitionKeys, number: u32, columns: usize, count: i32, row: i32): bool {
  let at = k.bytes + load<u32>(k.begins + (<usize>number << 2));
  for (let i = 0; i < count; i++) {
    const cells = changetype<Cells>(columns + i * offsetof<Cells>());
    const length = load<i32>(cells.lengths + (<usize>row << 2));
    if (load<i32>(at) != length) return false;
    at += 4;
    if (length <= 0) continue;
    if (!equal(at, load<u32>(cells.starts + (<usize>row << 2)), length)) return false;
    at += length;
  }
  return true;
}

function find(k: PartitionKeys, columns: usize, count: i32, row: i32): u32 {
  let hash: u32 = 0;
  for (let i = 0; i < count; i++) {
    const cells = changetype<Cells>(columns + i * offsetof<Cells>());
    const length = load<i32>(cells.lengths + (<usize>row << 2));
    const cell = length < 0 ? 0x5bd1e995 : hashBytes(load<u32>(cells.starts + (<usize>row << 2)), length);
    hash = (rotl(hash, 13) ^ cell) * 0x9e3779b1;
  }
  hash ^= hash >> 15;
  const mask = k.slotCount - 1;
  let slot = hash & mask;
  while (true) {
    const found = load<u64>(k.slots + (<usize>slot << 3));
    if (found == 0) break;
    if (<u32>(found >> 32) == hash && isKey(k, <u32>found - 1, columns, count, row)) return <u32>found - 1;
    slot = (slot + 1) & mask;
  }
  const number = add(k, columns, count, row);
  store<u64>(k.slots + (<usize>slot << 3), (<u64>hash << 32) | (number + 1));
  if (k.count * 2 > k.slotCount) setSlots(k, k.slotCount * 2);
  return number;
}

function add(k: PartitionKeys, columns: usize, count: i32, row: i32): u32 {
  let size: u32 = 0;
  for (let i = 0; i < count; i++) {
    const cells = changetype<Cells>(columns + i * offsetof<Cells>());
    size += 4 + max(0, load<i32>(cells.lengths + (<usize>row << 2)));
  }
  if (k.used + size > k.capacity) {
    k.capacity = max(k.used + size, k.capacity * 2);
    k.bytes = reallocate(k.bytes, k.capacity);
  }
  let at = k.bytes + k.used;
  for (let i = 0; i < count; i++) {
    const cells = changetype<Cells>(columns + i * offsetof<Cells>());
    const length = load<i32>(cells.lengths + (<usize>row << 2));
    store<i32>(at, length);
    at += 4;
    if (length <= 0) continue;
    copy(at, load<u32>(cells.starts + (<usize>row << 2)), length);
    at += length;
  }
  k.used += size;
  const number = k.count++;
  if (k.count == k.beginCapacity) {
    k.beginCapacity *= 2;
    k.begins = reallocate(k.begins, <usize>k.beginCapacity << 2);
  }
  store<u32>(k.begins + (<usize>k.count << 2), k.used);
  return number;
}

function setSlots(k: PartitionKeys, slotCount: u32): void {
  k.slots = growSlots(k.slots, k.slotCount, slotCount);
  k.slotCount = slotCount;
}

/** Adds 1 to `counts[number]` for each row. */
export function countRows(numbers: usize, rows: i32, counts: usize): void {
  for (let row = 0; row < rows; row++) {
    const slot = counts + (<usize>load<u32>(numbers + (<usize>row << 2)) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
}

/** Turns counts into where each number's rows begin; `begins` has one more, the end of the last. */
export function sumCounts(counts: usize, count: i32, begins: usize): void {
  let sum: u32 = 0;
  for (let i = 0; i < count; i++) {
    store<u32>(begins + (<usize>i << 2), sum);
    const rows = load<u32>(counts + (<usize>i << 2));
    // From now on the place of the number's next row.
    store<u32>(counts + (<usize>i << 2), sum);
    sum += rows;
  }
  store<u32>(begins + (<usize>count << 2), sum);
}

/** Gives each row its place among the rows of its number, in place of the number. */
export function placeRows(numbers: usize, rows: i32, next: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = numbers + (<usize>row << 2);
    const slot = next + (<usize>load<u32>(at) << 2);
    const place = load<u32>(slot);
    store<u32>(slot, place + 1);
    store<u32>(at, place);
  }
}

/** Copies where a batch's cells lie to the places of their rows. */
export function scatterCells(
  starts: usize,
  lengths: usize,
  rows: i32,
  places: usize,
  outStarts: usize,
  outLengths: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const place = <usize>load<u32>(places + (<usize>row << 2)) << 2;
    store<u32>(outStarts + place, load<u32>(starts + (<usize>row << 2)));
    store<i32>(outLengths + place, load<i32>(lengths + (<usize>row << 2)));
  }
}

/*
 * A piece is some rows as one run of bytes that can lie in a file and be used as it is read: the number of rows, 32
 * bits; for each column its lengths; then for each column its cells; filled up to a multiple of eight.
 */

/** The size of the piece of the rows `[from, to)`. */
export function pieceSize(columns: usize, count: i32, from: i32, to: i32): u32 {
  let size: u32 = 4 + <u32>(to - from) * count * 4;
  for (let i = 0; i < count; i++) {
    const lengths = changetype<Cells>(columns + i * offsetof<Cells>()).lengths;
    for (let row = from; row < to; row++) size += max(0, load<i32>(lengths + (<usize>row << 2)));
  }
  return (size + 7) & ~7;
}

export function writePiece(columns: usize, count: i32, from: i32, to: i32, out: usize): void {
  const rows = to - from;
  store<u32>(out, rows);
  let at = out + 4 + <usize>rows * count * 4;
  for (let i = 0; i < count; i++) {
    const cells = changetype<Cells>(columns + i * offsetof<Cells>());
    const starts = cells.starts;
    const lengths = cells.lengths + (<usize>from << 2);
    memory.copy(out + 4 + <usize>rows * i * 4, lengths, <usize>rows << 2);
    for (let row = from; row < to; row++) {
      const length = load<i32>(cells.lengths + (<usize>row << 2));
      if (length <= 0) continue;
      copy(at, load<u32>(starts + (<usize>row << 2)), length);
      at += length;
    }
  }
}

/** Writes where the cells of a piece lie, column by column; answers the end of the piece. */
export function pieceStarts(piece: usize, count: i32, starts: usize): usize {
  const cells = load<u32>(piece) * count;
  let at = piece + 4 + (<usize>cells << 2);
  for (let i: u32 = 0; i < cells; i++) {
    store<u32>(starts + (<usize>i << 2), <u32>at);
    at += max(0, load<i32>(piece + 4 + (<usize>i << 2)));
  }
  return piece + ((at - piece + 7) & ~7);
}

/** The bytes of the cells of rows. */
export function cellBytes(lengths: usize, from: i32, to: i32): u32 {
  let size: u32 = 0;
  for (let row = from; row < to; row++) size += max(0, load<i32>(lengths + (<usize>row << 2)));
  return size;
}
