import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedBounds } from '../../src/formats/parquet/bounds.ts';
import { columnType, decimalBytes } from '../../src/formats/parquet/schema.ts';
import { kernels } from '../../src/kernels/kernels.ts';
import { encode, integers } from './cells.ts';

const kernelOf = (precision: number) => {
  const { width } = columnType({ kind: 'decimal', precision, scale: 0 });
  if (precision <= 9) return { kernel: kernels.decimal32s, width };
  return { kernel: precision <= 18 ? kernels.decimal64s : kernels.decimal128s, width };
};

/** A text times 10^scale, where it is a decimal of that type. */
function expected(text: string, precision: number, scale: number): bigint | undefined {
  const parts = /^(-?)([0-9]*)(?:\.([0-9]*))?$/.exec(text);
  if (parts === null || (parts[2] === '' && (parts[3] ?? '') === '')) return undefined;
  const fraction = (parts[3] ?? '').replace(/0*$/, '');
  if (fraction.length > scale) return undefined;
  const value = BigInt(`${parts[2]}${fraction.padEnd(scale, '0')}`);
  if (value >= 10n ** BigInt(precision)) return undefined;
  return parts[1] === '-' ? -value : value;
}

function unscaled(text: string, precision: number, scale: number): bigint | undefined {
  const { kernel, width } = kernelOf(precision);
  const { count, bytes, bad } = encode(kernel, [text], width, { precision, scale });
  expect(count === 1 || (count === -1 && bad === 0)).toBe(true);
  return integers(bytes, width)[0];
}

const type = fc
  .oneof(fc.integer({ min: 1, max: 38 }), fc.constantFrom(9, 10, 18, 19, 20, 38))
  .chain((precision) => fc.record({ precision: fc.constant(precision), scale: fc.nat(precision) }));

describe('decimals', () => {
  it('are exact in the bytes of their precision, and nothing else is taken', () => {
    const value = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.nat(40))
      .map(([value, drop]) => (value / 10n ** BigInt(drop)).toString());
    const text = (scale: number) =>
      fc
        .record({
          digits: value,
          sign: fc.constantFrom('', '', '-'),
          places: fc.oneof(fc.constant(scale), fc.nat(scale + 3)),
          before: fc.constantFrom('', '', '', '0', '000'),
          behind: fc.constantFrom('', '', '', '0', '0000'),
        })
        .map(({ digits, sign, places, before, behind }) => {
          const whole = digits.slice(0, Math.max(0, digits.length - places));
          const fraction = places === 0 ? '' : `.${digits.slice(-places).padStart(places, '0')}${behind}`;
          return `${sign}${before}${whole}${fraction}`;
        });
    const junk = fc.string({ unit: fc.constantFrom(...'0123456789-+. e/:'), maxLength: 12 });
    const any = type.chain(({ precision, scale }) =>
      fc.record({
        precision: fc.constant(precision),
        scale: fc.constant(scale),
        text: fc.oneof({ weight: 4, arbitrary: text(scale) }, { weight: 1, arbitrary: junk }),
      }),
    );
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(any, ({ precision, scale, text }) => {
        const value = expected(text, precision, scale);
        seen[value === undefined ? 'refused' : 'taken']++;
        expect(unscaled(text, precision, scale), `${text} as (${precision},${scale})`).toBe(value);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.taken, seen.refused), 'cases of both kinds').toBeGreaterThan(250);
  });

  it.each([...Array(38).keys()].map((i) => i + 1))(
    'of %i digits hold the largest and no more',
    (precision) => {
      const most = '9'.repeat(precision);
      for (const sign of ['', '-']) {
        for (const scale of [0, 1, precision]) {
          const text = `${sign}${most.slice(0, precision - scale)}.${most.slice(precision - scale)}`;
          expect(unscaled(text, precision, scale)).toBe(BigInt(sign + most));
          expect(unscaled(`${text}0`, precision, scale)).toBe(BigInt(sign + most));
          expect(unscaled(`${text}1`, precision, scale)).toBeUndefined();
          expect(unscaled(text.replace('9', '99').replace('.9', '9.'), precision, scale)).toBeUndefined();
        }
        expect(unscaled(`${sign}1${'0'.repeat(precision)}`, precision, 0)).toBeUndefined();
        expect(unscaled(`${sign}1`, precision, precision)).toBeUndefined();
      }
    },
  );

  it.each<[string, number, number, bigint | undefined]>([
    ['1.5', 10, 2, 150n],
    ['1.500', 10, 2, 150n],
    ['1.501', 10, 2, undefined],
    ['-.5', 10, 2, -50n],
    ['5.', 10, 2, 500n],
    ['000123', 3, 0, 123n],
    ['0.000', 3, 1, 0n],
    ['-0', 5, 2, 0n],
    ['0', 2, 2, 0n],
    ['.05', 2, 2, 5n],
    ['100', 4, 2, undefined],
    ['99', 4, 2, 9900n],
    ['', 4, 2, undefined],
    ['-', 4, 2, undefined],
    ['.', 4, 2, undefined],
    ['-.', 4, 2, undefined],
    ['..', 4, 2, undefined],
    ['1..', 4, 2, undefined],
    ['1.2.3', 4, 2, undefined],
    ['+1', 4, 2, undefined],
    ['1e1', 4, 2, undefined],
    [' 1', 4, 2, undefined],
    ['1,5', 4, 2, undefined],
    ['18446744073709551615', 20, 0, 18446744073709551615n],
    ['18446744073709551616', 20, 0, 18446744073709551616n],
    ['-18446744073709551616', 20, 0, -18446744073709551616n],
    ['-18446744073709551615', 20, 0, -18446744073709551615n],
    ['-340282366920938463463374607431768211456', 38, 0, undefined],
    [`${'0'.repeat(500)}1.${'0'.repeat(500)}`, 2, 1, 10n],
  ])('%s as decimal(%i,%i)', (text, precision, scale, value) => {
    expect(unscaled(text, precision, scale)).toBe(value);
    expect(expected(text, precision, scale)).toBe(value);
  });

  it('need the bytes that the format names', () => {
    // Encodings table of "DECIMAL": floor(log10(2^(8n - 1) - 1)) digits fit into n bytes.
    const most = [2, 4, 6, 9, 11, 14, 16, 18, 21, 23, 26, 28, 31, 33, 35, 38];
    most.forEach((precision, i) => {
      expect(decimalBytes(precision)).toBe(i + 1);
      if (precision < 38) expect(decimalBytes(precision + 1)).toBe(i + 2);
    });
  });

  it('in a column are encoded one after another, with bounds, or the first bad one is named', () => {
    const column = type.chain(({ precision, scale }) => {
      const limit = 10n ** BigInt(precision) - 1n;
      const value = fc
        .tuple(fc.bigInt({ min: -limit, max: limit }), fc.nat(precision))
        .map(([value, drop]) => value / 10n ** BigInt(drop));
      return fc.record({
        precision: fc.constant(precision),
        scale: fc.constant(scale),
        values: fc.array(fc.option(value), { maxLength: 30 }),
        bad: fc.option(fc.nat(60)),
      });
    });
    fc.assert(
      fc.property(column, ({ precision, scale, values, bad }) => {
        const { kernel, width } = kernelOf(precision);
        const cells = values.map((value) => {
          if (value === null) return null;
          const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
          const point = digits.length - scale;
          return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
        });
        const broken = bad !== null && bad < cells.length;
        if (broken) cells[bad] = '1.x';
        const bounds = fixedBounds(width, false);
        const result = encode(kernel, cells, width, { precision, scale, bounds });
        bounds.drop();
        if (broken) {
          expect([result.count, result.bad, kernels.getBadColumn()]).toEqual([-1, bad, -1]);
          return;
        }
        const known = values.filter((value) => value !== null);
        expect(integers(result.bytes, width)).toEqual(known);
        const sorted = known.toSorted((a, b) => (a < b ? -1 : 1));
        const { min, max } = result.bounds ?? { min: Buffer.alloc(0), max: Buffer.alloc(0) };
        expect([min.length, max.length]).toEqual(known.length > 0 ? [width, width] : [0, 0]);
        expect(integers(min, width)).toEqual(sorted.slice(0, 1));
        expect(integers(max, width)).toEqual(sorted.slice(-1));
      }),
      { numRuns: 300 },
    );
  });
});
