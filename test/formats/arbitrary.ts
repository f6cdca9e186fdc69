import fc from 'fast-check';
import type { FieldType } from '../../src/rows/field.ts';
import type { Cell } from './expected.ts';

const decimal = (precision: number, scale: number): FieldType => ({ kind: 'decimal', precision, scale });

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
