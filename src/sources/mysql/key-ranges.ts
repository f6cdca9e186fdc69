import type { Connection } from 'mysql2';

import { execute, quoteName } from './connection.ts';
import { type TableQuery, tableName } from './table-query.ts';

/** Keys from the first to the last, both with it; without a last to the end of the table. */
export interface KeyRange {
  readonly first: bigint;
  readonly last?: bigint;
}

/**
 * Divides a table by its primary key, one column of whole numbers, into ranges that follow each other. Every range
 * begins with a key that exists, so that gaps cost nothing, however wide; its width in keys follows what the
 * ranges before it held. As keys are unique, a range holds at most as many rows as it is wide.
 */
export class KeyRanges {
  readonly #query: TableQuery;
  readonly #key: string;
  #width: bigint;
  /** Where the next range looks for its first key, and the last key of all; not known before the first range. */
  #from: bigint | undefined;
  #end: bigint | undefined;
  #over = false;

  /** @param width of the first range, in keys */
  constructor(query: TableQuery, key: string, width: number) {
    this.#query = query;
    this.#key = quoteName(key);
    this.#width = BigInt(width);
  }

  /**
   * The next range, or, with `toTheEnd`, all that is left as one; undefined where no row is left. Calls must
   * follow one another, and all connections be in one snapshot.
   */
  async next(connection: Connection, toTheEnd: boolean): Promise<KeyRange | undefined> {
    if (this.#over) return undefined;
    const first = await this.#find(connection);
    if (first === undefined || toTheEnd) {
      this.#over = true;
      return first === undefined ? undefined : { first };
    }
    const reach = first + this.#width - 1n;
    if (reach >= this.#end!) {
      this.#over = true;
      return { first };
    }
    this.#from = reach + 1n;
    return { first, last: reach };
  }

  /** Learns from a range that was read whole: the next ones shall hold about `wanted` rows. */
  learn(range: KeyRange, rows: number, wanted: number): void {
    if (range.last === undefined) return;
    const width = range.last - range.first + 1n;
    // A thin stretch may end at once, therefore no more than twice as wide.
    const next = (width * BigInt(Math.max(1, Math.round(wanted)))) / BigInt(Math.max(1, rows));
    this.#width = next > 2n * width ? 2n * width : next < 1n ? 1n : next;
  }

  /** What follows the table's name in a statement that reads a range in the order of the key. */
  condition({ first, last }: KeyRange): string {
    const until = last === undefined ? '' : ` AND ${this.#key} <= ${last}`;
    return `FORCE INDEX (PRIMARY) WHERE ${this.#key} >= ${first}${until} ORDER BY ${this.#key}`;
  }

  async #find(connection: Connection): Promise<bigint | undefined> {
    const { source } = this.#query;
    const table = tableName(this.#query);
    if (this.#from === undefined) {
      const sql = `SELECT MIN(${this.#key}) AS first, MAX(${this.#key}) AS last FROM ${table}`;
      const [row] = await execute(connection, source, sql);
      if (row?.['last'] === null || row?.['last'] === undefined) return undefined;
      this.#end = BigInt(row['last']);
      return BigInt(row['first']!);
    }
    const sql = `SELECT MIN(${this.#key}) AS first FROM ${table} WHERE ${this.#key} >= ${this.#from}`;
    const [row] = await execute(connection, source, sql);
    const first = row?.['first'];
    return first === null || first === undefined ? undefined : BigInt(first);
  }
}
