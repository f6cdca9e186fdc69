import { describe, expect, it } from 'vitest';
import { csvFormat } from '../../src/formats/csv.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { fieldsOf, formatContract, writeRows } from '../contracts/format.ts';
import { arrives, csvReaders } from './csv-readers.ts';
import type { Cell } from './expected.ts';

formatContract('csv', {
  make: () => csvFormat(),
  readers: csvReaders(),
  arrives,
});

async function csv(names: string[], types: FieldType[], rows: Cell[][]): Promise<string> {
  const fields = fieldsOf(types).map((field, i) => ({ ...field, name: names[i]! }));
  const { bytes } = await writeRows(csvFormat(), fields, rows);
  return bytes.toString();
}

const text: FieldType = { kind: 'text' };
const int: FieldType = { kind: 'int32' };
const timestamp: FieldType = { kind: 'timestamp' };

describe('the bytes of a CSV file', () => {
  it.each([
    ['plain', 'plain'],
    ['', '""'],
    ['a,b', '"a,b"'],
    ['Ana "Nita"', '"Ana \\"Nita\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['a\nb', '"a\\\\nb"'],
    ['a\r\nb', '"a\\\\r\\\\nb"'],
    ['=1+1', '=1+1'],
    [' padded\t', ' padded\t'],
    ["O'Brien", "O'Brien"],
    [null, ''],
  ])('spell the text %j as %s', async (cell, spelled) => {
    expect(await csv(['t'], [text], [[cell]])).toBe(`t\r\n${spelled}\r\n`);
  });

  const others: [FieldType, Cell, string][] = [
    [{ kind: 'binary' }, Uint8Array.of(0, 0xff, 0x10, 0xab), '00ff10ab'],
    [{ kind: 'binary' }, '', '""'],
    [{ kind: 'boolean' }, '1', '1'],
    [{ kind: 'date' }, '2024-02-29', '2024-02-29'],
    [{ kind: 'date' }, '0000-00-00', ''],
    [timestamp, '2024-05-06 07:08:09', '2024-05-06 07:08:09.000000'],
    [timestamp, '2024-05-06 07:08:09.5', '2024-05-06 07:08:09.500000'],
    [timestamp, '2024-00-00 00:00:00', ''],
    [{ kind: 'float64' }, '1e300', '1e300'],
    [{ kind: 'float64' }, '-0.0000000001', '-0.0000000001'],
    [{ kind: 'decimal', precision: 10, scale: 2 }, '0.50', '0.50'],
    [
      { kind: 'decimal', precision: 38, scale: 30 },
      '0.000000000000000000000000000000',
      '0.000000000000000000000000000000',
    ],
  ];
  it.each(others)('spell %j %j as %s', async (type, cell, spelled) => {
    expect(await csv(['t'], [type], [[cell]])).toBe(`t\r\n${spelled}\r\n`);
  });

  it('quote a header as they quote a text', async () => {
    expect(await csv(['a,b', 'c'], [int, int], [])).toBe('"a,b",c\r\n');
  });

  // Recorded from the original, where it does what it means to do.
  it('are those of the original: enrolments', async () => {
    const names = ['id', 'course_id', 'created', 'is_active', 'mode', 'user_id'];
    const rows = [
      ['1', 'course-v1:edX+DemoX+Demo_Course', '2024-01-01 10:00:00.000000', '1', 'honor', '2'],
      ['2', 'course-v1:edX+DemoX+Demo_Course', '2024-01-02 10:00:00.250000', '0', 'verified', '3'],
      ['3', 'edX/Open_DemoX/edx_demo_course', null, '1', 'audit', '2'],
    ];
    expect(await csv(names, [int, text, timestamp, int, text, int], rows)).toBe(
      [
        'id,course_id,created,is_active,mode,user_id',
        '1,course-v1:edX+DemoX+Demo_Course,2024-01-01 10:00:00.000000,1,honor,2',
        '2,course-v1:edX+DemoX+Demo_Course,2024-01-02 10:00:00.250000,0,verified,3',
        '3,edX/Open_DemoX/edx_demo_course,,1,audit,2',
        '',
      ].join('\r\n'),
    );
  });

  it('are those of the original: values of many types', async () => {
    const types: FieldType[] = [
      { kind: 'int64' },
      { kind: 'decimal', precision: 20, scale: 0 },
      { kind: 'date' },
      timestamp,
      text,
      text,
      text,
    ];
    const rows = [
      [
        '-9223372036854775808',
        '18446744073709551615',
        '1000-01-01',
        '9999-12-31 23:59:59.999999',
        '李雷',
        'b,c',
        "O'Brien",
      ],
      [null, null, null, null, null, null, null],
      ['4', '1', '2024-01-01', '2024-01-01 00:00:00', 'NULL', 'c,d', '😀'],
    ];
    const [, ...lines] = (await csv(['a', 'b', 'c', 'd', 'e', 'f', 'g'], types, rows)).split('\r\n');
    expect(lines).toEqual([
      '-9223372036854775808,18446744073709551615,1000-01-01,9999-12-31 23:59:59.999999,李雷,"b,c",O\'Brien',
      ',,,,,,',
      '4,1,2024-01-01,2024-01-01 00:00:00.000000,NULL,"c,d",😀',
      '',
    ]);
  });
});
