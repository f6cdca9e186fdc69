import type { FieldType } from '../../rows/field.ts';
import type { FileField } from '../format.ts';

/** Physical types (parquet.thrift, enum Type). */
const TYPE = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  byteArray: 6,
  fixed: 7,
} as const;

/** Converted types (parquet.thrift, enum ConvertedType): what readers older than logical types know. */
const CONVERTED = { utf8: 0, decimal: 5, date: 6, timestampMicros: 10, int32: 17, int64: 18 } as const;

/** How a field type is stored; the sections named are those of the Parquet format's LogicalTypes.md. */
export interface ColumnType {
  readonly physical: number;
  /** Bytes per value: 4, 8 or the length of FIXED_LEN_BYTE_ARRAY; 0 for BOOLEAN (bits) and BYTE_ARRAY. */
  readonly width: number;
  readonly converted?: number;
  readonly logical?: LogicalType;
}

export type LogicalType =
  | { readonly kind: 'string' | 'date' | 'timestamp' }
  | { readonly kind: 'integer'; readonly bits: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number };

/** The Parquet type of a field type. */
export function columnType(type: FieldType): ColumnType {
  switch (type.kind) {
    case 'boolean':
      return { physical: TYPE.boolean, width: 0 };
    // "Signed Integers": 32 and 64 bits are also what an INT32 or INT64 without annotation means.
    case 'int32':
      return {
        physical: TYPE.int32,
        width: 4,
        converted: CONVERTED.int32,
        logical: { kind: 'integer', bits: 32 },
      };
    case 'int64':
      return {
        physical: TYPE.int64,
        width: 8,
        converted: CONVERTED.int64,
        logical: { kind: 'integer', bits: 64 },
      };
    case 'float32':
      return { physical: TYPE.float, width: 4 };
    case 'float64':
      return { physical: TYPE.double, width: 8 };
    case 'decimal':
      return decimalType(type.precision, type.scale);
    // "DATE": days since 1970-01-01 in an INT32.
    case 'date':
      return { physical: TYPE.int32, width: 4, converted: CONVERTED.date, logical: { kind: 'date' } };
    // "TIMESTAMP": local semantics, isAdjustedToUTC = false. "Deprecated timestamp ConvertedType": local
    // timestamps must carry TIMESTAMP_MICROS too; readers that know logical types go by those.
    case 'timestamp':
      return {
        physical: TYPE.int64,
        width: 8,
        converted: CONVERTED.timestampMicros,
        logical: { kind: 'timestamp' },
      };
    // "STRING": UTF-8 in a BYTE_ARRAY.
    case 'text':
      return { physical: TYPE.byteArray, width: 0, converted: CONVERTED.utf8, logical: { kind: 'string' } };
    case 'binary':
      return { physical: TYPE.byteArray, width: 0 };
  }
}

/** "DECIMAL": the unscaled value, up to 9 digits in INT32, up to 18 in INT64, else in the bytes it needs. */
function decimalType(precision: number, scale: number): ColumnType {
  if (precision > 38) throw new TypeError(`a decimal of ${precision} digits has no Parquet type here`);
  const annotation = {
    converted: CONVERTED.decimal,
    logical: { kind: 'decimal', precision, scale },
  } as const;
  if (precision <= 9) return { physical: TYPE.int32, width: 4, ...annotation };
  if (precision <= 18) return { physical: TYPE.int64, width: 8, ...annotation };
  return { physical: TYPE.fixed, width: decimalBytes(precision), ...annotation };
}

/** The fewest bytes whose two's complement holds every number of so many digits. */
export function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) <= 10n ** BigInt(precision) - 1n) bytes++;
  return bytes;
}

/** A column of the file. */
export interface FileColumn {
  readonly field: FileField;
  readonly type: ColumnType;
}
