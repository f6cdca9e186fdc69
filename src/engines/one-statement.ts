import { PanoramaError } from '../errors.ts';

/** White space and comments, by their first character or two. */
const BLANK = /^(?:\s|--|\/\*)/;

/**
 * The one statement of a text, without semicolons, and without comments before and after it.
 * @param token matches, one after the other, everything that an engine's SQL can hold: white space, comments, quoted
 *   texts and names each whole, a semicolon by itself, anything else in whatever pieces; global
 * @throws PanoramaError `query-not-allowed` for none or several statements
 */
export function oneStatement(sql: string, token: RegExp): string {
  const statements = splitStatements(sql, token);
  if (statements.length === 1) return statements[0]!;
  const found = statements.length === 0 ? 'no statement' : `${statements.length} statements`;
  throw new PanoramaError('query-not-allowed', `The text holds ${found}.`);
}

function splitStatements(sql: string, token: RegExp): string[] {
  const statements: string[] = [];
  let start = -1;
  let end = -1;
  const take = (): void => {
    if (start >= 0) statements.push(sql.slice(start, end));
    start = -1;
  };
  for (const { 0: text, index } of sql.matchAll(token)) {
    if (text === ';') take();
    else if (!BLANK.test(text)) {
      if (start < 0) start = index;
      end = index + text.length;
    }
  }
  take();
  return statements;
}

/** The text from its first word on. @param token as for {@link oneStatement} */
export function withoutLeadingBlank(sql: string, token: RegExp): string {
  for (const { 0: text, index } of sql.matchAll(token)) if (!BLANK.test(text)) return sql.slice(index);
  return '';
}

/** The error of a statement that does not begin as one that reads. */
export function notReading(statement: string): PanoramaError {
  const word = /^\S{0,30}/.exec(statement)![0];
  return new PanoramaError('query-not-allowed', `A statement that begins with ${word} is not run.`);
}
