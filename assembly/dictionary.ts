/*
 * The distinct byte strings of one column chunk ("Dictionary Encoding" in Encodings.md). Entries stand in PLAIN
 * encoding, a length and the bytes, as the dictionary page wants them; an open-addressing hash table finds them. The
 * indices of the page under construction are kept here too.
 */
import { allocate, free, reallocate } from './memory';
import { setBad } from './outcome';
import { growSlots } from './slots';
import { addText, copy, equal, isUtf8 } from './texts';

@unmanaged
export class Dictionary {
  entries: u32;
  /** The bytes of all entries in PLAIN encoding. */
  bytes: u32;
  /** The values of the page under construction, and their bytes had they been written plain. */
  count: u32;
  plainBytes: u32;
  /** Limits; at most 65536 entries, for indices are kept in 16 bits. */
  maxBytes: u32;
  maxEntries: u32;
  /** Whether entries have to be UTF-8. */
  utf8: u32;
  bounds: usize;
  data: usize;
  dataCapacity: u32;
  /** Where each entry begins in the data. */
  entryStarts: usize;
  entryCapacity: u32;
  /** A power of two of slots, 0 or a hash in the upper half and the entry plus one in the lower. */
  slots: usize;
  slotCount: u32;
  indices: usize;
  indexCapacity: u32;
}

/** Cells that meet so many others on their way are a sign of a bad fit. */
const MOST_PROBES: u32 = 64;
const FIRST_SLOTS: u32 = 16;

export function newDictionary(maxBytes: u32, maxEntries: u32, utf8: u32, bounds: usize): usize {
  const address = allocate(offsetof<Dictionary>());
  memory.fill(address, 0, offsetof<Dictionary>());
  const d = changetype<Dictionary>(address);
  d.maxBytes = maxBytes;
  d.maxEntries = maxEntries;
  d.utf8 = utf8;
  d.bounds = bounds;
  return address;
}

/** Forgets all entries and gives their memory back. */
export function clearDictionary(dictionary: usize): void {
  const d = changetype<Dictionary>(dictionary);
  free(d.data);
  free(d.entryStarts);
  free(d.slots);
  free(d.indices);
  d.data = 0;
  d.entryStarts = 0;
  d.slots = 0;
  d.indices = 0;
  d.dataCapacity = 0;
  d.entryCapacity = 0;
  d.slotCount = 0;
  d.indexCapacity = 0;
  d.entries = 0;
  d.bytes = 0;
  endDictionaryPage(dictionary);
}

export function endDictionaryPage(dictionary: usize): void {
  const d = changetype<Dictionary>(dictionary);
  d.count = 0;
  d.plainBytes = 0;
}

/** Hands over the content of the dictionary page, `bytes` of it; its memory is the caller's. */
export function takeDictionary(dictionary: usize): usize {
  const d = changetype<Dictionary>(dictionary);
  const data = d.data;
  d.data = 0;
  return data;
}

/**
 * Adds the cells of the rows `[from, to)` until the dictionary would pass its limits; answers the row that did not
 * fit any more, or `to`, or -1 with the row in {@link setBad} where a cell is not UTF-8.
 */
export function addToDictionary(dictionary: usize, starts: usize, lengths: usize, from: i32, to: i32): i32 {
  const d = changetype<Dictionary>(dictionary);
  const needed = d.count + <u32>(to - from);
  if (needed > d.indexCapacity) {
    d.indexCapacity = max(needed, d.indexCapacity * 2);
    d.indices = d.indices == 0 ? allocate(d.indexCapacity << 1) : reallocate(d.indices, d.indexCapacity << 1);
  }
  if (d.slotCount == 0) setSlots(d, FIRST_SLOTS);
  const indices = d.indices;
  let count = d.count;
  let plain = d.plainBytes;
  let last: i32 = -1;
  let lastStart: usize = 0;
  let lastLength: i32 = -1;
  let row = from;
  for (; row < to; row++) {
    const length = load<i32>(lengths + (<usize>row << 2));
    if (length < 0) continue;
    const start = <usize>load<u32>(starts + (<usize>row << 2));
    let entry = last;
    if (length != lastLength || !equal(start, lastStart, length)) {
      entry = find(d, start, length);
      if (entry < 0) break;
      last = entry;
      lastStart = start;
      lastLength = length;
    }
    store<u16>(indices + (<usize>count << 1), <u16>entry);
    count++;
    plain += length + 4;
  }
  d.count = count;
  d.plainBytes = plain;
  if (row < to && notUtf8) {
    notUtf8 = false;
    setBad(row, -1);
    return -1;
  }
  return row;
}

let notUtf8: bool = false;

// @ts-ignore: decorators on functions are AssemblyScript's
@inline
export function hashBytes(start: usize, length: i32): u32 {
  let h: u64 = <u64>length * 0x9e3779b97f4a7c15;
  let at = start;
  const end = start + length;
  for (; at + 8 <= end; at += 8) {
    h = (h ^ load<u64>(at)) * 0xff51afd7ed558ccd;
    h ^= h >> 32;
  }
  let rest: u64 = 0;
  for (; at < end; at++) rest = (rest << 8) | load<u8>(at);
  h = (h ^ rest) * 0xc4ceb9fe1a85ec53;
  return <u32>(h ^ (h >> 32));
}

/** The entry of a cell, a new one if need be, or -1 where it does not fit. */
function find(d: Dictionary, start: usize, length: i32): i32 {
  const hash = hashBytes(start, length);
  const mask = d.slotCount - 1;
  const slots = d.slots;
  let slot = hash & mask;
  for (let probes: u32 = 0; true; probes++) {
    const found = load<u64>(slots + (<usize>slot << 3));
    if (found == 0) break;
    if (<u32>(found >> 32) == hash) {
      const entry = <u32>found - 1;
      const at = d.data + load<u32>(d.entryStarts + (<usize>entry << 2));
      if (load<i32>(at) == length && equal(at + 4, start, length)) return entry;
    }
    if (probes == MOST_PROBES) return -1;
    slot = (slot + 1) & mask;
  }
  const size = <u32>length + 4;
  if (d.entries >= d.maxEntries || d.bytes + size > d.maxBytes) return -1;
  if (d.utf8 != 0 && !isUtf8(start, length)) {
    notUtf8 = true;
    return -1;
  }
  if (d.bounds != 0) addText(d.bounds, start, length);
  return insert(d, hash, slot, start, length);
}

function insert(d: Dictionary, hash: u32, slot: u32, start: usize, length: i32): i32 {
  const at = d.bytes;
  const end = at + <u32>length + 4;
  if (end > d.dataCapacity) {
    d.dataCapacity = max<u32>(end, max<u32>(256, d.dataCapacity * 2));
    d.data = d.data == 0 ? allocate(d.dataCapacity) : reallocate(d.data, d.dataCapacity);
  }
  store<u32>(d.data + at, length);
  copy(d.data + at + 4, start, length);
  d.bytes = end;
  const entry = d.entries++;
  if (entry == d.entryCapacity) {
    d.entryCapacity = max<u32>(8, d.entryCapacity * 2);
    const size = <usize>d.entryCapacity << 2;
    d.entryStarts = d.entryStarts == 0 ? allocate(size) : reallocate(d.entryStarts, size);
  }
  store<u32>(d.entryStarts + (<usize>entry << 2), at);
  store<u64>(d.slots + (<usize>slot << 3), (<u64>hash << 32) | (entry + 1));
  if (d.entries * 2 > d.slotCount) setSlots(d, d.slotCount * 2);
  return entry;
}

function setSlots(d: Dictionary, slotCount: u32): void {
  d.slots = growSlots(d.slots, d.slotCount, slotCount);
  d.slotCount = slotCount;
}

/** Writes the values of the page in PLAIN encoding and answers where they end. */
export function plainFromDictionary(dictionary: usize, out: usize): usize {
  const d = changetype<Dictionary>(dictionary);
  let at = out;
  for (let i: u32 = 0; i < d.count; i++) {
    const entry = load<u16>(d.indices + (<usize>i << 1));
    const from = d.data + load<u32>(d.entryStarts + (<usize>entry << 2));
    const size = load<i32>(from) + 4;
    copy(at, from, size);
    at += size;
  }
  return at;
}
