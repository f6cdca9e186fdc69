import { isUtf8 } from 'node:buffer';

import type { Field } from '../../rows/field.ts';
import { parseDeclaredType } from '../mysql-types.ts';

type Literal = (cell: Buffer, args: readonly number[], charset: string | undefined) => string | undefined;

/** Bytes as SQL: only digits, so that nothing can break out of them. */
export function bytesLiteral(bytes: Buffer): string {
  return `X'${bytes.toString('hex')}'`;
}

/**
 * The cell of a column as a literal that the column itself, and so an index of it, can be compared with: every row that
 * has this very cell equals it, perhaps others too (under a collation). The literal has the very text of the cell, for
 * a server may put it in the place of the column in other conditions. Undefined where all this is not sure: for what
 * the column cannot hold, for dates that no calendar has, for types with rules of their own such as FLOAT, YEAR, ENUM.
 */
export function indexLiteral(field: Field, charset: string | undefined, cell: Buffer): string | undefined {
  const { base, args } = parseDeclaredType(field.declared);
  // The number of an equality replaces the column everywhere in MySQL, without these zeros.
  if (/\bzerofill\b/i.test(field.declared)) return undefined;
  return LITERALS[base]?.(cell, args, charset);
}

const whole: Literal = (cell) => {
  const text = cell.toString('latin1');
  return /^(0|-?[1-9]\d{0,19})$/.test(text) ? text : undefined;
};

const decimal: Literal = (cell, [, scale = 0]) => {
  const text = cell.toString('latin1');
  const fraction = /^-?(?:0|[1-9]\d{0,64})(?:\.(\d{1,38}))?$/.exec(text);
  return fraction !== null && (fraction[1] ?? '').length === scale ? text : undefined;
};

const day: Literal = (cell) => {
  const text = cell.toString('latin1');
  return isDay(text) ? `'${text}'` : undefined;
};

const moment: Literal = (cell, [digits = 0]) => {
  const text = cell.toString('latin1');
  const time = /^ [0-2]\d(?::[0-5]\d){2}(?:\.(\d{1,6}))?$/.exec(text.slice(10));
  if (time === null || (time[1] ?? '').length !== digits) return undefined;
  return isDay(text.slice(0, 10)) ? `'${text}'` : undefined;
};

function isDay(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const text: Literal = (cell, _, charset) => {
  if (charset === undefined || !isUtf8(cell)) return undefined;
  return CHARSETS[charset]?.(cell) === true ? `_utf8mb4 ${bytesLiteral(cell)}` : undefined;
};

const LITERALS: Readonly<Record<string, Literal>> = {
  tinyint: whole,
  smallint: whole,
  mediumint: whole,
  int: whole,
  bigint: whole,
  decimal,
  date: day,
  datetime: moment,
  timestamp: moment,
  char: text,
  varchar: text,
  tinytext: text,
  text,
  mediumtext: text,
  longtext: text,
  binary: bytesLiteral,
  varbinary: bytesLiteral,
  tinyblob: bytesLiteral,
  blob: bytesLiteral,
  mediumblob: bytesLiteral,
  longblob: bytesLiteral,
};

/** MySQL's latin1 is Windows-1252 as browsers have it: its five unused bytes are the control characters of that number. */
const LATIN1 = new Set(new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, i) => i)));

const upToThreeBytes = (cell: Buffer): boolean => cell.every((byte) => byte < 0xf0);

/** Which UTF-8 text a character set has; a comparison with other text is an error. */
const CHARSETS: Readonly<Record<string, (cell: Buffer) => boolean>> = {
  utf8mb4: () => true,
  utf8mb3: upToThreeBytes,
  utf8: upToThreeBytes,
  latin1: (cell) => [...cell.toString()].every((character) => LATIN1.has(character)),
};
