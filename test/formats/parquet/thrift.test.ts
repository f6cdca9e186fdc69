import { expect, it } from 'vitest';
import { ThriftWriter } from '../../../src/formats/parquet/thrift.ts';

/** Bytes worked out by hand from the specification of the compact protocol. */
const CASES: [string, (thrift: ThriftWriter) => void, string][] = [
  ['an empty struct', () => {}, '00'],
  ['a small field', (thrift) => thrift.i32Field(1, 1), '15 02 00'],
  ['negative numbers in zigzag', (thrift) => thrift.i32Field(1, -2), '15 03 00'],
  ['numbers of several bytes', (thrift) => thrift.i32Field(1, 300), '15 d804 00'],
  ['numbers beyond 32 bits', (thrift) => thrift.i64Field(1, 2 ** 40), '16 808080808040 00'],
  ['an i8 as it is', (thrift) => thrift.byteField(1, 64), '13 40 00'],
  [
    'booleans in their type',
    (thrift) => {
      thrift.boolField(1, true);
      thrift.boolField(2, false);
    },
    '11 12 00',
  ],
  ['text with its length', (thrift) => thrift.stringField(3, 'é'), '38 02 c3a9 00'],
  ['a field far from the last', (thrift) => thrift.i32Field(20, 1), '05 28 02 00'],
  [
    'a struct whose ids begin anew, and the outer ids after it',
    (thrift) => {
      thrift.structField(2, () => thrift.i32Field(1, 0));
      thrift.i32Field(3, 0);
    },
    '2c 15 00 00 15 00 00',
  ],
  ['a short list', (thrift) => thrift.i32ListField(1, [1, 2]), '19 25 02 04 00'],
  ['a list of texts', (thrift) => thrift.stringListField(1, ['a']), '19 18 01 61 00'],
  [
    'a list of fifteen',
    (thrift) => thrift.structListField(1, Array.from({ length: 15 }), () => {}),
    `19 fc 0f ${'00'.repeat(15)} 00`,
  ],
];

it.each(CASES)('%s', (_, fields, bytes) => {
  const thrift = new ThriftWriter();
  for (let i = 0; i < 2; i++) {
    thrift.struct(() => fields(thrift));
    expect(thrift.take().toString('hex')).toBe(bytes.replaceAll(' ', ''));
  }
});
