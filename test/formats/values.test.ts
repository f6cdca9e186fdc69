import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  INVALID_DATE,
  REJECTED,
  REJECTED_DATE,
  VALID,
  parseDate,
  parseTimestamp,
} from '../../src/formats/calendar.ts';
import {
  int64,
  parseDecimal128,
  parseDecimal64,
  parseFloat64,
  parseInt32,
  parseInt64,
} from '../../src/formats/values.ts';
import { decimalBytes } from '../../src/formats/parquet/schema.ts';

/** Parses the text where it stands in the middle of other bytes. */
function within<T>(text: string, parse: (data: Uint8Array, start: number, end: number) => T): T {
  return parse(Buffer.from(`9-.${text}5-.`), 3, 3 + text.length);
}

const result = () => (BigInt(int64.high) << 32n) | BigInt(int64.low >>> 0);
const digits = (value: bigint, scale: number) => {
  const text = value
    .toString()
    .replace('-', '')
    .padStart(scale + 1, '0');
  const point = text.length - scale;
  return `${value < 0n ? '-' : ''}${text.slice(0, point)}${scale > 0 ? '.' : ''}${text.slice(point)}`;
};
const signed = (bits: bigint) => {
  // Numbers of every length, not only the longest ones.
  return fc
    .tuple(fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }), fc.nat(Number(bits)))
    .map(([value, shift]) => value >> BigInt(shift));
};

describe('integers', () => {
  it('of 64 bits are exact', () => {
    fc.assert(
      fc.property(signed(64n), fc.nat(25), (value, zeros) => {
        const text = value.toString().replace(/\d/, (first) => '0'.repeat(zeros) + first);
        expect(within(text, parseInt64)).toBe(true);
        expect(result()).toBe(value);
      }),
      { numRuns: 3000 },
    );
  });

  it('beyond 64 bits are refused', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 63n, max: 2n ** 70n }), (value) => {
        expect(within(String(value), parseInt64)).toBe(false);
        expect(within(String(-value - 1n), parseInt64)).toBe(false);
      }),
    );
  });

  it('of 32 bits are exact, and refused beyond', () => {
    fc.assert(
      fc.property(signed(36n), (value) => {
        const fits = value >= -(2n ** 31n) && value < 2n ** 31n;
        expect(within(String(value), parseInt32)).toBe(fits ? Number(value) : NaN);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('decimals', () => {
  const any = (most: number) =>
    fc.integer({ min: 1, max: most }).chain((precision) =>
      fc.record({
        precision: fc.constant(precision),
        scale: fc.nat(precision),
        value: fc
          .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(40))
          .map(([value, drop]) => value / 10n ** BigInt(drop)),
      }),
    );

  it('of up to 18 digits are exact, and refused beyond their precision', () => {
    fc.assert(
      fc.property(any(18), ({ precision, scale, value }) => {
        const fits = value > -(10n ** BigInt(precision)) && value < 10n ** BigInt(precision);
        const parsed = within(digits(value, scale), (data, start, end) =>
          parseDecimal64(data, start, end, precision, scale),
        );
        expect(parsed).toBe(fits);
        if (fits) expect(result()).toBe(value);
      }),
      { numRuns: 3000 },
    );
  });

  it('of up to 38 digits are exact in the fewest bytes', () => {
    fc.assert(
      fc.property(any(38), ({ precision, scale, value }) => {
        const fits = value > -(10n ** BigInt(precision)) && value < 10n ** BigInt(precision);
        const width = decimalBytes(precision);
        const out = Buffer.alloc(width + 2, 0xee);
        const parsed = within(digits(value, scale), (data, start, end) =>
          parseDecimal128(data, start, end, precision, scale, out, 1, width),
        );
        expect(parsed).toBe(fits);
        if (!fits) return;
        const stored = BigInt.asIntN(width * 8, BigInt(`0x${out.subarray(1, 1 + width).toString('hex')}`));
        expect(stored).toBe(value);
        expect([out[0], out[width + 1]]).toEqual([0xee, 0xee]);
      }),
      { numRuns: 3000 },
    );
  });

  it('need the bytes that the format names', () => {
    // Encodings table of "DECIMAL": floor(log10(2^(8n - 1) - 1)) digits fit into n bytes.
    const most = [2, 4, 6, 9, 11, 14, 16, 18, 21, 23, 26, 28, 31, 33, 35, 38];
    most.forEach((precision, i) => {
      expect(decimalBytes(precision)).toBe(i + 1);
      if (precision < 38) expect(decimalBytes(precision + 1)).toBe(i + 2);
    });
  });

  it.each([
    ['1.5', 10, 2, 150n],
    ['1.500', 10, 2, 150n],
    ['-.5', 10, 2, -50n],
    ['5.', 10, 2, 500n],
    ['000123', 3, 0, 123n],
    ['-0', 5, 2, 0n],
  ])('%s as decimal(%i,%i)', (text, precision, scale, unscaled) => {
    expect(within(text, (data, start, end) => parseDecimal64(data, start, end, precision, scale))).toBe(true);
    expect(result()).toBe(unscaled);
  });
});

describe('floats', () => {
  it('are those of Number, bit for bit', () => {
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.stringMatching(/^-?\d{1,17}(\.\d{0,17})?$/),
      fc.stringMatching(/^-?\d{0,3}\.\d{1,14}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(Object.is(within(text, parseFloat64), Number(text))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('dates', () => {
  const date = fc.tuple(fc.nat(9999), fc.nat(13), fc.nat(32));
  const pad = (value: number, width: number) => String(value).padStart(width, '0');

  it('count the days of the proleptic Gregorian calendar', () => {
    fc.assert(
      fc.property(date, ([year, month, day]) => {
        const there = new Date(0);
        there.setUTCFullYear(year, month - 1, day);
        const exists = there.getUTCMonth() === month - 1 && there.getUTCDate() === day;
        const text = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
        expect(within(text, parseDate)).toBe(exists ? there.getTime() / 86_400_000 : REJECTED_DATE);
        const time = within(`${text} 23:59:59.123456`, parseTimestamp);
        expect(time).toBe(exists ? VALID : REJECTED);
        if (exists) expect(result()).toBe((BigInt(there.getTime()) + 86_399_000n) * 1000n + 123_456n);
      }),
      { numRuns: 5000 },
    );
  });

  it('of another shape are told from those that no calendar has', () => {
    expect(within('2024-1-011', parseDate)).toBe(INVALID_DATE);
    expect(within('0000-00-00', parseDate)).toBe(REJECTED_DATE);
  });
});
