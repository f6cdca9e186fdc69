import { faulty, type Model, type ModelColumn, type TableNeed } from './model.ts';
import { subjectsOf } from './places.ts';

/**
 * Takes the text of a model's file apart.
 * @param data the CSV files beside it, by name without ending
 * @throws PanoramaError `internal` where the text is no model, or what it declares is not what it uses
 */
export function parseModel(name: string, text: string, data: Readonly<Record<string, string>>): Model {
  const split = text.indexOf('\n\n');
  if (split < 0) throw faulty(name, 'has no empty line between its comments and its statement');
  const template = text.slice(split).trim();
  const needs: TableNeed[] = [];
  const reads: string[] = [];
  const columns: ModelColumn[] = [];
  const summary: string[] = [];
  for (const line of text.slice(0, split).split('\n')) {
    const comment = /^-- ?(.*)$/.exec(line)?.[1];
    if (comment === undefined) throw faulty(name, `begins with a line that is no comment: ${line}`);
    const [, kind, subject, rest] = /^(needs|reads|column) (\w+)(.*)$/.exec(comment) ?? [];
    if (kind === 'needs') needs.push({ table: subject!, columns: listOf(rest!) });
    else if (kind === 'reads') reads.push(subject!);
    else if (kind === 'column') columns.push({ name: subject!, meaning: rest!.replace(/^: /, '') });
    else if (comment !== '') summary.push(comment);
  }
  const model = { name, summary: summary.join(' '), needs, reads, columns, template };
  const used = (kind: string): string[] => subjectsOf(template, kind);
  sameNames(
    model,
    needs.map(({ table }) => table),
    used('ref'),
  );
  sameNames(model, reads, used('view'));
  const rows = Object.fromEntries(used('rows').map((file) => [file, sqlRows(name, file, data[file])]));
  return { ...model, rows };
}

function listOf(text: string): string[] {
  return text.replace(/^ \((.*)\)$/, '$1').split(', ');
}

function sameNames({ name }: { name: string }, declared: readonly string[], used: readonly string[]): void {
  const undeclared = used.filter((subject) => !declared.includes(subject));
  const unused = declared.filter((subject) => !used.includes(subject));
  if (undeclared.length > 0) throw faulty(name, `does not declare ${undeclared.join(', ')}`);
  if (unused.length > 0) throw faulty(name, `declares ${unused.join(', ')} and does not read it`);
}

/** The rows of a CSV text with a header and without quotes, for `VALUES`; a cell that is a number is a DOUBLE. */
function sqlRows(name: string, file: string, text: string | undefined): string {
  if (text === undefined) throw faulty(name, `reads ${file}.csv, which is not beside it`);
  const [, ...lines] = text.trimEnd().split('\n');
  const rows = lines.map((line) => line.split(',').map(sqlValue).join(', '));
  return rows.map((row) => `(${row})`).join(', ');
}

function sqlValue(cell: string): string {
  return /^-?\d+(\.\d+)?$/.test(cell) ? `${cell}E0` : `'${cell.replaceAll("'", "''")}'`;
}
