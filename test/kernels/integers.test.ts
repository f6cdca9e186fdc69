import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedBounds } from '../../src/formats/parquet/bounds.ts';
import { kernels } from '../../src/kernels/kernels.ts';
import { type Cell, encode, integers } from './cells.ts';

const types = [
  { name: 'int32', kernel: kernels.int32s, width: 4 },
  { name: 'int64', kernel: kernels.int64s, width: 8 },
] as const;

/** The integer that a text is, if it is one of so many bits. */
function expected(text: string, bits: number): bigint | undefined {
  if (!/^-?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(bits, value) === value ? value : undefined;
}

/** Numbers of every length around those that still fit. */
const number = fc
  .tuple(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), fc.nat(66), fc.nat(25))
  .map(([value, shift, zeros]) => {
    const digits = (value >> BigInt(shift)).toString();
    return digits.replace(/\d/, (first) => '0'.repeat(zeros < 20 ? 0 : zeros) + first);
  });
const nearLimit = fc
  .tuple(fc.constantFrom(31n, 32n, 63n, 64n), fc.integer({ min: -2, max: 2 }), fc.boolean())
  .map(([bits, more, negative]) => String((negative ? -1n : 1n) * (2n ** bits + BigInt(more))));
const junk = fc.string({ unit: fc.constantFrom(...'0123456789-+. \0/:e'), maxLength: 22 });

describe.each(types)('$name', ({ kernel, width }) => {
  const bits = 8 * width;
  const limit = 2n ** BigInt(bits - 1);

  it('takes just the texts that are such a number', () => {
    fc.assert(
      fc.property(fc.oneof(number, nearLimit, junk), (text) => {
        const value = expected(text, bits);
        const { count, bytes, bad } = encode(kernel, [text], width);
        expect(count, text).toBe(value === undefined ? -1 : 1);
        if (value !== undefined) expect(integers(bytes, width)).toEqual([value]);
        else expect(bad).toBe(0);
      }),
      { numRuns: 1500 },
    );
  });

  it.each<[string, bigint | undefined]>([
    ['0', 0n],
    ['-0', 0n],
    ['00', 0n],
    ['-', undefined],
    ['+', undefined],
    ['+1', undefined],
    ['', undefined],
    ['--1', undefined],
    ['1-', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['1 ', undefined],
    ['1\0', undefined],
    ['٣', undefined],
    ['000000000000000000000000000000', 0n],
    ['-00000000000000000000000000000000000000007', -7n],
    ['0000000000000000000000000000-7', undefined],
    ['12345678901234567890123456789012345678901234567890', undefined],
    ['9999999999999999999', undefined],
    ['-9999999999999999999', undefined],
    ['18446744073709551616', undefined],
    ['18446744073709551617', undefined],
    [String(limit), undefined],
    [String(limit - 1n), limit - 1n],
    [String(-limit), -limit],
    [String(-limit - 1n), undefined],
    [`-0000000000${limit}`, -limit],
    [`0000000000${limit}`, undefined],
  ])('%s', (text, value) => {
    const { count, bytes } = encode(kernel, [text], width);
    expect(count).toBe(value === undefined ? -1 : 1);
    expect(integers(bytes, width)).toEqual(value === undefined ? [] : [value]);
  });

  it('encodes a column with NULLs and knows its bounds, or names the first bad cell', () => {
    const good = fc.option(fc.bigInt({ min: -limit, max: limit - 1n }).map(String));
    const cell = fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: junk });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 40 }), (cells) => {
        const bounds = fixedBounds(width, false);
        const texts = cells.filter((text): text is string => text !== null);
        const bad = cells.findIndex((text) => text !== null && expected(text, bits) === undefined);
        const result = encode(kernel, cells, width, { bounds });
        bounds.drop();
        if (bad >= 0) {
          expect([result.count, result.bad, kernels.getBadColumn()]).toEqual([-1, bad, -1]);
          return;
        }
        const values = texts.map(BigInt);
        expect(result.count).toBe(values.length);
        expect(integers(result.bytes, width)).toEqual(values);
        expect(result.valid).toEqual(cells.map((text) => text !== null));
        const sorted = values.toSorted((a, b) => (a < b ? -1 : 1));
        const { min, max } = result.bounds ?? { min: Buffer.alloc(0), max: Buffer.alloc(0) };
        expect(integers(min, width)).toEqual(sorted.slice(0, 1));
        expect(integers(max, width)).toEqual(sorted.slice(-1));
      }),
      { numRuns: 250 },
    );
  });

  it('adds to the bounds of before, which are gone once taken', () => {
    const bounds = fixedBounds(width, false);
    const take = (cells: readonly Cell[]) => {
      const found = encode(kernel, cells, width, { bounds }).bounds;
      return found && [integers(found.min, width)[0], integers(found.max, width)[0]];
    };
    const kept = { ...bounds, take: () => undefined };
    encode(kernel, ['5', '-3'], width, { bounds: kept });
    encode(kernel, [null], width, { bounds: kept });
    expect(take(['4'])).toEqual([-3n, 5n]);
    expect(take([null])).toBeUndefined();
    expect(take(['100', '101'])).toEqual([100n, 101n]);
    bounds.drop();
  });
});
