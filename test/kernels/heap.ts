import { expect, vi } from 'vitest';

import { allBytes, allocate, memory } from '../../src/kernels/kernels.ts';

/*
 * The heap of the kernels is that of AssemblyScript (std/assembly/rt/tlsf.ts): blocks without gaps, each with 32 bits
 * before it that hold its size and two flags, up to a last one of size 0 at the end of memory. To walk it counts what
 * kernels and TypeScript have taken alike.
 */
const FREE = 1;
const FLAGS = 3;
const OVERHEAD = 4;

/** It stays taken, so that there is always a block here. */
const firstBlock = allocate(1) - OVERHEAD;

/** The bytes that are taken and not given back, of what was taken since this module was loaded. */
export function liveBytes(): number {
  const bytes = allBytes();
  const last = memory.buffer.byteLength - OVERHEAD;
  let live = 0;
  let at = firstBlock;
  while (at < last) {
    const info = bytes.readUInt32LE(at);
    const size = info - (info & FLAGS);
    if (size === 0) break;
    if ((info & FREE) === 0) live += size;
    at += OVERHEAD + size;
  }
  if (at !== last) throw new Error(`the heap is damaged at ${at}`);
  return live;
}

/**
 * Runs something and expects that all the memory it took was given back, also by what still runs then: a page that is
 * being compressed, a socket that is being closed. @param patience milliseconds to wait for those
 */
export async function expectNoLeak(run: () => unknown, patience = 2000): Promise<void> {
  const before = liveBytes();
  await run();
  const check = (): void => expect(liveBytes() - before, 'bytes not given back').toBe(0);
  if (liveBytes() !== before) await vi.waitFor(check, { timeout: patience, interval: 5 });
}
