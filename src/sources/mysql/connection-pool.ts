import type { Connection } from 'mysql2';

/** Connections of which each does one thing at a time. Who finds none free waits for one, in turn. */
export class ConnectionPool {
  readonly #free: Connection[];
  readonly #waiting: ((connection: Connection) => void)[] = [];

  /** How many there are in all. */
  readonly size: number;

  constructor(connections: readonly Connection[]) {
    this.#free = [...connections];
    this.size = connections.length;
  }

  /** True while somebody waits for a connection. */
  get wanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** A connection where one is free. */
  tryAcquire(): Connection | undefined {
    return this.#free.shift();
  }

  /** A connection for the caller alone, until {@link release}. */
  acquire(): Promise<Connection> {
    const connection = this.#free.shift();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
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
}
