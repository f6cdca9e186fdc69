import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hybridBound, writeHybrid } from '../../../src/formats/parquet/hybrid.ts';

function decode(bytes: Uint8Array, count: number, width: number): number[] {
  const values: number[] = [];
  let at = 0;
  while (values.length < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      header |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (header % 2 === 0) {
      const value = width > 8 ? bytes[at]! | (bytes[at + 1]! << 8) : bytes[at]!;
      at += Math.ceil(width / 8);
      for (let i = 0; i < header >> 1; i++) values.push(value);
    } else {
      for (let bit = 0; bit < (header >> 1) * 8 * width; bit += width) {
        let value = 0;
        for (let i = 0; i < width; i++)
          value |= ((bytes[at + ((bit + i) >> 3)]! >> ((bit + i) & 7)) & 1) << i;
        values.push(value);
      }
      at += (header >> 1) * width;
    }
  }
  expect(at).toBe(bytes.length);
  expect(values.slice(count).every((value) => value === 0)).toBe(true);
  return values.slice(0, count);
}

it('gives back values of any width in runs of any length, within the bound', () => {
  const runs = fc
    .integer({ min: 1, max: 16 })
    .chain((width) =>
      fc.tuple(
        fc.constant(width),
        fc.array(fc.tuple(fc.nat(2 ** width - 1), fc.oneof(fc.constant(1), fc.nat(40))), { maxLength: 60 }),
      ),
    );
  fc.assert(
    fc.property(runs, ([width, pairs]) => {
      const values = pairs.flatMap(([value, times]) => Array<number>(times).fill(value));
      const out = Buffer.alloc(hybridBound(values.length, width) + 4, 0xee);
      const end = writeHybrid(Uint16Array.from(values), values.length, width, out, 4);
      expect(end).toBeLessThanOrEqual(out.length);
      expect(out.subarray(0, 4)).toEqual(Buffer.alloc(4, 0xee));
      expect(decode(out.subarray(4, end), values.length, width)).toEqual(values);
    }),
    { numRuns: 500 },
  );
});
