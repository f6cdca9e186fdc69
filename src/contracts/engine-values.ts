import type { Cell } from '../rows/batch.ts';
import type { FieldType } from '../rows/field.ts';

const BYTES = [0, 0xff, 0x27, 0x5c];

/** Per lake type: the canonical text that goes into the files and the text that a query gives. */
export const VALUES: { type: FieldType; cells: readonly [stored: Cell, answered: string | null][] }[] = [
  {
    type: { kind: 'boolean' },
    cells: [
      ['0', 'false'],
      ['1', 'true'],
      [null, null],
    ],
  },
  {
    type: { kind: 'int32' },
    cells: [
      ['-2147483648', '-2147483648'],
      ['2147483647', '2147483647'],
      [null, null],
    ],
  },
  {
    type: { kind: 'int64' },
    cells: [
      ['-9223372036854775808', '-9223372036854775808'],
      ['9007199254740993', '9007199254740993'],
      [null, null],
    ],
  },
  {
    type: { kind: 'float32' },
    cells: [
      ['0.1', '0.1'],
      ['-1.5', '-1.5'],
      [null, null],
    ],
  },
  {
    type: { kind: 'float64' },
    cells: [
      ['0.30000000000000004', '0.30000000000000004'],
      ['1e300', '1e+300'],
      [null, null],
    ],
  },
  {
    type: { kind: 'decimal', precision: 38, scale: 10 },
    cells: [
      ['-1234567890123456789012345678.0123456789', '-1234567890123456789012345678.0123456789'],
      ['0.5000000000', '0.5000000000'],
      [null, null],
    ],
  },
  {
    type: { kind: 'decimal', precision: 3, scale: 3 },
    cells: [
      ['-0.500', '-0.500'],
      ['0.001', '0.001'],
      [null, null],
    ],
  },
  {
    type: { kind: 'decimal', precision: 20, scale: 0 },
    cells: [
      ['18446744073709551615', '18446744073709551615'],
      [null, null],
    ],
  },
  {
    type: { kind: 'date' },
    cells: [
      ['1000-01-01', '1000-01-01'],
      ['9999-12-31', '9999-12-31'],
      ['0000-00-00', null],
      [null, null],
    ],
  },
  {
    type: { kind: 'timestamp' },
    cells: [
      ['1999-12-31 23:59:59.000001', '1999-12-31 23:59:59.000001'],
      ['9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
      ['2020-02-29 00:00:00', '2020-02-29 00:00:00'],
      [null, null],
    ],
  },
  {
    type: { kind: 'text' },
    cells: [
      ['NULL', 'NULL'],
      ['', ''],
      ['a,"b"\\c', 'a,"b"\\c'],
      ['é日😀', 'é日😀'],
      [' # x', ' # x'],
      ['#x', '#x'],
      [null, null],
    ],
  },
  {
    type: { kind: 'binary' },
    cells: [
      [Uint8Array.from(BYTES), Buffer.from(BYTES).toString('hex')],
      ['', ''],
      [null, null],
    ],
  },
];

/** Partition values that paths, S3 or a catalog could confuse and that stand for themselves everywhere. */
export const AWKWARD_TEXTS: readonly string[] = [
  'course-v1:Org+Name+Run',
  'Org/Name/Run',
  'a=b',
  '100%',
  '%41',
  'a b',
  ' lead',
  'trail ',
  'ü',
  '日本語',
  '\u{1F600}',
  'a+b',
  "it's",
  '"q"',
  'x]y[z',
  'a{b}',
  '007',
  '~',
  '.',
  '..',
  'a\\b',
  'a\tb',
  'a\nb',
  'NULL',
  'null',
  'CON',
  '*',
  '?',
  '?x=1&y',
  '#',
  'x'.repeat(200),
];

/** These, and those that are near to NULL, or are NULL. */
export const AWKWARD: readonly (string | null)[] = [
  ...AWKWARD_TEXTS,
  '',
  null,
  '__HIVE_DEFAULT_PARTITION__',
  '%5F_HIVE_DEFAULT_PARTITION__',
];
