import type { FieldType } from '../../src/rows/field.ts';

/*
 * What a reader must get for a cell, in one spelling per value that all readers of the tests are brought to:
 * integers without leading zeros, decimals with all digits of their scale, floats as JavaScript prints them,
 * timestamps with six digits, bytes in hexadecimal. Computed with BigInt, Number and Date, not with the code
 * under test.
 */

export type Cell = string | Uint8Array | null;

export function expectedCell(type: FieldType, cell: Cell): string | null {
  if (cell === null) return null;
  if (type.kind === 'binary') return Buffer.from(cell).toString('hex');
  const text = typeof cell === 'string' ? cell : Buffer.from(cell).toString();
  switch (type.kind) {
    case 'text':
      return text;
    case 'boolean':
      return text;
    case 'int32':
    case 'int64':
      return BigInt(text).toString();
    case 'decimal':
      return rescale(text, type.scale);
    case 'float32':
      return floatText(Math.fround(Number(text)));
    case 'float64':
      return floatText(Number(text));
    case 'date':
      return inCalendar(text) ? text : null;
    case 'timestamp':
      return inCalendar(text) ? (text.length === 19 ? `${text}.` : text).padEnd(26, '0') : null;
  }
}

export function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

export function unscaledText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - scale)}`;
}

function rescale(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const unscaled = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return unscaledText(text.startsWith('-') ? -unscaled : unscaled, scale);
}

function inCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.match(/\d+/g) ?? []).map(
    Number,
  );
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const same =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same && hour < 24 && minute < 60 && second < 60;
}

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function dateText(days: number): string {
  return isoText(days * 86_400_000).slice(0, 10);
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` of microseconds since 1970-01-01. */
export function timestampText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - fraction) / 1_000_000n);
  return `${isoText(seconds * 1000)
    .replace('T', ' ')
    .slice(0, 19)}.${fraction.toString().padStart(6, '0')}`;
}

function isoText(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString();
  return text.startsWith('+') || text.startsWith('-') ? text.slice(3) : text;
}
