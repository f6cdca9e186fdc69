import { randomBytes } from 'node:crypto';
import { Decoder } from '@toondepauw/node-zstd';
import { expect, it } from 'vitest';
import * as zlib from 'node:zlib';
import { addOn, builtIn, zstd } from '../../src/formats/zstd.ts';

const makers = 'zstdCompress' in zlib ? [addOn, builtIn, zstd] : [addOn, zstd];

it.each(makers.flatMap((maker) => [1, 3, 19].map((level) => [maker.name, level, maker] as const)))(
  '%s, level %i: frames that another decoder opens',
  async (_, level, maker) => {
    const codec = maker(level);
    const decoder = new Decoder();
    const inputs = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(2_000_000, 'abc'), randomBytes(300_000)];
    for (const input of inputs) {
      // A view into a larger buffer, as pages are.
      const view = Buffer.concat([Buffer.from('before'), input, Buffer.from('after')]).subarray(
        6,
        6 + input.length,
      );
      const results = [await codec.compress(view), codec.compressSync(view)];
      for (const result of results) expect(decoder.decodeSync(Buffer.from(result)).equals(input)).toBe(true);
    }
  },
);
