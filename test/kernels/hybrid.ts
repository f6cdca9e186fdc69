import { expect } from 'vitest';

/** Reads Parquet's hybrid encoding (Encodings.md, RLE = 3), and expects that the bytes hold these values only. */
export function decodeHybrid(bytes: Uint8Array, count: number, width: number): number[] {
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
