import type { FieldKind } from '../../rows/field.ts';
import { isWellFormed } from '../../rows/well-formed.ts';
import { canonicalTimestamp } from '../files/timestamps.ts';
import { serialText } from './serial-dates.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { StoredCell } from './sheet-rows.ts';
import type { Workbook } from './workbook.ts';

/** What cells of a workbook refer to. */
export interface CellContext {
  readonly workbook: Pick<Workbook, 'formats' | 'from1904'>;
  readonly strings: SharedStrings;
}

/** A cell that has no text; the message says why. */
export class CellFault extends Error {}

/**
 * The text of a cell for a column of some kind, null for NULL.
 *
 * A number is the digits that are stored; one that its format shows as date or time is that date or time. A truth value
 * is `TRUE` or `FALSE` in text and 1 or 0 elsewhere, a formula its stored value, an error the error, e.g. `#N/A`. No
 * number and no date is empty, so empty text is NULL in a column of another kind than text.
 * @throws CellFault
 */
export function cellText(cell: StoredCell, kind: FieldKind, context: CellContext): string | null {
  const text = storedText(cell, kind, context);
  if (kind === 'text') return wellFormed(text);
  if (text === '') return null;
  return (kind === 'timestamp' ? canonicalTimestamp(text) : undefined) ?? text;
}

function storedText(cell: StoredCell, kind: FieldKind, { workbook, strings }: CellContext): string {
  const { value } = cell;
  if (value === undefined) throw new CellFault('has a formula whose value was not stored');
  switch (cell.kind) {
    case 's': {
      const text = strings.get(Number(value));
      if (text === undefined) throw new CellFault('names a text that the workbook does not have');
      return text;
    }
    case 'b':
      return kind !== 'text' ? value : value === '1' ? 'TRUE' : 'FALSE';
    case 'n': {
      const format = workbook.formats[cell.style];
      const date = format === undefined ? undefined : serialText(Number(value), format, workbook.from1904);
      return date ?? numberText(value, kind);
    }
    default:
      return value;
  }
}

/** Digits without an exponent for the kinds that have none; the number is the same. */
function numberText(value: string, kind: FieldKind): string {
  if (kind !== 'int32' && kind !== 'int64' && kind !== 'decimal') return value;
  const [, sign, whole, fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?E([+-]?\d{1,2})$/i.exec(value) ?? [];
  if (whole === undefined) return value;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(1, point);
  const rest = padded.slice(at).replace(/0+$/, '');
  const before = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  return `${sign}${before}${rest === '' ? '' : `.${rest}`}`;
}

function wellFormed(text: string): string {
  if (isWellFormed(text)) return text;
  throw new CellFault('holds half of a surrogate pair, which is no character');
}
