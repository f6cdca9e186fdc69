import { parseDeclaredType } from '../mysql-types.ts';
import type { ParsedColumn } from './create-table.ts';

/** How a string literal becomes a cell: bytes as they are, cp1252 to UTF-8, or the digits of a number. */
export const COPY = 0;
const LATIN1 = 1;
export const DIGITS = 2;
export type Conversion = typeof COPY | typeof LATIN1 | typeof DIGITS;

export interface CellPlan {
  /** For ordinary strings. */
  readonly text: Conversion;
  /** For strings of bytes: hexadecimal, bit and `_binary` literals. */
  readonly bytes: Conversion;
}

const UTF8 = ['utf8mb4', 'utf8mb3', 'utf8', 'ascii'];
const TEXT_TYPES = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set', 'json'];
const BINARY_TYPES = [
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'vector',
  'geometry',
];
const GEOMETRIES = ['point', 'linestring', 'polygon', 'geometrycollection', 'geomcollection'];
const MULTIS = ['multipoint', 'multilinestring', 'multipolygon'];
const AS_BYTES = new Set([...BINARY_TYPES, ...GEOMETRIES, ...MULTIS]);
const TEMPORAL = new Set(['date', 'time', 'datetime', 'timestamp']);

/** A character set that is not read: its name. */
export class CharsetError extends Error {}

/**
 * How the literals of a column become cells, given the character set of the dump's strings. Under `binary`
 * (mydumper's) the strings are in the character set of their column.
 * @throws CharsetError
 */
export function cellPlan(column: ParsedColumn, charset: string): CellPlan {
  const { base } = parseDeclaredType(column.declared);
  if (base === 'bit') return { text: DIGITS, bytes: DIGITS };
  if (AS_BYTES.has(base)) return { text: COPY, bytes: COPY };
  if (TEMPORAL.has(base)) return { text: COPY, bytes: COPY };
  if (
    !TEXT_TYPES.includes(base) &&
    /^(bool|tiny|small|medium|int|big|serial|year|dec|num|fix|float|double|real)/.test(base)
  ) {
    return { text: COPY, bytes: DIGITS };
  }
  const own = column.charset ?? 'utf8mb4';
  return { text: charsetConversion(charset === 'binary' ? own : charset), bytes: bytesConversion(own) };
}

/** @throws CharsetError */
export function charsetConversion(charset: string): Conversion {
  if (UTF8.includes(charset) || charset === 'binary') return COPY;
  if (charset === 'latin1') return LATIN1;
  throw new CharsetError(charset);
}

/** Literals of bytes are rare in text columns, so a character set that is not read is no reason to refuse. */
const bytesConversion = (charset: string): Conversion => (charset === 'latin1' ? LATIN1 : COPY);

/** MySQL's latin1 is Windows-1252, with the five undefined bytes as control characters. */
const CP1252_80_9F =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';
const CP1252 = Array.from({ length: 128 }, (_, i) =>
  i < 32 ? CP1252_80_9F[i]! : String.fromCharCode(128 + i),
);
const CP1252_UTF8 = CP1252.map((character) => Buffer.from(character));

/** `bytes[start, end)` from MySQL's latin1 to UTF-8. */
export function latin1ToUtf8(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let ascii = start;
  while (ascii < end && bytes[ascii]! < 128) ascii++;
  if (ascii === end) return bytes.subarray(start, end);
  const out = Buffer.allocUnsafe((end - start) * 3);
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte < 128) out[length++] = byte;
    else for (const part of CP1252_UTF8[byte - 128]!) out[length++] = part;
  }
  return out.subarray(0, length);
}

/** Text of a statement in the dump's character set. */
export function decodeText(bytes: Buffer, charset: string): string {
  return charset === 'latin1'
    ? Buffer.from(latin1ToUtf8(bytes, 0, bytes.length)).toString()
    : bytes.toString();
}

/** The number whose big-endian bytes are `bytes[start, end)`, as ASCII digits: the canonical form of BIT. */
export function bitDigits(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start <= 6) {
    let number = 0;
    for (let i = start; i < end; i++) number = number * 256 + bytes[i]!;
    return Buffer.from(String(number));
  }
  let number = 0n;
  for (let i = start; i < end; i++) number = (number << 8n) | BigInt(bytes[i]!);
  return Buffer.from(String(number));
}

/** The bytes of hexadecimal digits `[start, end)`; an odd number of them is filled up on the left. Undefined if malformed. */
export function hexBytes(text: Buffer, start: number, end: number): Buffer | undefined {
  const odd = (end - start) & 1;
  const out = Buffer.allocUnsafe((end - start + odd) >> 1);
  for (let i = start, nibble = odd; i < end; i++, nibble++) {
    const digit = HEX[text[i]!]!;
    if (digit === 255) return undefined;
    const at = nibble >> 1;
    out[at] = (nibble & 1) === 1 ? (i === start ? digit : out[at]! | digit) : digit << 4;
  }
  return out;
}

const HEX = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) {
  HEX[i.toString(16).charCodeAt(0)] = i;
  HEX[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

/** The bytes of binary digits `[start, end)`; undefined if malformed. */
export function bitBytes(text: Buffer, start: number, end: number): Buffer | undefined {
  const out = Buffer.alloc((end - start + 7) >> 3);
  for (let i = start, bit = out.length * 8 - (end - start); i < end; i++, bit++) {
    const digit = text[i]! - 48;
    if (digit !== 0 && digit !== 1) return undefined;
    out[bit >> 3]! |= digit << (7 - (bit & 7));
  }
  return out;
}
