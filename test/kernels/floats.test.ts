import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedBounds } from '../../src/formats/parquet/bounds.ts';
import { kernels } from '../../src/kernels/kernels.ts';
import { type Cell, encode } from './cells.ts';

const NUMBER = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

const types = [
  {
    name: 'float64',
    kernel: kernels.float64s,
    width: 8,
    round: (value: number) => value,
    read: (bytes: Uint8Array) => Buffer.from(bytes).readDoubleLE(),
  },
  {
    name: 'float32',
    kernel: kernels.float32s,
    width: 4,
    round: Math.fround,
    read: (bytes: Uint8Array) => Buffer.from(bytes).readFloatLE(),
  },
];

const texts = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ noNaN: true, min: -1e25, max: 1e25 }).map((value) => value.toExponential()),
  fc.stringMatching(/^-?[0-9]{1,17}(\.[0-9]{0,17})?$/),
  fc.stringMatching(/^-?[0-9]{0,3}\.[0-9]{1,14}$/),
  fc.stringMatching(/^-?[0-9]{1,16}$/),
  // More than a double's 53 bits in few digits.
  fc
    .tuple(fc.bigInt({ min: 2n ** 53n, max: 10n ** 16n - 1n }), fc.integer({ min: 1, max: 16 }))
    .map(([digits, point]) => `${String(digits).slice(0, point)}.${String(digits).slice(point)}`),
  fc.stringMatching(/^[+-]?[0-9]{0,20}\.?[0-9]{0,20}([eE][+-]?[0-9]{1,3})?$/),
  fc.string({ unit: fc.constantFrom(...'0123456789-+.eE x'), maxLength: 12 }),
);

describe.each(types)('$name', ({ kernel, width, round, read }) => {
  const parse = (text: Cell) => {
    const { count, bytes, bad } = encode(kernel, [text], width);
    expect(count === 1 || (count === -1 && bad === 0)).toBe(true);
    return count === 1 ? read(bytes) : undefined;
  };
  const expected = (text: string) => {
    const value = NUMBER.test(text) ? round(Number(text)) : NaN;
    return Number.isFinite(value) ? value : undefined;
  };

  it('is that of Number, bit for bit', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(texts, (text) => {
        const found = parse(text);
        seen[found === undefined ? 'refused' : 'taken']++;
        // Object.is tells -0 from 0.
        expect(Object.is(found, expected(text)), `${text} is ${found}`).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.taken, seen.refused), 'cases of both kinds').toBeGreaterThan(200);
  });

  it.each([
    ['0', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['-0e0', -0],
    ['-.0', -0],
    ['00012', 12],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['+5', 5],
    ['1e+2', 100],
    ['1E2', 100],
    ['1e-2', 0.01],
    ['123456789012345', 123456789012345],
    ['1234567890123456', 1234567890123456],
    ['9007199254740993', 9007199254740992],
    ['0.123456789012345', 0.123456789012345],
    ['-0.123456789012345', -0.123456789012345],
    ['.123456789012345', 0.123456789012345],
    ['0.000000000000001', 1e-15],
    ['1e-400', 0],
    ['-1e-400', -0],
    [`${'0'.repeat(400)}1.5`, 1.5],
    [`0.${'0'.repeat(30)}1e31`, 1],
    ['1e23', 1e23],
    ['8.5', 8.5],
  ])('%s', (text, value) => {
    expect(Object.is(parse(text), round(value)), `${text} is ${parse(text)}`).toBe(true);
  });

  it.each([
    '',
    '-',
    '+',
    '.',
    '-.',
    'e5',
    '1e',
    '1e+',
    '1..2',
    '1.2.3',
    '--1',
    '1-',
    ' 1',
    '1 ',
    '1\0',
    '1_000',
    '0x10',
    '1e5.5',
    'NaN',
    'nan',
    'Infinity',
    '-inf',
    '1e400',
    '-1e400',
    `1${'0'.repeat(310)}`,
    '1\n',
    '１',
  ])('%j is none', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('in a column: NULLs, bounds that hold both zeros, the first bad cell', () => {
    const good = fc.oneof(
      fc
        .float({ noNaN: true, noDefaultInfinity: true })
        .map((value) => (Object.is(value, -0) ? '-0' : `${value}`)),
      fc.constantFrom('0', '-0', '-0.00'),
    );
    const nullable = fc.option(good);
    const cell = fc.oneof(
      { weight: 30, arbitrary: nullable },
      { weight: 1, arbitrary: fc.constant('1e999') },
    );
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 30 }), (cells) => {
        const bounds = fixedBounds(width, true);
        const result = encode(kernel, cells, width, { bounds });
        bounds.drop();
        const bad = cells.indexOf('1e999');
        if (bad >= 0) {
          expect([result.count, result.bad]).toEqual([-1, bad]);
          return;
        }
        const values = cells.filter((text) => text !== null).map((text) => round(Number(text)));
        expect(
          Array.from({ length: result.count }, (_, i) => read(result.bytes.subarray(i * width))),
        ).toEqual(values);
        if (values.length === 0) {
          expect(result.bounds).toBeUndefined();
          return;
        }
        const [min, max] = [Math.min(...values), Math.max(...values)];
        expect(read(result.bounds!.min)).toBe(min === 0 ? -0 : min);
        expect(read(result.bounds!.max)).toBe(max === 0 ? 0 : max);
      }),
      { numRuns: 300 },
    );
  });
});

it('a double that no single can hold is refused where a single is wanted', () => {
  const limit = 2 ** 128 - 2 ** 103;
  const parse = (value: number) => encode(kernels.float32s, [String(value)], 4).count;
  expect(parse(2 ** 128 - 2 ** 104)).toBe(1);
  expect(parse(limit)).toBe(-1);
  expect(parse(-limit)).toBe(-1);
  expect(encode(kernels.float64s, [String(limit)], 8).count).toBe(1);
});
