import { readFileSync } from 'node:fs';

/** A table of schema.sql: its statement as `SHOW CREATE TABLE` prints it, and which columns hold numbers. */
export interface TableSchema {
  readonly name: string;
  readonly create: string;
  readonly columns: readonly string[];
  /** By column: true where mysqldump writes the value without quotes. */
  readonly bare: readonly boolean[];
}

const NUMERIC = /^(?:tiny|small|medium|big)?int\b|^(?:decimal|double|float)\b/;

/** The tables of schema.sql in its order, which is the order of mysqldump: by name. */
export function readSchema(): TableSchema[] {
  const text = readFileSync(new URL('schema.sql', import.meta.url), 'utf8');
  return text
    .split(/;\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .map(parseTable);
}

function parseTable(create: string): TableSchema {
  const name = /^CREATE TABLE `([^`]+)`/.exec(create)?.[1];
  if (name === undefined) throw new Error(`schema.sql: not a CREATE TABLE statement: ${create.slice(0, 60)}`);
  const columns = [...create.matchAll(/^ {2}`([^`]+)` (\S+)/gm)];
  return {
    name,
    create,
    columns: columns.map((match) => match[1]!),
    bare: columns.map((match) => NUMERIC.test(match[2]!)),
  };
}
