import type { QueryResult } from '../../engines/engine.ts';

/** The rows as CSV after RFC 4180: a header, CRLF, quotes doubled; NULL is an empty field, the empty text `""`. */
export async function* renderCsv(result: QueryResult): AsyncIterable<string> {
  yield line(result.columns.map(({ name }) => name));
  for await (const rows of result.rows()) yield rows.map(line).join('');
}

function line(cells: readonly (string | null)[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

function field(cell: string | null): string {
  if (cell === null) return '';
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
