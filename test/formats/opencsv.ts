/*
 * Reads a file as Hive's OpenCSVSerde does: by lines, each through the parser of opencsv 2.3 with separator `,`,
 * quote `"` and escape `\`. Only there an escape counts: inside quotes, before a quote or an escape. A quote
 * toggles quoting, is doubled inside quotes to mean itself, and is kept where it stands in the middle of a field.
 */

export interface CsvField {
  readonly text: string;
  /** The SerDe does not tell; the tests do, for NULL and the empty text differ in this. */
  readonly quoted: boolean;
}

/** The lines of a file, split as Hadoop's line reader does: at LF, CR or CRLF. */
export function readOpenCsv(file: string): CsvField[][] {
  const lines = file.split(/\r\n|\n|\r/);
  if (lines.pop() !== '') throw new Error('the last line does not end');
  return lines.map(parseLine);
}

function parseLine(line: string): CsvField[] {
  const fields: CsvField[] = [];
  let text = '';
  let quoted = false;
  let inside = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    const next = line[i + 1];
    if (char === '\\') {
      if (inside && (next === '"' || next === '\\')) text += line[++i]!;
    } else if (char === '"') {
      quoted = true;
      if (inside && next === '"') text += line[++i]!;
      else {
        if (i > 2 && line[i - 1] !== ',' && next !== undefined && next !== ',') {
          text = text !== '' && text.trim() === '' ? '' : text + char;
        }
        inside = !inside;
      }
    } else if (char === ',' && !inside) {
      fields.push({ text, quoted });
      text = '';
      quoted = false;
    } else text += char;
  }
  if (inside) throw new Error('a quoted field does not end with its line');
  fields.push({ text, quoted });
  return fields;
}
