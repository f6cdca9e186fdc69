import fc from 'fast-check';
import { expect, it } from 'vitest';

import { doubleText, isoTimestamp, timestampOf } from '../../../src/sources/modulestore/values.ts';

it.each([
  [0, '0.0'],
  [-0, '-0.0'],
  [5, '5.0'],
  [-1.5, '-1.5'],
  [0.1, '0.1'],
  [100, '100.0'],
  [123_456.789, '123456.789'],
  [0.0001, '0.0001'],
  [0.000_01, '1e-05'],
  [-1.25e-7, '-1.25e-07'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.5e300, '1.5e+300'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
])('%f as Python prints it is %s', (value, text) => {
  expect(doubleText(value)).toBe(text);
});

it('every double comes back from its text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = doubleText(value)!;
      expect(text).toMatch(/^-?\d+(\.\d+|(\.\d+)?e[-+]\d{2,3})$/);
      expect(Object.is(Number(text), value)).toBe(true);
    }),
  );
});

it.each([
  ['2024-02-29T12:34:56Z', '2024-02-29 12:34:56'],
  ['2024-02-29T12:34:56.7Z', '2024-02-29 12:34:56.700000'],
  ['2024-02-29T12:34:56.123456789Z', '2024-02-29 12:34:56.123456'],
  ['2024-02-29T12:34:56+00:00', '2024-02-29 12:34:56'],
  ['2024-02-29T00:34:56.000001+02:00', '2024-02-28 22:34:56.000001'],
  ['2024-12-31T23:30:00-0130', '2025-01-01 01:00:00'],
  ['2024-02-29T12:34-05', '2024-02-29 17:34:00'],
  ['2024-02-29 12:34', '2024-02-29 12:34:00'],
  [' 2024-02-29 ', '2024-02-29 00:00:00'],
  ['0001-01-01T00:00:00Z', '0001-01-01 00:00:00'],
  ['2023-02-29', undefined],
  ['2024-02-29T25:00:00Z', undefined],
  ['0001-01-01T00:00:00+01:00', undefined],
  ['9999-12-31T23:30:00-01:00', undefined],
  ['soon', undefined],
  ['', undefined],
])('%j in UTC is %s', (text, expected) => {
  expect(isoTimestamp(text)).toBe(expected);
});

it.each([
  [0, '1970-01-01 00:00:00'],
  [-1, '1969-12-31 23:59:59.999000'],
  [Number.NaN, undefined],
  [8.64e15, undefined],
])('a time of BSON, %d', (milliseconds, expected) => {
  expect(timestampOf(new Date(milliseconds))).toBe(expected);
});
