/** Memory for batches, pages and the like: addresses in the one memory that TypeScript sees too. */
export function allocate(size: usize): usize {
  return heap.alloc(size);
}

/** Gives memory back; 0 is no memory. */
export function free(address: usize): void {
  if (address != 0) heap.free(address);
}

/** Memory with what stood in `address`, at least `size` bytes; the old address is void. */
export function reallocate(address: usize, size: usize): usize {
  return heap.realloc(address, size);
}

/** Copies bytes that may overlap. */
export function move(to: usize, from: usize, size: usize): void {
  memory.copy(to, from, size);
}
