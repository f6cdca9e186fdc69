import fc from 'fast-check';
import type { FieldType } from '../../src/rows/field.ts';
import type { Cell } from './expected.ts';

const decimal = (precision: number, scale: number): FieldType => ({ kind: 'decimal', precision, scale });
const dates = [
  '1970-01-01',
  '1969-12-31',
  '0000-01-01',
  '0000-12-31',
  '0001-01-01',
  '1000-01-01',
  '1582-10-15',
];
const moreDates = [
  '1600-02-29',
  '1900-02-28',
  '2000-02-29',
  '2024-02-29',
  '2024-12-31',
  '9999-12-31',
  '1970-03-01',
];
const noDates = [
  '0000-00-00',
  '2024-00-10',
  '2024-10-00',
  '2024-02-30',
  '2023-02-29',
  '1900-02-29',
  '2024-04-31',
];

/** Values at the edges of every type that must come back, or come back as NULL where no calendar has them. */
export const EXTREMES: { type: FieldType; cells: Cell[] }[] = [
  { type: { kind: 'boolean' }, cells: ['0', '1', '1', '0', '0', '0', '1', '1', '1', '0'] },
  {
    type: { kind: 'int32' },
    cells: [
      '0',
      '-0',
      '1',
      '-1',
      '2147483647',
      '-2147483648',
      '999999999',
      '1000000000',
      '0000000042',
      '007',
      '0000000000000000099',
    ],
  },
  {
    type: { kind: 'int64' },
    cells: [
      ...['0', '-1', '4294967295', '4294967296', '-4294967296', '-4294967297', '2147483648', '-2147483649'],
      ...['9007199254740991', '9007199254740993', '-9007199254740993', '999999999999999', '1000000000000000'],
      ...['9223372036854775807', '-9223372036854775808', '-9223372036854775807', '1234567890123456789'],
      ...['00000000000000000000000000000012', '9223372032559808512', '-9223372032559808512'],
    ],
  },
  {
    type: { kind: 'float32' },
    cells: [
      '0',
      '-0',
      '1.5',
      '0.1',
      '-3.40282e38',
      '3.40282347e38',
      '1.17549e-38',
      '1e-45',
      '16777217',
      '0.333333',
    ],
  },
  {
    type: { kind: 'float64' },
    cells: [
      ...['0', '-0', '-0.0', '1', '0.1', '-0.3333333333333333', '1e300', '1.7976931348623157e308', '5e-324'],
      ...[
        '2.2250738585072014e-308',
        '123456789012345678',
        '999999999999999',
        '0.000000000000001',
        '123456.789',
      ],
      ...['9007199254740993', '1e-7', '1E21', '+1', '.5', '5.', '1.0000000000000002', '0.30000000000000004'],
    ],
  },
  { type: decimal(1, 0), cells: ['0', '9', '-9', '-0', '5.0', '007'] },
  { type: decimal(5, 5), cells: ['0', '0.99999', '-0.99999', '0.1', '.00001', '-0.00001'] },
  { type: decimal(9, 2), cells: ['0', '9999999.99', '-9999999.99', '1', '0.5', '-0.05', '1.500', '0001.5'] },
  {
    type: decimal(18, 4),
    cells: [
      '0',
      '99999999999999.9999',
      '-99999999999999.9999',
      '1.5',
      '-0.0001',
      '99999999999',
      '123456789012.3456',
    ],
  },
  { type: decimal(18, 18), cells: ['0', '0.999999999999999999', '-0.123456789012345678', '0.1'] },
  {
    type: decimal(19, 0),
    cells: ['0', '9999999999999999999', '-9999999999999999999', '1', '-1', '255', '-256'],
  },
  {
    type: decimal(20, 0),
    cells: [
      '18446744073709551615',
      '0',
      '1',
      '99999999999999999999',
      '-99999999999999999999',
      '000000000000000000001',
    ],
  },
  {
    type: decimal(38, 10),
    cells: [
      ...[
        '0',
        '1.5',
        '-1.5',
        '9999999999999999999999999999.9999999999',
        '-9999999999999999999999999999.9999999999',
      ],
      ...['0.0000000001', '-0.0000000001', '1000000000', '123456789.123456789', '-1000000000000000000'],
    ],
  },
  {
    type: decimal(38, 38),
    cells: [
      '0',
      '0.12345678901234567890123456789012345678',
      '-0.99999999999999999999999999999999999999',
      '0.5',
    ],
  },
  { type: { kind: 'date' }, cells: [...dates, ...moreDates, ...noDates, '2024-13-01'] },
  {
    type: { kind: 'timestamp' },
    cells: [
      ...dates.map((date) => `${date} 00:00:00`),
      ...moreDates.map((date) => `${date} 23:59:59.999999`),
      ...noDates.map((date) => `${date} 12:00:00`),
      ...[
        '2024-05-06 07:08:09.5',
        '2024-05-06 07:08:09.12',
        '2024-05-06 07:08:09.000001',
        '1969-12-31 23:59:59.999999',
      ],
      ...[
        '2024-05-06 24:00:00',
        '2024-05-06 07:60:09',
        '2024-05-06 07:08:60',
        '2038-01-19 03:14:08',
        '1901-12-13 20:45:51',
      ],
    ],
  },
  {
    type: { kind: 'text' },
    cells: [
      ...[
        '',
        'NULL',
        '\\N',
        'null',
        ' ',
        '  padded  ',
        'a,b',
        '"',
        '""',
        '"quoted"',
        'say "hi"',
        '\\',
        '\\\\',
        'a\\',
      ],
      ...[
        '\\"',
        'a\\"b',
        '"\\',
        ',',
        ',,',
        'a\nb',
        'a\r\nb',
        '\r',
        '\n',
        '\\n',
        '\t',
        '\u0000',
        'nul\u0000inside',
      ],
      ...[
        'äöü',
        '日本語',
        '😀',
        'e\u0301',
        '\u{10ffff}',
        '\u2028',
        '\ufeffbom',
        "apos'trophe",
        'x'.repeat(1000),
      ],
    ],
  },
  {
    type: { kind: 'binary' },
    cells: [
      '',
      'abc',
      new Uint8Array(0),
      Uint8Array.of(0),
      Uint8Array.of(255, 0, 128, 10, 13, 34, 92, 44),
      new Uint8Array(300),
    ],
  },
];

const notNumbers = ['', '-', 'x', '1x', ' 1', '1 ', '--1', '1-', '٣', '\u0000'];

/** Bytes that no column of the type can hold. */
export const BAD_VALUES: { type: FieldType; cells: Cell[] }[] = [
  { type: { kind: 'boolean' }, cells: ['', '2', '10', 'true', '-1'] },
  {
    type: { kind: 'int32' },
    cells: [...notNumbers, '1.0', '1e3', '2147483648', '-2147483649', '99999999999', '+1'],
  },
  {
    type: { kind: 'int64' },
    cells: [
      ...notNumbers,
      '1.5',
      '9223372036854775808',
      '-9223372036854775809',
      '18446744073709551615',
      '1234567890123456x',
      '99999999999999999999',
    ],
  },
  { type: { kind: 'float32' }, cells: [...notNumbers, '1e39', '0x10', 'nan', 'inf', '1e', '.'] },
  {
    type: { kind: 'float64' },
    cells: [...notNumbers, '1e309', '1.2.3', '1,5', 'Infinity', 'e5', '.', '0x1p3'],
  },
  {
    type: decimal(9, 2),
    cells: [...notNumbers, '.', '-.', '10000000', '9999999.999', '1.001', '1.2.3', '1e2'],
  },
  { type: decimal(18, 4), cells: [...notNumbers, '.', '100000000000000', '0.00001', '1..2'] },
  { type: decimal(20, 0), cells: [...notNumbers, '.', '100000000000000000000', '1.5', '1'.repeat(60)] },
  {
    type: decimal(38, 10),
    cells: [...notNumbers, '-.', '10000000000000000000000000000', '0.00000000001', '1.2.3'],
  },
  {
    type: { kind: 'date' },
    cells: [
      '',
      '2024-1-01',
      '2024/01/01',
      '24-01-01',
      '2024-01-01 00:00:00',
      '20240101',
      'xxxx-xx-xx',
      '2024-0x-01',
    ],
  },
  {
    type: { kind: 'timestamp' },
    cells: [
      '',
      '2024-01-01',
      '2024-01-01T00:00:00',
      '2024-01-01 00:00:00.',
      '2024-01-01 00:00:00.1234567',
      '2024-01-01 00:00',
      '2024-01-01 00:00:0x',
      '0000-00-00 00:00:00.x',
      '2024-01-01 00-00-00',
    ],
  },
  {
    type: { kind: 'text' },
    cells: [
      Uint8Array.of(0xff),
      Uint8Array.of(0x61, 0xc3),
      Uint8Array.of(0x80),
      Uint8Array.of(0xed, 0xa0, 0x80),
      Uint8Array.of(0xc0, 0x80),
    ],
  },
];

export const arbitraryType: fc.Arbitrary<FieldType> = fc.oneof(
  fc.constantFrom<FieldType>(
    ...(
      ['boolean', 'int32', 'int64', 'float32', 'float64', 'date', 'timestamp', 'text', 'binary'] as const
    ).map((kind) => ({ kind })),
  ),
  fc
    .integer({ min: 1, max: 38 })
    .chain((precision) => fc.integer({ min: 0, max: precision }).map((scale) => decimal(precision, scale))),
  fc.constant<FieldType>({ kind: 'text' }),
);

/** A cell of a type in its canonical text form. */
export function arbitraryCell(type: FieldType): fc.Arbitrary<Cell> {
  switch (type.kind) {
    case 'boolean':
      return fc.constantFrom('0', '1');
    case 'int32':
      return fc.integer().map(String);
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    case 'float32':
      return fc.float({ noNaN: true, noDefaultInfinity: true }).map(String);
    case 'float64':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    case 'decimal':
      return arbitraryDecimal(type.precision, type.scale);
    case 'date':
      return arbitraryDate;
    case 'timestamp':
      return fc
        .tuple(arbitraryDate, fc.nat(24), fc.nat(60), fc.nat(60), fc.stringMatching(/^(\.\d{1,6})?$/))
        .map(
          ([date, hour, minute, second, fraction]) =>
            `${date} ${two(hour)}:${two(minute)}:${two(second)}${fraction}`,
        );
    case 'text':
      return fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.string({ unit: fc.constantFrom(...'"\\,\n\rnr é') }),
      );
    case 'binary':
      return fc.uint8Array({ maxLength: 80 });
  }
}

const two = (value: number) => String(value).padStart(2, '0');

const arbitraryDate = fc
  .tuple(fc.nat(9999), fc.nat(13), fc.nat(32))
  .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`);

function arbitraryDecimal(precision: number, scale: number): fc.Arbitrary<string> {
  const limit = 10n ** BigInt(precision) - 1n;
  return fc
    .tuple(fc.bigInt({ min: 0n, max: limit }), fc.nat(precision), fc.boolean())
    .map(([value, drop, negative]) => {
      const digits = (value / 10n ** BigInt(drop)).toString().padStart(scale + 1, '0');
      const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
      return negative ? `-${text}` : text;
    });
}
