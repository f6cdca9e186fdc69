/**
 * How a file of delimited text is written. All marks are bytes of UTF-8, for that is what the text is decoded to
 * before it is taken apart.
 */
export interface Dialect {
  /** What stands between two fields: one or more bytes. */
  readonly delimiter: Buffer;
  /** The byte that may stand around a field, or -1 where none does. A doubled one inside stands for one. */
  readonly quote: number;
  /** The byte behind which the next one stands for itself, or -1. */
  readonly escape: number;
  /**
   * True where letters behind the escape stand for control characters, as MySQL writes them (`\n`, `\t`, `\0`, …), and
   * only a line feed ends a record: MySQL does not escape a carriage return.
   */
  readonly mysql: boolean;
  /** What a field without quotes must be, byte by byte as it stands in the file, to be NULL. */
  readonly nulls: readonly Buffer[];
}

/** Commas, double quotes; an empty field without quotes is NULL, one with quotes is empty text. */
export const CSV: Dialect = {
  delimiter: Buffer.from(','),
  quote: 34,
  escape: -1,
  mysql: false,
  nulls: [Buffer.alloc(0)],
};

/** What `mysql --batch` prints, and with it the files of a research data package: `NULL` for NULL, no quotes. */
export const MYSQL_BATCH: Dialect = {
  delimiter: Buffer.from('\t'),
  quote: -1,
  escape: 92,
  mysql: true,
  nulls: [Buffer.from('NULL')],
};

/** Control characters by the letter that stands for them behind MySQL's escape; others stand for themselves. */
const LETTERS: Readonly<Record<string, number>> = { '0': 0, b: 8, n: 10, r: 13, t: 9, Z: 26 };

/** What a byte behind the escape stands for. */
export const MEANINGS = Uint8Array.from(
  { length: 256 },
  (_, byte) => LETTERS[String.fromCharCode(byte)] ?? byte,
);
