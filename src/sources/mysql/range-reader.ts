import type { Connection } from 'mysql2';

import { type Batch, batchBytes } from '../../rows/batch.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { type KeyRange, KeyRanges } from './key-ranges.ts';
import { queryTable, savepoint, type TableQuery } from './table-query.ts';

export interface RangeOptions {
  /** Width of the first range, in keys. */
  readonly width: number;
  /** Bytes of rows that may wait behind the range whose turn it is, over all connections. */
  readonly ahead: number;
  /** Milliseconds between two looks at whether the reader waits for the server, and how many there are at most. */
  readonly lookAfter: number;
  readonly looks: number;
  /** The part of the time that the reader waits, and its thread has nothing to do, from which on more is worth it. */
  readonly idle: number;
}

export const RANGE_OPTIONS: RangeOptions = {
  width: 50_000,
  ahead: 24 << 20,
  lookAfter: 100,
  looks: 3,
  idle: 0.6,
};

/** A range on its way: its batches in order, and whether more will come. */
interface Part {
  readonly batches: Batch[];
  bytes: number;
  ended: boolean;
}

/**
 * Reads a table in the order of its key: some ranges at first, then, where the time went by with waiting for the
 * server, ranges over all connections that are free, else all the rest over the one. What other connections have
 * read ahead is bounded, and comes when it is its turn.
 */
export async function* readByKey(
  pool: ConnectionPool,
  connection: Connection,
  query: TableQuery,
  key: string,
  options: RangeOptions = RANGE_OPTIONS,
): AsyncGenerator<Batch, void, undefined> {
  yield* new RangeReader(pool, query, key, options).read(connection);
}

class RangeReader {
  readonly #pool: ConnectionPool;
  readonly #query: TableQuery;
  readonly #ranges: KeyRanges;
  readonly #options: RangeOptions;
  /** Ranges begun and not yet given away whole, in the order of the key. */
  readonly #parts: Part[] = [];
  readonly #workers = new Set<Promise<void>>();
  /** The last look: when it was, how busy the thread had been till then, ms of waiting since, how many there were. */
  #since = performance.now();
  #thread = performance.eventLoopUtilization();
  #waited = 0;
  #looks = 0;
  #mode: 'looking' | 'one' | 'several' = 'looking';
  #claim: Promise<unknown> = Promise.resolve();
  /** No range is left to begin. */
  #exhausted = false;
  /** The consumer has all, or has gone. */
  #over = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};
  #change = new Promise<void>((resolve) => (this.#wake = resolve));

  constructor(pool: ConnectionPool, query: TableQuery, key: string, options: RangeOptions) {
    this.#pool = pool;
    this.#query = query;
    this.#ranges = new KeyRanges(query, key, options.width);
    this.#options = options;
  }

  async *read(connection: Connection): AsyncGenerator<Batch, void, undefined> {
    this.#begin(this.#work(connection, false));
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure.error;
        this.#recruit();
        const [part] = this.#parts;
        const batch = part?.batches.shift();
        if (batch !== undefined) {
          part!.bytes -= batch.memory;
          this.#changed();
          yield batch;
        } else if (part?.ended === true) {
          this.#parts.shift();
          this.#changed();
        } else if (part === undefined && this.#workers.size === 0) {
          return;
        } else {
          const from = performance.now();
          await this.#change;
          this.#waited += performance.now() - from;
        }
      }
    } finally {
      this.#over = true;
      this.#changed();
      while (this.#workers.size > 0) await Promise.all(this.#workers);
      for (const part of this.#parts) for (const batch of part.batches) batch.release();
    }
  }

  #begin(work: Promise<void>): void {
    const worker: Promise<void> = work
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#workers.delete(worker);
        this.#changed();
      });
    this.#workers.add(worker);
  }

  /** Takes connections that are free into the work. */
  #recruit(): void {
    while (this.#mode === 'several' && !this.#exhausted && this.#workers.size < this.#pool.size) {
      const connection = this.#pool.tryAcquire();
      if (connection === undefined) return;
      this.#begin(this.#help(connection).finally(() => this.#pool.release(connection)));
    }
  }

  async #help(connection: Connection): Promise<void> {
    const back = await savepoint(connection, this.#query.source);
    try {
      await this.#work(connection, true);
    } finally {
      await back();
    }
  }

  /** Reads range after range. A helper goes when somebody else waits for a connection. */
  async #work(connection: Connection, helper: boolean): Promise<void> {
    while (!(helper && this.#pool.wanted)) {
      const claimed = await this.#next(connection);
      if (claimed === undefined) return;
      await this.#fill(connection, claimed.range, claimed.part);
      if (this.#mode === 'looking') this.#look();
    }
  }

  /** The next range with its place in the order; one caller after the other. */
  #next(connection: Connection): Promise<{ range: KeyRange; part: Part } | undefined> {
    const claim = this.#claim.then(async () => {
      while (this.#parts.length >= this.#most && !this.#over) await this.#change;
      if (this.#over || this.#failure !== undefined) return undefined;
      const range = await this.#ranges.next(connection, this.#mode === 'one');
      if (range === undefined) {
        this.#exhausted = true;
        return undefined;
      }
      const part: Part = { batches: [], bytes: 0, ended: false };
      this.#parts.push(part);
      return { range, part };
    });
    this.#claim = claim.catch(() => {});
    return claim;
  }

  async #fill(connection: Connection, range: KeyRange, part: Part): Promise<void> {
    const { ahead } = this.#options;
    let rows = 0;
    let bytes = 0;
    for await (const batch of queryTable(connection, this.#query, this.#ranges.condition(range))) {
      if (this.#over) {
        batch.release();
        return;
      }
      rows += batch.rows;
      bytes += batchBytes(batch);
      part.batches.push(batch);
      part.bytes += batch.memory;
      this.#changed();
      // The range whose turn it is needs no store; the others share what there is.
      while (!this.#over && part.bytes > (part === this.#parts[0] ? 0 : ahead / this.#pool.size))
        await this.#change;
    }
    part.ended = true;
    const wanted = ahead / (2 * this.#pool.size);
    this.#ranges.learn(range, rows, (wanted / Math.max(1, bytes)) * Math.max(1, rows));
    this.#changed();
  }

  /** Decides whether more connections are worth it; the first look meets code that is not warm yet. */
  #look(): void {
    const { lookAfter, looks, idle } = this.#options;
    const elapsed = performance.now() - this.#since;
    if (elapsed < lookAfter) return;
    const { utilization } = performance.eventLoopUtilization(this.#thread);
    if (Math.min(this.#waited / elapsed, 1 - utilization) >= idle) this.#mode = 'several';
    else if (++this.#looks === looks) this.#mode = 'one';
    this.#since = performance.now();
    this.#thread = performance.eventLoopUtilization();
    this.#waited = 0;
  }

  /** How many ranges may be begun and not given away: each worker has one under way and one that waits. */
  get #most(): number {
    return 2 * Math.max(1, this.#workers.size);
  }

  #changed(): void {
    this.#wake();
    this.#change = new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
