import { type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';

/** How much of the end of a server's log is kept, in characters. */
const LOG = 20_000;

/** A server's process and the folder it works in. Both go when the tests' own process ends. */
export interface WatchedProcess {
  readonly child: ChildProcess;
  /** The last part of what it wrote to the streams that are pipes. */
  log(): string;
  /** How it ended, with the end of its log; undefined while it runs. */
  ended(): string | undefined;
  /** Kills it, unless it has ended, and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Watches a process that was just started.
 * @param folder removed when the process is stopped
 */
export function watchProcess(name: string, child: ChildProcess, folder: string): WatchedProcess {
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const killIt = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', killIt);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    log: () => log,
    ended: () => {
      if (!isOver()) return undefined;
      const how = child.signalCode === null ? `with code ${child.exitCode}` : `by signal ${child.signalCode}`;
      return `the ${name} server ended ${how}; the end of its log:\n${log.trimEnd()}`;
    },
    stop: async () => {
      if (child.pid !== undefined && !isOver()) {
        const closed = new Promise((resolve) => child.once('exit', resolve));
        // Nothing of the data is wanted any more, so there is no reason to wait for an orderly end.
        child.kill('SIGKILL');
        await closed;
      }
      process.off('exit', killIt);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port of the loopback that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
