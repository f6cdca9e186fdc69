import type { Connection } from 'mysql2';

import { pause } from '../../back-off.ts';
import { PanoramaError } from '../../errors.ts';
import {
  breakConnection,
  closeConnection,
  connect,
  execute,
  isLost,
  type MysqlAddress,
} from './connection.ts';
import { RIGHT_MISSING, serverErrno, SYNTAX } from './mysql-errors.ts';

/** How busy a server may be while rows are read; above it reads pause. */
export interface GuestRules {
  /** How far a replica may be behind, in milliseconds. */
  readonly maxReplicaLag?: number;
  /** How many threads may be running (`Threads_running`), those of this program among them. */
  readonly maxThreadsRunning?: number;
  /** How long reads may pause without a row in between, in milliseconds, before it is an error. */
  readonly maxPause: number;
  /** Milliseconds between two looks at the server. */
  readonly lookEvery: number;
}

/** Lets reads go on while the server is at ease. */
export interface Pace {
  /** Comes back when rows may be read. @throws PanoramaError `source-busy`, `source-permission` */
  wait(): Promise<void>;
  close(): Promise<void>;
}

/** Statements that tell how far a replica is behind, each of which some servers do not know. */
const REPLICA_STATUS = ['SHOW ALL REPLICAS STATUS', 'SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'];

/**
 * Keeps the pace of all reads of a session. The server is asked over a connection of its own, which is made with the
 * first look; its answer holds for all reads until the next.
 */
export function startPace(
  name: string,
  address: MysqlAddress,
  rules: GuestRules | undefined,
  { signal, tell }: { signal: AbortSignal | undefined; tell: (text: string) => void },
): Pace {
  if (rules === undefined) return { wait: async () => {}, close: async () => {} };
  const { maxReplicaLag, maxThreadsRunning, maxPause, lookEvery } = rules;
  let connection: Connection | undefined;
  let looked = -Infinity;
  let looking: Promise<void> | undefined;
  const stop = new AbortController();
  const ends = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  ends.addEventListener('abort', () => connection && breakConnection(connection), { once: true });

  /** Why reads have to wait, or undefined. */
  async function reason(): Promise<string | undefined> {
    if (connection === undefined || isLost(connection)) connection = await connect(name, address, ends);
    if (maxThreadsRunning !== undefined) {
      const [row] = await execute(connection, name, "SHOW GLOBAL STATUS LIKE 'Threads_running'");
      const running = Number(row?.['Value']);
      if (running > maxThreadsRunning)
        return `${running} threads are running, more than ${maxThreadsRunning}`;
    }
    if (maxReplicaLag === undefined) return undefined;
    const lag = replicaLag(await replicaStatus(connection, name));
    if (lag === undefined) return 'the replica does not say how far behind it is';
    const most = maxReplicaLag / 1000;
    return lag > most ? `the replica is ${lag} seconds behind, more than ${most}` : undefined;
  }

  async function look(): Promise<void> {
    const began = performance.now();
    for (let told = false; !ends.aborted; told = true) {
      const why = await reason();
      looked = performance.now();
      if (why === undefined) {
        if (told) tell('reading goes on');
        return;
      }
      if (!told) tell(`${why}: reading waits`);
      if (looked - began >= maxPause) {
        const text = `Source ${name}: ${why}, for ${Math.round(maxPause / 1000)} seconds by now.`;
        throw new PanoramaError('source-busy', text);
      }
      await pause(Math.min(lookEvery, maxPause), ends);
    }
  }

  return {
    async wait() {
      if (looking === undefined) {
        if (performance.now() - looked < lookEvery) return;
        looking = look().finally(() => (looking = undefined));
      }
      await looking;
    },
    async close() {
      stop.abort();
      if (connection !== undefined) await closeConnection(connection);
    },
  };
}

/** What the server says of each source that it copies; nothing where it is no replica. */
async function replicaStatus(
  connection: Connection,
  name: string,
): Promise<readonly Record<string, string | null>[]> {
  for (const statement of REPLICA_STATUS) {
    try {
      return await execute(connection, name, statement);
    } catch (error) {
      const errno = serverErrno(error);
      if (errno === SYNTAX) continue;
      if (errno !== RIGHT_MISSING) throw error;
      throw new PanoramaError(
        'source-permission',
        `Source ${name}: the user may not see how far the replica is behind.`,
        {
          hint: 'GRANT REPLICA MONITOR ON *.* (MariaDB) or REPLICATION CLIENT ON *.* (MySQL) to the user, or remove max_replica_lag.',
          cause: error,
        },
      );
    }
  }
  return [];
}

/** The largest lag in seconds; undefined where one is not known, as when a thread of the replica stands still. */
export function replicaLag(status: readonly Record<string, string | null>[]): number | undefined {
  const lags = status.map((row) => row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null);
  return lags.includes(null) ? undefined : Math.max(0, ...lags.map(Number));
}
