import type { FieldType } from '../rows/field.ts';

/** A table that a source is given and must come out with, as the suite of sources reads it. */
export interface ExpectedTable {
  readonly table: string;
  readonly primaryKey: readonly string[];
  /** Name, type and whether NULL is allowed. */
  readonly fields: readonly (readonly [name: string, type: FieldType, nullable: boolean])[];
  /** Cells in canonical text form, or bytes. The order of the rows is not part of it. */
  readonly rows: readonly (readonly (string | Uint8Array | null)[])[];
}

const int32: FieldType = { kind: 'int32' };
const int64: FieldType = { kind: 'int64' };
const text: FieldType = { kind: 'text' };
const binary: FieldType = { kind: 'binary' };
const timestamp: FieldType = { kind: 'timestamp' };
const decimal = (precision: number, scale: number): FieldType => ({ kind: 'decimal', precision, scale });
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const cells = (line: string): string[] => line.split(' | ');
const nulls = (count: number): null[] => Array.from({ length: count }, () => null);
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/**
 * In the order of their names, which is the order of both servers and dumps. FLOAT cells are values whose
 * six digits are exact, for a dump has no more of them (see the test of the dump source).
 */
export const ALL_TYPES: readonly ExpectedTable[] = [
  {
    table: 'bytes',
    primaryKey: ['id'],
    fields: [
      ['id', int32, false],
      ...['fixed', 'vary', 'tiny', 'normal', 'medium', 'large', 'place'].map(
        (n) => [n, binary, true] as const,
      ),
    ],
    rows: [
      ['1', ...nulls(7)],
      ['2', hex('00000000'), '', '', '', '', '', hex('000000000101000000000000000000f03f0000000000000040')],
      ['3', hex('00010203'), everyByte, "'", "\\'", '\\\\', hex('c3a9ff'), null],
      [
        '4',
        hex('ff000000'),
        'NULL',
        hex('00'),
        hex('0a0d'),
        ',(',
        ');',
        hex(
          '000000000102000000020000000000000000000000' + '0000000000000000000000000000f8bf0000000000000440',
        ),
      ],
    ],
  },
  {
    table: 'no key',
    primaryKey: [],
    fields: [
      ['a', int32, false],
      ['b', text, true],
    ],
    rows: [
      ['1', 'x'],
      ['1', 'x'],
      ['2', null],
    ],
  },
  {
    table: 'numbers',
    primaryKey: ['id'],
    fields: [
      ['id', int32, false],
      ['tiny', int32, true],
      ['tiny_u', int64, true],
      ['bool_', int32, true],
      ['small', int32, true],
      ['small_u', int64, true],
      ['medium', int32, true],
      ['medium_u', int64, true],
      ['normal', int32, true],
      ['normal_u', int64, true],
      ['big', int64, true],
      ['big_u', decimal(20, 0), true],
      ['filled', int64, true],
      ['dec_10_2', decimal(10, 2), true],
      ['dec_38_10', decimal(38, 10), true],
      ['dec_65_30', text, true],
      ['dec_u', decimal(20, 0), true],
      ['single', { kind: 'float32' }, true],
      ['dble', { kind: 'float64' }, true],
      ['bit_1', { kind: 'boolean' }, true],
      ['bit_10', int64, true],
      ['bit_64', decimal(20, 0), true],
      ['year_', int32, true],
    ],
    rows: [
      [
        ...cells('-4 | 10 | 34 | 39 | 92 | 96 | 10 | 13 | 0 | 26 | -1 | 1 | 000007 | 0.01 | -0.0000000001'),
        ...cells('1.500000000000000000000000000000 | 18446744073709551615 | 0 | 0.1 | 0 | 44 | 10023 | 2024'),
      ],
      ['0', ...nulls(22)],
      [
        ...cells('1 | -128 | 0 | 0 | -32768 | 0 | -8388608 | 0 | -2147483648 | 0 | -9223372036854775808 | 0'),
        ...cells('000042 | -99999999.99 | -9999999999999999999999999999.9999999999'),
        ...cells('-99999999999999999999999999999999999.999999999999999999999999999999 | 0 | -1.5'),
        ...cells('-1.7976931348623157e308 | 0 | 0 | 0 | 1901'),
      ],
      [
        ...cells('2 | 127 | 255 | 1 | 32767 | 65535 | 8388607 | 16777215 | 2147483647 | 4294967295'),
        ...cells('9223372036854775807 | 18446744073709551615 | 999999 | 99999999.99'),
        ...cells('9999999999999999999999999999.9999999999'),
        ...cells(
          '99999999999999999999999999999999999.999999999999999999999999999999 | 99999999999999999999 | 0.25',
        ),
        ...cells('1.7976931348623157e308 | 1 | 1023 | 18446744073709551615 | 2155'),
      ],
      [
        ...cells('3 | 0 | 1 | 2 | 0 | 1 | 0 | 1 | 0 | 1 | 9007199254740993 | 9223372036854775808 | 000000'),
        ...cells(
          '0.00 | 0.0000000001 | 0.000000000000000000000000000001 | 1 | 65536 | 2.2250738585072014e-308',
        ),
        ...cells('1 | 513 | 9223372036854775840 | 0000'),
      ],
    ],
  },
  {
    table: 'odd`name, (ü)',
    primaryKey: ['a`b', 'select'],
    fields: [
      ['select', int32, false],
      ['a`b', text, false],
      ['c d', int32, true],
      ['é', text, true],
      ['primary', int32, true],
    ],
    rows: [
      ['1', 'one', null, 'eins', '10'],
      ['2', 'two', '7', null, null],
    ],
  },
  {
    table: 'texts',
    primaryKey: ['id'],
    fields: [
      ['id', int32, false],
      ['fixed', text, true],
      ['vary', text, false],
      ...['tiny', 'normal', 'medium', 'large', 'old', 'choice', 'many', 'doc'].map(
        (n) => [n, text, true] as const,
      ),
    ],
    rows: [
      ['1', null, '', ...nulls(8)],
      ['2', '', 'NULL', '', '', '', '', '', '', '', '{}'],
      [
        '3',
        'NULL',
        'null',
        'NULL',
        '\\N',
        'DEFAULT',
        '0',
        'x',
        'b,c',
        'x,z z',
        '{"a": 1.0, "b": [null, "\\u00e9", "\\"q\\""]}',
      ],
      [
        '4',
        'é',
        '日本語 😀 Ünï',
        'a\\b',
        'it\'s "quoted" `ticked`',
        "),(1,'x');\nINSERT INTO `texts` VALUES (",
        '-- no comment /* nor this */ # nor this',
        'é€Ÿ',
        "d'e",
        'y',
        '"text"',
      ],
      [
        '5',
        'a\\',
        '\\',
        "'",
        '"',
        'line\nline\r\nline\rtab\tend',
        '\0zero\x1asub\bback',
        'ÿ',
        'f)',
        'x,y,z z',
        '[1, 2]',
      ],
      [
        '6',
        '%_',
        '\\%\\_%_',
        '  spaces  ',
        'a,b;c',
        'trailing backslash\\',
        "\\\\'\\'\\\"",
        ' ',
        ' g',
        'z z',
        'null',
      ],
      ['7', '.', '/*!40101 SET x */', '--', '#', ';', ');', '?', 'a', '', 'true'],
    ],
  },
  {
    table: 'times',
    primaryKey: ['id'],
    fields: [
      ['id', int32, false],
      ['day_', { kind: 'date' }, true],
      ...['moment', 'moment_3', 'moment_6', 'stamp', 'stamp_6'].map((n) => [n, timestamp, true] as const),
      ['span', text, true],
      ['span_6', text, true],
    ],
    rows: [
      ['1', ...nulls(8)],
      [
        ...cells(
          '2 | 0000-00-00 | 0000-00-00 00:00:00 | 0000-00-00 00:00:00.000 | 0000-00-00 00:00:00.000000',
        ),
        ...cells('0000-00-00 00:00:00 | 0000-00-00 00:00:00.000000 | 00:00:00 | -00:00:00.000001'),
      ],
      [
        ...cells(
          '3 | 2024-00-15 | 2024-00-00 01:02:03 | 2024-02-30 01:02:03.004 | 2024-01-00 23:59:59.999999',
        ),
        ...cells('1970-01-01 00:00:01 | 1970-01-01 00:00:01.000001 | -838:59:59 | -838:59:59.999999'),
      ],
      [
        ...cells(
          '4 | 0001-01-01 | 0001-01-01 00:00:00 | 1000-01-01 00:00:00.001 | 0001-01-01 00:00:00.000001',
        ),
        ...cells('2038-01-19 03:14:07 | 2038-01-19 03:14:07.999999 | 838:59:59 | 838:59:59.999999'),
      ],
      [
        ...cells(
          '5 | 9999-12-31 | 9999-12-31 23:59:59 | 9999-12-31 23:59:59.999 | 9999-12-31 23:59:59.999999',
        ),
        ...cells('2024-03-31 02:30:00 | 2024-10-27 01:30:00.500000 | 25:00:00 | 00:00:00.100000'),
      ],
      [
        ...cells(
          '6 | 2024-02-29 | 2024-02-29 12:00:00 | 2024-02-29 12:00:00.500 | 2024-02-29 12:00:00.250000',
        ),
        ...cells('2000-01-01 00:00:00 | 2000-01-01 00:00:00.000000 | 12:34:56 | 12:34:56.700000'),
      ],
    ],
  },
  {
    table: 'vacant',
    primaryKey: ['id'],
    fields: [
      ['id', decimal(20, 0), false],
      ['note', text, true],
    ],
    rows: [],
  },
];
