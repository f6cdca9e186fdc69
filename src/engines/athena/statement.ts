import { PanoramaError } from '../../errors.ts';

/** What a statement that only reads can begin with. */
const READING = /^(?:\(|(?:select|with|values|table|show|describe|desc)\b)/i;

const EXPLAIN = /^explain\b(?:\s+analyze\b)?(?:\s+verbose\b)?(?:\s*\([^()]*\))?\s*/i;

/**
 * The one statement of a text, without semicolons and comments around it. Athena runs what it is sent, so a
 * statement that begins otherwise than with a word that reads is refused here.
 * @throws PanoramaError `query-not-allowed`
 */
export function readingStatement(sql: string): string {
  const statements = splitStatements(sql);
  if (statements.length !== 1) {
    throw new PanoramaError(
      'query-not-allowed',
      statements.length === 0
        ? 'The text holds no statement.'
        : `The text holds ${statements.length} statements.`,
    );
  }
  const statement = statements[0]!;
  const body = statement.replace(EXPLAIN, '');
  if (!READING.test(withoutComments(body))) {
    const word = /^\S{0,30}/.exec(body)![0];
    throw new PanoramaError('query-not-allowed', `A statement that begins with ${word} is not run.`);
  }
  return statement;
}

function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = -1;
  let end = -1;
  const take = (): void => {
    if (start >= 0) statements.push(sql.slice(start, end));
    start = -1;
  };
  for (const token of sql.matchAll(TOKEN)) {
    const text = token[0];
    if (text === ';') take();
    else if (!BLANK.test(text)) {
      if (start < 0) start = token.index;
      end = token.index + text.length;
    }
  }
  take();
  return statements;
}

/** The text from its first word on: a comment may stand after EXPLAIN or a parenthesis. */
function withoutComments(sql: string): string {
  for (const token of sql.matchAll(TOKEN)) {
    if (!BLANK.test(token[0])) return sql.slice(token.index);
  }
  return '';
}

const BLANK = /^(?:\s|--|\/\*)/;

/** White space, comments, quoted texts and names (both kinds of Athena), semicolons and runs of anything else. */
const TOKEN = new RegExp(
  [
    String.raw`\s+`,
    String.raw`--[^\n\r]*`,
    String.raw`/\*[^]*?(?:\*/|$)`,
    String.raw`'(?:''|[^'])*(?:'|$)`,
    String.raw`"(?:""|[^"])*(?:"|$)`,
    '`(?:``|[^`])*(?:`|$)',
    ';',
    String.raw`[^\s'"\x60;/-]+`,
    '[^]',
  ].join('|'),
  'g',
);
