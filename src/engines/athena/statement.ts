import { notReading, oneStatement, withoutLeadingBlank } from '../one-statement.ts';

/** What a statement that only reads can begin with. */
const READING = /^(?:\(|(?:select|with|values|table|show|describe|desc)\b)/i;

const EXPLAIN = /^explain\b(?:\s+analyze\b)?(?:\s+verbose\b)?(?:\s*\([^()]*\))?\s*/i;

/**
 * The one statement of a text, without semicolons and comments around it. Athena runs what it is sent, so a
 * statement that begins otherwise than with a word that reads is refused here.
 * @throws PanoramaError `query-not-allowed`
 */
export function readingStatement(sql: string): string {
  const statement = oneStatement(sql, TOKEN);
  const body = statement.replace(EXPLAIN, '');
  // A comment may stand after EXPLAIN.
  if (!READING.test(withoutLeadingBlank(body, TOKEN))) throw notReading(body);
  return statement;
}

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
