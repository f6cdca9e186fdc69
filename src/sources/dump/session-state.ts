import { isMark, isWord, type Token } from './text/tokens.ts';

/**
 * What SET statements change about how the rest of a dump file is read. Dump tools save a variable in a user
 * variable and set it back later, so user variables are remembered.
 */
export class SessionState {
  /** The character set that strings are written in; utf8mb4 until the dump says otherwise. */
  charset = 'utf8mb4';
  /** True once SET NAMES was seen. */
  named = false;
  sqlMode = '';
  timeZone: string | undefined;
  readonly #saved = new Map<string, string>();

  get escapes(): boolean {
    return !this.#has('NO_BACKSLASH_ESCAPES');
  }

  get ansi(): boolean {
    return this.#has('ANSI_QUOTES') || this.#has('ANSI');
  }

  #has(mode: string): boolean {
    return this.sqlMode.toUpperCase().split(',').includes(mode);
  }

  /** Applies a SET statement; what has no bearing on reading is passed over. */
  set(tokens: readonly Token[]): void {
    const next = tokens[1];
    const value = tokens[isWord(next, 'CHARACTER') ? 3 : 2];
    if (isWord(next, 'NAMES', 'CHARSET') || (isWord(next, 'CHARACTER') && isWord(tokens[2], 'SET'))) {
      if (value !== undefined) this.#setCharset(value.text);
      this.named = true;
      return;
    }
    for (const assignment of assignments(tokens.slice(1)))
      this.#assign(assignment.variable, assignment.value);
  }

  #setCharset(value: string): void {
    this.charset = value.toLowerCase();
  }

  #assign(variable: string, value: string): void {
    const known = this.#value(value);
    if (variable.startsWith('@')) {
      if (known !== undefined) this.#saved.set(variable, known);
    } else if (variable === 'character_set_client') {
      if (known !== undefined) this.#setCharset(known);
    } else if (variable === 'sql_mode') this.sqlMode = known ?? '';
    else if (variable === 'time_zone') this.timeZone = known;
  }

  /** A literal, or the value of a user or system variable where it is known. */
  #value(value: string): string | undefined {
    if (!value.startsWith('@')) return value;
    if (!value.startsWith('@@')) return this.#saved.get(value.toLowerCase());
    const variable = systemName(value);
    if (variable === 'character_set_client') return this.charset;
    if (variable === 'sql_mode') return this.sqlMode;
    return variable === 'time_zone' ? this.timeZone : undefined;
  }
}

function assignments(tokens: readonly Token[]): { variable: string; value: string }[] {
  const found: { variable: string; value: string }[] = [];
  let name = '';
  for (let i = 0; i < tokens.length; i++) {
    if (isMark(tokens[i], ',')) name = '';
    else if (!isMark(tokens[i], '=')) name += tokens[i]!.text;
    else {
      let value = '';
      for (i++; i < tokens.length && !isMark(tokens[i], ','); i++) value += tokens[i]!.text;
      found.push({ variable: systemName(name.replace(/:$/, '')), value });
      name = '';
    }
  }
  return found;
}

/** `@@SESSION.sql_mode`, `session sql_mode` and `sql_mode` are the same; a user variable keeps its `@`. */
function systemName(name: string): string {
  const lower = name.toLowerCase();
  if (lower.startsWith('@') && !lower.startsWith('@@')) return lower;
  return lower.replace(/^@@/, '').replace(/^(session|local)\.?/, '');
}
