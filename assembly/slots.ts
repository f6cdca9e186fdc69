/*
 * The slots of an open-addressing hash table: a power of two of them, 64 bits each, 0 or a hash in the upper half and a
 * number plus one in the lower.
 */
import { allocate, free } from './memory';

/** Moves what is in `count` slots (none where `slots` is 0) into `larger` ones, and answers where those are. */
export function growSlots(slots: usize, count: u32, larger: u32): usize {
  const grown = allocate(<usize>larger << 3);
  memory.fill(grown, 0, <usize>larger << 3);
  const mask = larger - 1;
  for (let i: u32 = 0; i < count; i++) {
    const found = load<u64>(slots + (<usize>i << 3));
    if (found == 0) continue;
    let slot = <u32>(found >> 32) & mask;
    while (load<u64>(grown + (<usize>slot << 3)) != 0) slot = (slot + 1) & mask;
    store<u64>(grown + (<usize>slot << 3), found);
  }
  free(slots);
  return grown;
}
