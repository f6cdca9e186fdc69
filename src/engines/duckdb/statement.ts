import { notReading, oneStatement } from '../one-statement.ts';

/** The one statement of a text, without semicolons and what stands around it. */
export interface Statement {
  /** For `EXPLAIN …` what is explained, else the statement. */
  readonly body: string;
  /** `EXPLAIN` with its options, or empty. */
  readonly explain: string;
}

/** What a statement that reads can begin with. */
const READING = /^(\(|(select|with|from|values|table|describe|desc|show|summarize|pivot|unpivot)\b)/i;

/**
 * Takes a text apart into its one statement. This is a first look, for a clear message; that the statement only
 * reads is for DuckDB to say, and that it reads only the lake is for the bounds of the database.
 * @throws PanoramaError `query-not-allowed` for none or several statements and those that begin otherwise
 */
export function singleStatement(sql: string): Statement {
  const statement = oneStatement(sql, TOKEN);
  const explain = /^explain\b(\s+analyze\b|\s*\([^()]*\))?\s*/i.exec(statement)?.[0] ?? '';
  const body = statement.slice(explain.length);
  if (!READING.test(body)) throw notReading(body);
  return { body, explain: explain.trim() };
}

/**
 * White space, comments, quoted texts and names, texts in dollars, semicolons and runs of anything else. A
 * quote that is not closed runs to the end; DuckDB then says so.
 */
const TOKEN = new RegExp(
  [
    String.raw`\s+`,
    String.raw`--[^\n\r]*`,
    String.raw`/\*[^]*?(?:\*/|$)`,
    String.raw`\b[eE]'(?:\\[^]|''|[^'\\])*(?:'|$)`,
    String.raw`'(?:''|[^'])*(?:'|$)`,
    String.raw`"(?:""|[^"])*(?:"|$)`,
    String.raw`\$(?<tag>[A-Za-z_]\w*)?\$[^]*?(?:\$\k<tag>\$|$)`,
    ';',
    String.raw`[\w\u0080-\uffff][\w$\u0080-\uffff]*`,
    '[^]',
  ].join('|'),
  'g',
);
