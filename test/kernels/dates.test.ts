import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedBounds } from '../../src/formats/parquet/bounds.ts';
import { isRejectedDate } from '../../src/formats/rejected-date.ts';
import { kernels } from '../../src/kernels/kernels.ts';
import { encode, integers } from './cells.ts';

const pad = (value: number, width: number) => String(value).padStart(width, '0');
const dateText = (year: number, month: number, day: number) =>
  `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;

/** Milliseconds since 1970 of the day in the calendar of JavaScript, or undefined where it has none. */
function timeOf(year: number, month: number, day: number): number | undefined {
  const there = new Date(0);
  // Date.UTC would take years below 100 for those of the 20th century.
  there.setUTCFullYear(year, month - 1, day);
  return there.getUTCMonth() === month - 1 && there.getUTCDate() === day ? there.getTime() : undefined;
}

const date = (text: string) => encode(kernels.dates, [text], 4);
const timestamp = (text: string) => encode(kernels.timestamps, [text], 8);

const REJECTED = { count: 0, rejected: 1, valid: [false] };

describe('dates', () => {
  it.each([0, 1, 3, 4, 99, 100, 400, 1582, 1600, 1900, 1969, 1970, 2000, 2023, 2024, 2100, 9999])(
    'of the year %i are the days of the calendar, and no others',
    (year) => {
      const all = Array.from({ length: 14 * 33 }, (_, i) => [Math.floor(i / 33), i % 33] as const);
      const { count, bytes, valid, rejected } = encode(
        kernels.dates,
        all.map(([month, day]) => dateText(year, month, day)),
        4,
      );
      const expected = all.map(([month, day]) => timeOf(year, month, day));
      const days = expected.filter((time) => time !== undefined).map((time) => time / 86_400_000);
      expect(days.length).toBeGreaterThanOrEqual(365);
      expect(integers(bytes, 4).map(Number)).toEqual(days);
      expect(count).toBe(days.length);
      expect(rejected).toBe(all.length - days.length);
      expect(valid).toEqual(expected.map((time) => time !== undefined));
    },
  );

  it('of any year, alone and with a time', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(9999), fc.nat(99), fc.nat(99)), ([year, a, b]) => {
        const [month, day] = [a % 14, b % 33];
        const time = timeOf(year, month, day);
        const text = dateText(year, month, day);
        const moment = timestamp(`${text} 23:59:59.123456`);
        if (time === undefined) {
          expect(date(text)).toMatchObject(REJECTED);
          expect(moment).toMatchObject(REJECTED);
          return;
        }
        expect(integers(date(text).bytes, 4)).toEqual([BigInt(time / 86_400_000)]);
        expect(integers(moment.bytes, 8)).toEqual([(BigInt(time) + 86_399_000n) * 1000n + 123_456n]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '0000-00-00',
    '2024-00-00',
    '2024-05-00',
    '2024-00-05',
    '0000-05-05',
    '2024-02-30',
    '2023-02-29',
    '2024-99-99',
  ])('%s is one of MySQL', (text) => {
    const none = text !== '0000-05-05';
    expect(date(text).rejected).toBe(none ? 1 : 0);
    expect(date(text).valid).toEqual([!none]);
    expect(isRejectedDate({ kind: 'date' }, text)).toBe(none);
    expect(isRejectedDate({ kind: 'timestamp' }, `${text} 00:00:00`)).toBe(none);
    expect(isRejectedDate({ kind: 'text' }, text)).toBe(false);
  });

  it.each([
    '',
    '2024-01-1',
    '2024-1-011',
    '2024-01-011',
    '20240101',
    '2024/01/01',
    '2024-01/01',
    '202a-01-01',
    'x024-01-01',
    '2024-0x-01',
    '2024-01-x1',
    '2024-01-1 ',
    '-024-01-01',
    '2024-01--1',
    '2024:01:01',
    '0000-00-0:',
    '2024-01-01 00:00:00',
    '٢٠٢٤-',
  ])('%j has another shape', (text) => {
    const { count, bad, valid } = date(text);
    expect([count, bad, kernels.getBadColumn(), valid]).toEqual([-1, 0, -1, [true]]);
    expect(isRejectedDate({ kind: 'date' }, text)).toBe(false);
  });
});

describe('timestamps', () => {
  it('have the microseconds of any fraction', () => {
    const parts = fc.tuple(
      fc.tuple(fc.nat(9999), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 })),
      fc.tuple(fc.nat(26), fc.nat(62), fc.nat(62)),
      fc.stringMatching(/^[0-9]{0,6}$/),
    );
    fc.assert(
      fc.property(parts, ([[year, month, day], [hour, minute, second], fraction]) => {
        const time = [hour, minute, second].map((part) => pad(part, 2)).join(':');
        const text = `${dateText(year, month, day)} ${time}${fraction === '' ? '' : `.${fraction}`}`;
        const result = timestamp(text);
        if (hour > 23 || minute > 59 || second > 59) {
          expect(result).toMatchObject(REJECTED);
          expect(isRejectedDate({ kind: 'timestamp' }, text)).toBe(true);
          return;
        }
        const seconds = timeOf(year, month, day)! / 1000 + hour * 3600 + minute * 60 + second;
        const micros = BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
        expect(integers(result.bytes, 8)).toEqual([micros]);
        expect(isRejectedDate({ kind: 'timestamp' }, text)).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  it.each([
    '',
    '2024-01-01',
    '2024-01-01 00:00',
    '2024-01-01 00:00:0',
    '2024-01-01 00:00:00.',
    '2024-01-01 00:00:00.1234567',
    '2024-01-01 00:00:00.12345x',
    '2024-01-01 00:00:00.x',
    '2024-01-01 00:00:00,1',
    '2024-01-01 00:00:00 1',
    '2024-01-01T00:00:00',
    '2024-01-01 00-00:00',
    '2024-01-01 00:00-00',
    '2024-01-01 0x:00:00',
    '2024-01-01 00:x0:00',
    '2024-01-01 00:00:0x',
    '2024/01-01 00:00:00',
    'x024-01-01 00:00:00',
    '0000-00-00 00:00:xx',
    '0000-00-00 00:00:00.x',
    '-838:59:59.000000000',
    '2024-01-01 00:00:00Z',
  ])('%j has another shape', (text) => {
    const { count, bad, valid } = timestamp(text);
    expect([count, bad, kernels.getBadColumn(), valid]).toEqual([-1, 0, -1, [true]]);
    expect(isRejectedDate({ kind: 'timestamp' }, text)).toBe(false);
  });
});

describe.each([
  { name: 'dates', kernel: kernels.dates, width: 4, tail: '', unit: 86_400_000_000n },
  { name: 'timestamps', kernel: kernels.timestamps, width: 8, tail: ' 00:00:00', unit: 1n },
])('a column of $name', ({ kernel, width, tail, unit }) => {
  it('loses the rejected cells only, and they are in no bounds', () => {
    const cell = fc.tuple(fc.integer({ min: 1900, max: 2100 }), fc.nat(12), fc.nat(31));
    fc.assert(
      fc.property(fc.array(fc.option(cell), { maxLength: 30 }), (cells) => {
        const times = cells.map((parts) => parts && timeOf(...parts));
        const known = times.filter((time) => typeof time === 'number');
        const values = known.map((time) => (BigInt(time) * 1000n) / unit);
        const bounds = fixedBounds(width, false);
        const texts = cells.map((parts) => parts && `${dateText(...parts)}${tail}`);
        const result = encode(kernel, texts, width, { bounds });
        bounds.drop();
        expect(result.count).toBe(values.length);
        expect(integers(result.bytes, width)).toEqual(values);
        expect(result.rejected).toBe(times.filter((time) => time === undefined).length);
        expect(result.valid).toEqual(times.map((time) => typeof time === 'number'));
        const sorted = values.toSorted((a, b) => (a < b ? -1 : 1));
        const { min, max } = result.bounds ?? { min: Buffer.alloc(0), max: Buffer.alloc(0) };
        expect(integers(min, width)).toEqual(sorted.slice(0, 1));
        expect(integers(max, width)).toEqual(sorted.slice(-1));
      }),
      { numRuns: 200 },
    );
  });

  it('names the bad cell, also behind rejected ones and NULLs', () => {
    const { count, bad } = encode(kernel, [`2024-01-01${tail}`, null, `0000-00-00${tail}`, 'x', null], width);
    expect([count, bad]).toEqual([-1, 3]);
  });

  it('counts the rejected ones of each call anew', () => {
    expect(encode(kernel, [`0000-00-00${tail}`, `2024-00-00${tail}`], width).rejected).toBe(2);
    expect(encode(kernel, [`2024-01-01${tail}`, null], width).rejected).toBe(0);
  });
});
