import * as z from 'zod';
import { choice, name } from './schema-parts.ts';

/** A key that names files: a path, a folder or a pattern, or a list of them. */
export const location = (description: string, example: string) =>
  z
    .union([
      name('A file, folder or pattern.'),
      z.array(name('A file, folder or pattern.')).min(1, 'expected at least one path'),
    ])
    .meta({ description, example });

const lines = (least: 0 | 1, description: string, notes: { default?: number; otherwise?: string }) =>
  z
    .string()
    .regex(least === 0 ? /^[0-9]{1,6}$/ : /^0*[1-9][0-9]{0,6}$/, `expected a whole number from ${least} on`)
    .transform(Number)
    .meta({ description, ...notes, kind: 'number' })
    .optional();

/** A single byte of UTF-8 that is no line end. */
const MARK = /^[^\P{ASCII}\r\n]$/u;

const header = choice(['true', 'false'], 'Whether the first row holds the names of the columns.', {
  default: 'true',
}).optional();

/** The keys of a source of type `csv` besides those of every source. */
export const csvKeys = {
  location: location('File, folder or pattern, or a list of them.', './export/*.csv').optional(),
  delimiter: z
    .string()
    .refine(
      (value) => /^[^\r\n]{1,8}$/u.test(value),
      'expected what stands between two fields: one to eight characters, or tab',
    )
    .meta({
      description: 'What stands between two fields; `tab` is a tab.',
      otherwise: '`tab` in files ending in `.tsv` or `.tab`, else `,`',
      example: ';',
    })
    .optional(),
  quote: z
    .string()
    .refine(
      (value) => value === '' || MARK.test(value),
      'expected one ASCII character, or empty text for none',
    )
    .meta({
      description: 'The character around fields; empty: none. A doubled one inside stands for one.',
      default: '"',
    })
    .optional(),
  escape: z
    .string()
    .refine((value) => value === 'mysql' || MARK.test(value), 'expected one ASCII character, or mysql')
    .meta({
      description:
        'The character behind which the next one stands for itself; `mysql`: a backslash, with letters for control characters, as MySQL writes it.',
      otherwise: 'none',
      example: '\\',
    })
    .optional(),
  null_value: z
    .union([z.string(), z.array(z.string()).min(1, 'expected at least one text')])
    .meta({
      description: 'What stands for NULL in a field without quotes, or a list of such texts.',
      otherwise: 'empty text; `\\N` with `escape: mysql`',
      example: 'NULL',
    })
    .optional(),
  encoding: z
    .string()
    .refine(isEncoding, 'expected the name of an encoding, such as utf-8, windows-1252 or utf-16le')
    .meta({
      description: 'The encoding of the text, by a name of the WHATWG.',
      otherwise: '`utf-8`, or `utf-16` where the file begins with its mark',
      example: 'windows-1252',
    })
    .optional(),
  header,
  skip_lines: lines(0, 'How many lines stand above the header.', { default: 0 }),
};

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding.length > 0;
  } catch {
    return false;
  }
}

/** The keys of a source of type `xls` besides those of every source. */
export const sheetKeys = {
  location: location('File, folder or pattern, or a list of them.', './grades.xlsx'),
  header,
  header_row: lines(
    1,
    'The row that holds the names of the columns, as Excel counts; without header the first row of values.',
    {
      otherwise: 'the first row with a value',
    },
  ),
  empty_rows: choice(['refuse', 'skip'], 'What to do about an empty row between others.', {
    default: 'refuse',
  }).optional(),
};
