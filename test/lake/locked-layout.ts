import { hiveLayout } from '../../src/lake/hive-layout.ts';
import type { Layout } from '../../src/lake/layout.ts';
import { type Clock, takeLock } from '../../src/lake/lock.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** Time stands still: nobody gives signs of life. */
export const STILL: Clock = {
  now: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve, reject) => {
      if (signal === undefined) resolve();
      else signal.addEventListener('abort', () => reject(new Error('It is over.')));
    }),
};

/** The layout of one who holds the lake. Who held it before is taken for dead, alive or not. */
export async function lockedLayout(storage: Storage): Promise<Layout> {
  return hiveLayout(storage, await takeLock(storage, { lifeOf: () => 'gone', clock: STILL }));
}
