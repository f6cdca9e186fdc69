import { setTimeout as wait } from 'node:timers/promises';

/** No pause between two attempts is longer. */
const LONGEST_MS = 60_000;

/** How often something that failed for a reason that may pass is tried again. */
export interface Patience {
  readonly retries: number;
  /** Milliseconds before the first retry, at most. */
  readonly firstMs: number;
}

/**
 * The milliseconds before a retry, counted from 0: three times longer each time up to a minute, half of it by chance,
 * so that programs that failed together do not all come back together.
 */
export function pauseBefore(retry: number, firstMs: number): number {
  return Math.min(firstMs * 3 ** retry, LONGEST_MS) * (0.5 + Math.random() / 2);
}

/** Waits; ends at once, without an error, when it is told to. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal && { signal }).catch(() => {});
}
