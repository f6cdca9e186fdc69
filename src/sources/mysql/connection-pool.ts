import type { Connection } from 'mysql2';

import { PanoramaError } from '../../errors.ts';
import { isLost } from './connection.ts';

interface Waiting {
  resolve(connection: Connection): void;
  reject(error: PanoramaError): void;
}

/**
 * Connections of which each does one thing at a time. Who finds none free waits for one, in turn. A connection that
 * was lost is not given out any more; when all are, who asks or waits is told so (`source-failed`).
 */
export class ConnectionPool {
  readonly #source: string;
  readonly #free: Connection[];
  readonly #waiting: Waiting[] = [];
  #size: number;

  /** @param source its name, for messages */
  constructor(source: string, connections: readonly Connection[]) {
    this.#source = source;
    this.#free = [...connections];
    this.#size = connections.length;
  }

  /** How many there are in all. */
  get size(): number {
    return this.#size;
  }

  /** True while somebody waits for a connection. */
  get wanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** A connection where one is free. */
  tryAcquire(): Connection | undefined {
    for (let next = this.#free.shift(); next !== undefined; next = this.#free.shift()) {
      if (!isLost(next)) return next;
      this.#size--;
    }
    return undefined;
  }

  /** A connection for the caller alone, until {@link release}. @throws PanoramaError `source-failed` */
  async acquire(): Promise<Connection> {
    const connection = this.tryAcquire();
    if (connection !== undefined) return connection;
    if (this.#size === 0) throw this.#allLost();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  release(connection: Connection): void {
    if (isLost(connection)) {
      this.#size--;
      if (this.#size === 0) for (const { reject } of this.#waiting.splice(0)) reject(this.#allLost());
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next.resolve(connection);
  }

  /** Runs `work` with a connection of its own. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.acquire();
    try {
      return await work(connection);
    } finally {
      this.release(connection);
    }
  }

  /** Runs `work` with each connection that is free now. */
  async useFree(work: (connection: Connection) => Promise<void>): Promise<void> {
    const free: Connection[] = [];
    for (let next = this.tryAcquire(); next !== undefined; next = this.tryAcquire()) free.push(next);
    await Promise.all(free.map((connection) => work(connection).finally(() => this.release(connection))));
  }

  #allLost(): PanoramaError {
    return new PanoramaError(
      'source-failed',
      `Source ${this.#source}: the connection to the server was lost.`,
    );
  }
}
