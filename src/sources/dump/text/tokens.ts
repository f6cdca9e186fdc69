/** A word, quoted name, string or other mark of a statement, with its place in the text. */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'mark';
  /** Without quotes and escapes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** How quotes are read, from sql_mode. */
export interface QuoteMode {
  /** Backslashes escape in strings. */
  readonly escapes: boolean;
  /** `"` quotes names, not strings. */
  readonly ansi: boolean;
}

const BLANK = String.raw`\s+|--(?=\s|$)[^\n]*|#[^\n]*|\/\*M?!\d{0,6}|\*\/|\/\*[^]*?\*\/`;
// Unrolled, so that a quote without its end costs one look and no backtracking.
const NAME = '`[^`]*(?:``[^`]*)*`';
const ESCAPED = String.raw`'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'|"[^"\\]*(?:(?:\\[^]|"")[^"\\]*)*"`;
const PLAIN = String.raw`'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"`;
const WORD = String.raw`\d+\.\d*(?:e[+-]?\d+)?|[\w$\u0080-\uffff]+`;

/** The tokens of a statement; comments are left out, and the content of version comments is part of it. */
export function tokenize(sql: string, mode: QuoteMode): Token[] {
  const strings = mode.escapes ? ESCAPED : PLAIN;
  const pattern = new RegExp(`(${BLANK})|(${NAME})|(${strings})|(${WORD})|([^])`, 'iy');
  const tokens: Token[] = [];
  for (let match = pattern.exec(sql); match !== null && match[0] !== ''; match = pattern.exec(sql)) {
    const [text, blank, name, string, word] = match;
    if (blank !== undefined) continue;
    const start = match.index;
    const place = { start, end: start + text.length };
    if (name !== undefined) tokens.push({ kind: 'name', text: undouble(name), ...place });
    else if (word !== undefined) tokens.push({ kind: 'word', text, ...place });
    else if (string === undefined) tokens.push({ kind: 'mark', text, ...place });
    else if (mode.ansi && text.startsWith('"')) tokens.push({ kind: 'name', text: undouble(text), ...place });
    else tokens.push({ kind: 'string', text: unescape(text, mode.escapes), ...place });
  }
  return tokens;
}

function undouble(quoted: string): string {
  const quote = quoted[0]!;
  return quoted.slice(1, -1).replaceAll(quote + quote, quote);
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b', Z: '\x1a' };

function unescape(quoted: string, escapes: boolean): string {
  if (!escapes) return undouble(quoted);
  const quote = quoted[0]!;
  return quoted.slice(1, -1).replace(/\\([^])|''|""/g, (pair, escaped: string | undefined) => {
    if (escaped !== undefined)
      return ESCAPES[escaped] ?? (escaped === '%' || escaped === '_' ? pair : escaped);
    return pair[0] === quote ? quote : pair;
  });
}

/** True for an unquoted word, compared without case. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase());
}

/** True for a mark such as `(`. */
export function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === 'mark' && token.text === mark;
}

/** True for a token that may be an identifier. */
export function isName(token: Token | undefined): token is Token {
  return token?.kind === 'name' || token?.kind === 'word';
}

/** The index behind the parenthesis that closes the one at `open`; the end of the tokens if none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (isMark(tokens[i], '(')) depth++;
    else if (isMark(tokens[i], ')') && --depth === 0) return i + 1;
  }
  return tokens.length;
}
