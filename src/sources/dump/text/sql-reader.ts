import { PanoramaError, type ErrorCode } from '../../../errors.ts';
import type { Window } from '../../files/window.ts';

const LF = 10;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const QUOTE = 39;
const STAR = 42;
const DASH = 45;
const SLASH = 47;
const BACKSLASH = 92;
const BACKTICK = 96;

/** What a byte may begin outside of strings: 1 something to look at, 2 a blank. */
const LOOK = new Uint8Array(256);
for (const byte of [DOUBLE_QUOTE, HASH, QUOTE, STAR, DASH, SLASH, BACKTICK]) LOOK[byte] = 1;
const BLANK = new Uint8Array(256);
for (const byte of [9, 10, 11, 12, 13, 32]) BLANK[byte] = 1;

/** A statement other than INSERT is not kept beyond this; CREATE TABLE has at most 4,096 columns. */
const MAX_STATEMENT = 1 << 24;

/**
 * Splits the text of a dump into statements as the command line client does: comments, quotes, version
 * comments whose content counts, and DELIMITER. It knows nothing of what statements mean.
 */
export class SqlReader {
  readonly file: string;
  readonly window: Window;
  /** False under sql_mode NO_BACKSLASH_ESCAPES. */
  escapes = true;
  /** True under sql_mode ANSI_QUOTES: `"` quotes names. */
  ansi = false;
  delimiter: Buffer = Buffer.from(';');
  /** True between a version comment's opening and its end. */
  versioned = false;
  /** Version number of the last version comment that was opened before a statement; 0 for none. */
  version = 0;
  readonly #onComment: (text: string) => void;
  /** What the scan of a statement is inside of: a quote, LF for a line comment, STAR for a block comment. */
  #inside = 0;

  constructor(file: string, window: Window, onComment: (text: string) => void) {
    this.file = file;
    this.window = window;
    this.#onComment = onComment;
  }

  fail(code: ErrorCode, message: string, options: { hint?: string; line?: number } = {}): PanoramaError {
    const line = options.line ?? this.window.lineOf();
    return new PanoramaError(
      code,
      `${this.file}:${line}: ${message}`,
      options.hint ? { hint: options.hint } : {},
    );
  }

  /** Skips blanks and comments; false at the end of the file. */
  async blanks(): Promise<boolean> {
    const { window } = this;
    this.version = 0;
    do {
      if (this.blank()) return true;
    } while (await window.more());
    if (this.blank()) return true;
    if (window.pos < window.bytes.length || this.versioned) throw this.truncated('inside a comment');
    return false;
  }

  /**
   * Skips blanks and comments in the window. True at something else, false where the window ends before that
   * is known; `pos` then stands where to go on.
   */
  blank(): boolean {
    const { window } = this;
    const atEnd = window.ended;
    const bytes = window.bytes;
    const end = bytes.length;
    let p = window.pos;
    for (;;) {
      while (p < end && BLANK[bytes[p]!] === 1) p++;
      window.pos = p;
      if (p >= end) return false;
      if (LOOK[bytes[p]!] === 0) return true;
      if (p + 16 > end && !atEnd) return false;
      const next = this.#comment(bytes, p);
      if (next === p) return true;
      if (next === -1) {
        if (!atEnd || !isLineComment(bytes, p)) return false;
        this.#onComment(bytes.toString('latin1', p, end));
        window.pos = end;
        return false;
      }
      p = next;
    }
  }

  /** Where the comment at `p` ends: `p` if there is none, -1 if its end is not in the window. */
  #comment(bytes: Buffer, p: number): number {
    if (isLineComment(bytes, p)) {
      const newline = bytes.indexOf(LF, p);
      if (newline !== -1) this.#onComment(bytes.toString('latin1', p, newline));
      return newline;
    }
    const byte = bytes[p];
    if (byte === STAR && this.versioned && bytes[p + 1] === SLASH) {
      this.versioned = false;
      return p + 2;
    }
    if (byte !== SLASH || bytes[p + 1] !== STAR) return p;
    const content = this.#versionContent(bytes, p);
    if (content !== 0) {
      this.versioned = true;
      return content;
    }
    const close = bytes.indexOf('*/', p + 2, 'latin1');
    return close === -1 ? -1 : close + 2;
  }

  /**
   * Where the content of a version comment at `p` begins, 0 for an ordinary comment. Version 999999 is one that
   * no server has: mariadb-dump writes its sandbox line in it.
   */
  #versionContent(bytes: Buffer, p: number): number {
    let at = p + 2;
    if (bytes[at] === 77) at++;
    if (bytes[at] !== 33) return 0;
    at++;
    let version = 0;
    for (let digits = 0; digits < 6; digits++, at++) {
      const digit = bytes[at]! - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      version = version * 10 + digit;
    }
    if (version === 999999) return 0;
    this.version = version;
    return at;
  }

  /** The letters at `pos`, upper case; empty where there are none. */
  async word(): Promise<string> {
    const { window } = this;
    for (;;) {
      let p = window.pos;
      while (p < window.bytes.length && isLetter(window.bytes[p]!)) p++;
      if (p < window.bytes.length || !(await window.more())) {
        return window.bytes.toString('latin1', window.pos, p).toUpperCase();
      }
    }
  }

  /** True when the delimiter stands at `pos`; it is consumed. */
  async atDelimiter(): Promise<boolean> {
    const { window, delimiter } = this;
    while (window.bytes.length - window.pos < delimiter.length && (await window.more())) continue;
    if (!startsAt(window.bytes, window.pos, delimiter)) return false;
    window.pos += delimiter.length;
    return true;
  }

  /** The rest of the line, consumed. */
  async line(): Promise<string> {
    const { window } = this;
    let newline: number;
    while ((newline = window.bytes.indexOf(LF, window.pos)) === -1) {
      if (!(await window.more())) newline = window.bytes.length;
      if (newline !== -1) break;
    }
    const text = window.bytes.toString('latin1', window.pos, newline);
    window.pos = newline;
    return text;
  }

  /** Passes over the rest of the statement and its delimiter. */
  async skipStatement(): Promise<void> {
    while (!this.#scan()) if (!(await this.window.more())) throw this.truncated(this.#place());
  }

  /** The bytes of the statement that begins at `pos`, valid until the next call; undefined where it is huge. */
  async statement(): Promise<Buffer | undefined> {
    const { window } = this;
    let start = window.pos;
    while (!this.#scan()) {
      if (start >= 0 && window.bytes.length - start > MAX_STATEMENT) start = -1;
      const more = await window.more(start < 0 ? window.pos : start);
      if (!more) throw this.truncated(this.#place());
      if (start > 0) start = 0;
    }
    return start < 0 ? undefined : window.bytes.subarray(start, window.pos - this.delimiter.length);
  }

  truncated(place: string): PanoramaError {
    const line = this.window.lineOf(this.window.bytes.length);
    return this.fail('dump-truncated', `the file ends ${place}.`, { line });
  }

  #place(): string {
    if (this.#inside === 0) return 'inside a statement';
    return this.#inside === LF || this.#inside === STAR ? 'inside a comment' : 'inside a string';
  }

  /** Goes on to behind the next delimiter. False where the window ends before; then asked again with more. */
  #scan(): boolean {
    const { window, delimiter } = this;
    const bytes = window.bytes;
    const end = bytes.length;
    const last = delimiter[0]!;
    let p = window.pos;
    for (;;) {
      if (this.#inside !== 0) {
        p = this.#leave(bytes, p);
        if (p < 0) {
          window.pos = -1 - p;
          return false;
        }
      }
      while (p < end && LOOK[bytes[p]!] === 0 && bytes[p] !== last) p++;
      window.pos = p;
      // Delimiters and comment marks are short; the bytes after the last statement of a file are few.
      if (p >= end) return false;
      if (bytes[p] === last) {
        if (startsAt(bytes, p, delimiter)) {
          window.pos = p + delimiter.length;
          return true;
        }
        if (end - p < delimiter.length) return false;
      }
      const next = this.#enter(bytes, p);
      if (next === -1) return false;
      p = next;
    }
  }

  /** Behind what begins at `p`, with `#inside` set; -1 where the window is too short to know. */
  #enter(bytes: Buffer, p: number): number {
    const byte = bytes[p]!;
    if (byte === QUOTE || byte === DOUBLE_QUOTE || byte === BACKTICK) {
      this.#inside = byte;
      return p + 1;
    }
    if (byte === HASH) {
      this.#inside = LF;
      return p + 1;
    }
    if (p + 1 >= bytes.length) return -1;
    if (byte === DASH && bytes[p + 1] === DASH) {
      if (p + 2 >= bytes.length) return -1;
      if (isLineComment(bytes, p)) this.#inside = LF;
      return p + 2;
    }
    if (byte === STAR && bytes[p + 1] === SLASH && this.versioned) {
      this.versioned = false;
      return p + 2;
    }
    if (byte !== SLASH || bytes[p + 1] !== STAR) return p + 1;
    if (p + 10 >= bytes.length) return -1;
    const version = this.version;
    const content = this.#versionContent(bytes, p);
    this.version = version;
    if (content === 0) this.#inside = STAR;
    else this.versioned = true;
    return content === 0 ? p + 2 : content;
  }

  /** Behind the end of what the scan is inside of; -1 minus where to go on if it is not in the window. */
  #leave(bytes: Buffer, p: number): number {
    const inside = this.#inside;
    const end = bytes.length;
    if (inside === LF || inside === STAR) {
      const close = inside === LF ? bytes.indexOf(LF, p) : bytes.indexOf('*/', p, 'latin1');
      if (close === -1) return -1 - Math.max(p, end - 1);
      this.#inside = 0;
      return inside === LF ? close : close + 2;
    }
    const escape =
      this.escapes && inside !== BACKTICK && !(inside === DOUBLE_QUOTE && this.ansi) ? BACKSLASH : -1;
    for (;;) {
      let byte = -1;
      while (p < end && (byte = bytes[p]!) !== inside && byte !== escape) p++;
      if (p >= end) return -1 - end;
      if (byte === inside) {
        this.#inside = 0;
        return p + 1;
      }
      if (p + 1 >= end) return -1 - p;
      p += 2;
    }
  }
}

function isLineComment(bytes: Buffer, p: number): boolean {
  if (bytes[p] === HASH) return true;
  return bytes[p] === DASH && bytes[p + 1] === DASH && (p + 2 >= bytes.length || bytes[p + 2]! <= 32);
}

const isLetter = (byte: number): boolean => (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);

/** True when `part` stands in `bytes` at `at`. */
export function startsAt(bytes: Buffer, at: number, part: Buffer): boolean {
  const end = at + part.length;
  return end <= bytes.length && bytes.compare(part, 0, part.length, at, end) === 0;
}
