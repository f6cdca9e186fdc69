import type { FieldType } from '../rows/field.ts';

/**
 * The lake type of a MySQL or MariaDB column, from its declared type as `SHOW CREATE TABLE` and
 * `information_schema.COLUMNS.COLUMN_TYPE` spell it, e.g. `bigint(20) unsigned`. Pure and total: a type that
 * is not known becomes text. The whole table with its reasons is in docs/reference/types.md.
 */
export function mysqlFieldType(declared: string): FieldType {
  const { base, args, unsigned } = parseDeclaredType(declared);
  switch (base) {
    case 'bool':
    case 'boolean':
      return { kind: 'int32' };
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'integer':
      return { kind: unsigned ? 'int64' : 'int32' };
    case 'bigint':
      return unsigned ? UNSIGNED_64 : { kind: 'int64' };
    case 'serial':
      return UNSIGNED_64;
    case 'year':
      return { kind: 'int32' };
    case 'bit':
      return bitType(args[0] ?? 1);
    case 'decimal':
    case 'numeric':
    case 'dec':
    case 'fixed':
      return decimalType(args[0] ?? 10, args[1] ?? 0);
    case 'float':
      // FLOAT(p) with p > 24 is a double; FLOAT(m,d) is not.
      return { kind: args.length === 1 && args[0]! > 24 ? 'float64' : 'float32' };
    case 'double':
    case 'real':
      return { kind: 'float64' };
    case 'date':
      return { kind: 'date' };
    case 'datetime':
    case 'timestamp':
      return { kind: 'timestamp' };
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
    case 'vector':
    case 'geometry':
    case 'point':
    case 'linestring':
    case 'polygon':
    case 'multipoint':
    case 'multilinestring':
    case 'multipolygon':
    case 'geometrycollection':
    case 'geomcollection':
      return { kind: 'binary' };
    default:
      return { kind: 'text' };
  }
}

const UNSIGNED_64: FieldType = { kind: 'decimal', precision: 20, scale: 0 };

/** The most digits that Parquet readers take in a decimal; MySQL allows 65. */
const MAX_DECIMAL_DIGITS = 38;

function decimalType(precision: number, scale: number): FieldType {
  return precision > MAX_DECIMAL_DIGITS ? { kind: 'text' } : { kind: 'decimal', precision, scale };
}

function bitType(bits: number): FieldType {
  if (bits === 1) return { kind: 'boolean' };
  return bits === 64 ? UNSIGNED_64 : { kind: 'int64' };
}

/**
 * The parts of a declared type: the lower-case base name, the numbers in parentheses (none for ENUM and SET),
 * and whether it is unsigned. ZEROFILL implies UNSIGNED in MySQL.
 */
export function parseDeclaredType(declared: string): { base: string; args: number[]; unsigned: boolean } {
  const match = /^\s*([a-z_0-9]+)(?:\s+precision)?\s*(?:\(([^)]*)\))?(.*)$/is.exec(declared);
  const base = (match?.[1] ?? '').toLowerCase();
  const numbers = base === 'enum' || base === 'set' ? '' : (match?.[2] ?? '');
  const args = numbers
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
  const unsigned = base !== 'enum' && base !== 'set' && /\b(unsigned|zerofill)\b/i.test(match?.[3] ?? '');
  return { base, args, unsigned };
}
