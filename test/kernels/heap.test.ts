import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  allBytes,
  allocate,
  bytesAt,
  clear,
  free,
  kernels,
  memory,
  OutOfMemory,
  readUint32,
  reallocate,
  writeUint32,
} from '../../src/kernels/kernels.ts';
import { expectNoLeak, liveBytes } from './heap.ts';

describe('the count of live bytes', () => {
  it.each([0, 1, 15, 16, 17, 1000, 5 << 20])('sees %i bytes taken and given back', (size) => {
    const before = liveBytes();
    const address = allocate(size);
    const taken = liveBytes() - before;
    expect(taken).toBeGreaterThanOrEqual(size);
    expect(taken).toBeLessThan(size + 32);
    free(address);
    expect(liveBytes()).toBe(before);
  });

  it('sees what kernels take themselves', () => {
    const before = liveBytes();
    const keys = kernels.newPartitionKeys() >>> 0;
    expect(liveBytes() - before).toBeGreaterThan(4096);
    kernels.freePartitionKeys(keys);
    expect(liveBytes()).toBe(before);
  });

  it('fails a test that leaks', async () => {
    let leaked = 0;
    await expect(expectNoLeak(() => void (leaked = allocate(24)), 20)).rejects.toThrow('not given back');
    free(leaked);
  });
});

describe('memory', () => {
  it('says when there is no block so large, and goes on', () => {
    const address = allocate(100);
    bytesAt(address, 100).fill(7);
    expect(() => allocate(2 ** 30)).toThrow(OutOfMemory);
    expect(() => allocate(2 ** 31 + 5)).toThrow(OutOfMemory);
    const larger = reallocate(address, 200);
    expect(() => reallocate(larger, 2 ** 30)).toThrow(OutOfMemory);
    expect(bytesAt(larger, 100).every((byte) => byte === 7)).toBe(true);
    free(larger);
  });

  it('holds what was put there while other parts come, grow and go', () => {
    const step = fc.tuple(fc.constantFrom('take', 'grow', 'free'), fc.nat(100_000), fc.nat(255));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const before = liveBytes();
        const parts: { address: number; size: number; fill: number }[] = [];
        const check = ({ address, size, fill }: (typeof parts)[number], length = size) =>
          expect(bytesAt(address, length).equals(Buffer.alloc(length, fill))).toBe(true);
        for (const [what, size, fill] of steps) {
          const part = parts[size % Math.max(1, parts.length)];
          if (what === 'take') {
            const taken = { address: allocate(size), size, fill };
            expect(taken.address % 16).toBe(0);
            bytesAt(taken.address, size).fill(fill);
            parts.push(taken);
          } else if (part !== undefined && what === 'grow') {
            part.address = reallocate(part.address, size);
            check(part, Math.min(size, part.size));
            part.size = size;
            bytesAt(part.address, size).fill(part.fill);
          } else if (part !== undefined) {
            check(part);
            free(part.address);
            parts.splice(parts.indexOf(part), 1);
          }
        }
        parts.forEach((part) => check(part));
        for (const { address } of parts) free(address);
        expect(liveBytes()).toBe(before);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the views of before when it grows', () => {
    const address = allocate(100);
    const view = bytesAt(address, 100).fill(7);
    const size = memory.buffer.byteLength;
    const large = allocate(size);
    expect(memory.buffer.byteLength).toBeGreaterThan(size);
    expect(allBytes().length).toBe(memory.buffer.byteLength);
    view[3] = 9;
    expect(allBytes()[address + 3]).toBe(9);
    allBytes()[address + 4] = 11;
    expect(view[4]).toBe(11);
    free(large);
    free(address);
  });

  it('has room for numbers', () => {
    const address = allocate(12);
    clear(address, 12);
    writeUint32(address + 4, 0xfedcba98);
    expect([readUint32(address), readUint32(address + 4), readUint32(address + 8)]).toEqual([
      0, 0xfedcba98, 0,
    ]);
    free(address);
  });

  it('ignores that nothing is given back', () => {
    const before = liveBytes();
    free(0);
    expect(liveBytes()).toBe(before);
  });

  it('moves bytes that overlap', () => {
    const address = allocate(64);
    bytesAt(address, 64).set(Buffer.from('abcdefghij'));
    kernels.move(address + 3, address, 7);
    expect(bytesAt(address, 10).toString()).toBe('abcabcdefg');
    free(address);
  });
});
