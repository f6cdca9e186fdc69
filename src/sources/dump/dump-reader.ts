import type { PanoramaError } from '../../errors.ts';
import type { Catalog } from './catalog.ts';
import { decodeText } from './cells.ts';
import { DefinitionError, parseCreateTable, parseName } from './create-table.ts';
import type { DumpFile } from './dump-files.ts';
import { type InsertHead, readInsertHead } from './insert-head.ts';
import { SessionState } from './session-state.ts';
import { SqlReader, startsAt } from './text/sql-reader.ts';
import { isWord, type Token, tokenize } from './text/tokens.ts';
import type { Window } from '../files/window.ts';

/** Statements that say nothing about tables and rows, so that they may be passed over. */
const PASSED_OVER = new Set(
  (
    'ANALYZE BEGIN CALL CHANGE CHECK COMMIT DEALLOCATE DO DROP END EXECUTE FLUSH GRANT INSTALL KILL OPTIMIZE ' +
    'PREPARE PURGE RELEASE REPAIR RESET REVOKE ROLLBACK SAVEPOINT SELECT SHOW START STOP TRUNCATE UNINSTALL XA'
  ).split(' '),
);
const READ = ['ALTER', 'CREATE', 'DELIMITER', 'INSERT', 'LOCK', 'REPLACE', 'SET', 'UNLOCK', 'USE'];
/** Statements that change rows after they were inserted, which nobody follows here. */
const CHANGES = new Set(['DELETE', 'RENAME', 'UPDATE', 'WITH', 'MERGE']);

const LOAD = 'LOAD DATA takes the rows from a file beside the dump, which is not read.';

/** The version of the comment in which old dump tools put the table that stands for a view. */
const VIEW_PLACEHOLDER = 50001;

/**
 * One dump file from statement to statement: what it creates goes to the catalog, and the reader stops at every
 * INSERT, behind VALUES. Nothing is ever executed.
 */
export class DumpReader {
  readonly sql: SqlReader;
  readonly state = new SessionState();
  /** A CREATE TABLE came since the last INSERT. */
  created = false;
  /** UNLOCK TABLES came since the last INSERT. */
  unlocked = false;
  readonly #catalog: Catalog;
  readonly #file: Pick<DumpFile, 'database' | 'mayBeEmpty' | 'mustCreate'>;
  #database: string | undefined;
  #lastHead: InsertHead | undefined;
  /** A dump tool's first line was seen and its last line was not. */
  #open = false;
  #locked = false;
  #statements = 0;
  #createdAny = false;
  #keysOff = false;

  constructor(
    path: string,
    window: Window,
    catalog: Catalog,
    file: Pick<DumpFile, 'database' | 'mayBeEmpty' | 'mustCreate'>,
  ) {
    this.sql = new SqlReader(path, window, (text) => this.#comment(text));
    this.#catalog = catalog;
    this.#file = file;
    this.#database = file.database;
  }

  /**
   * Goes on to the next INSERT; undefined at the end of the file.
   * @throws PanoramaError `dump-truncated`, `dump-syntax`, `unsupported`
   */
  async nextInsert(): Promise<{ head: InsertHead; database: string | undefined } | undefined> {
    const { sql } = this;
    const { window } = sql;
    this.created = false;
    this.unlocked = false;
    for (;;) {
      if (!(await sql.blanks())) {
        this.#checkEnd();
        return undefined;
      }
      const last = this.#lastHead;
      if (last !== undefined && startsAt(window.bytes, window.pos, last.bytes)) {
        window.pos += last.bytes.length;
        return { head: last, database: last.database ?? this.#database };
      }
      if (await sql.atDelimiter()) continue;
      this.#statements++;
      const word = await sql.word();
      if (word === 'INSERT' || word === 'REPLACE') {
        const head = await readInsertHead(sql, this.state.charset);
        this.#lastHead = head;
        return { head, database: head.database ?? this.#database };
      }
      this.#lastHead = undefined;
      await this.#other(word);
    }
  }

  fail(message: string, hint?: string): PanoramaError {
    return this.sql.fail('dump-syntax', message, hint === undefined ? {} : { hint });
  }

  async #other(word: string): Promise<void> {
    const { sql } = this;
    if (PASSED_OVER.has(word)) return sql.skipStatement();
    switch (word) {
      case 'DELIMITER': {
        const text = (await sql.line()).trim().split(/\s+/)[1];
        if (!text && sql.window.ended) throw sql.truncated('inside a statement');
        if (!text) throw this.fail('DELIMITER has no value.');
        sql.delimiter = Buffer.from(text, 'latin1');
        return;
      }
      case 'CREATE':
        return this.#create();
      case 'SET':
        this.state.set(await this.#tokens());
        sql.escapes = this.state.escapes;
        sql.ansi = this.state.ansi;
        return;
      case 'USE':
        this.#database = (await this.#tokens())[1]?.text;
        return;
      case 'LOCK':
      case 'UNLOCK':
        this.#locked = word === 'LOCK';
        this.unlocked = word === 'UNLOCK';
        return sql.skipStatement();
      case 'ALTER':
        return this.#alter();
    }
    if (word === 'LOAD')
      throw this.fail(
        LOAD,
        'Make the dump with rows as INSERT statements: mydumper without --load-data and --csv.',
      );
    if (CHANGES.has(word)) throw this.fail(`${word} changes what was inserted before; it is not read.`);
    if (this.#cutOff()) throw sql.truncated('inside a statement');
    throw this.fail('this is not a statement that a dump tool writes.');
  }

  /** True where the file ends with the beginning of a statement or comment. */
  #cutOff(): boolean {
    const { bytes, pos, ended } = this.sql.window;
    if (!ended || bytes.length - pos > 10) return false;
    const rest = bytes.toString('latin1', pos).toUpperCase();
    return ['-', '/', ...PASSED_OVER, ...READ].some((known) => known.startsWith(rest));
  }

  async #tokens(): Promise<Token[]> {
    const bytes = await this.sql.statement();
    return bytes === undefined ? [] : tokenize(decodeText(bytes, this.state.charset), this.sql);
  }

  async #alter(): Promise<void> {
    const tokens = await this.#tokens();
    for (let i = 3; i < tokens.length; i++) {
      if (isWord(tokens[i], 'KEYS') && isWord(tokens[i - 1], 'DISABLE')) this.#keysOff = true;
      if (isWord(tokens[i], 'KEYS') && isWord(tokens[i - 1], 'ENABLE')) this.#keysOff = false;
    }
  }

  async #create(): Promise<void> {
    const { sql } = this;
    const placeholder = sql.version === VIEW_PLACEHOLDER;
    const bytes = await sql.statement();
    // Only bodies of procedures are ever so long that they are not kept.
    if (bytes === undefined) return;
    const text = decodeText(bytes, this.state.charset);
    const tokens = tokenize(text, sql);
    const failAtStart = (message: string): PanoramaError => {
      const start = sql.window.pos - sql.delimiter.length - bytes.length;
      return sql.fail('dump-syntax', message, { line: sql.window.lineOf(start) });
    };
    try {
      const table = parseCreateTable(text, tokens);
      if (table === undefined) this.#createView(tokens);
      else {
        this.created = true;
        this.#createdAny = true;
        if (!placeholder) this.#catalog.define(table, table.database ?? this.#database, failAtStart);
      }
    } catch (error) {
      throw error instanceof DefinitionError ? failAtStart(`CREATE TABLE: ${error.message}.`) : error;
    }
  }

  #createView(tokens: readonly Token[]): void {
    for (let i = 1; i < tokens.length; i++) {
      if (isWord(tokens[i], 'AS', 'TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT', 'DATABASE', 'SEQUENCE'))
        return;
      if (!isWord(tokens[i], 'VIEW')) continue;
      const { database, name } = parseName(tokens, isWord(tokens[i + 1], 'IF') ? i + 4 : i + 1);
      this.#catalog.defineView(name, database ?? this.#database);
      return;
    }
  }

  #comment(text: string): void {
    if (/^-- (MySQL|MariaDB) dump /.test(text)) {
      if (this.#open) {
        throw this.sql.fail('dump-truncated', 'another dump begins before the one above is complete.');
      }
      this.#open = true;
      this.#database = this.#file.database;
    } else if (text.startsWith('-- Dump completed')) this.#open = false;
  }

  #checkEnd(): void {
    const missing = this.#locked
      ? 'a table is still locked'
      : this.#keysOff
        ? 'the keys of a table are still disabled'
        : this.#open
          ? 'the line "-- Dump completed" is missing'
          : this.#statements === 0 && !this.#file.mayBeEmpty
            ? 'there is no statement in it'
            : this.#file.mustCreate && !this.#createdAny
              ? 'its CREATE TABLE is missing; mydumper must have failed at this table'
              : undefined;
    if (missing !== undefined) throw this.sql.truncated(`too early: ${missing}`);
  }
}
