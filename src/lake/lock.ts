import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { PanoramaError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

const LOCK = '_panorama/lock.json';

/** Who holds the lock of a lake; enough to tell whether the owner still lives. */
export interface LockOwner {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** The kernel's boot id, so that a process of before a restart is known to be gone. */
  readonly boot: string;
  /** Start time of the process in clock ticks since boot, so that a reused pid is told apart. */
  readonly processStart: string;
  /** ISO 8601, for people. */
  readonly since: string;
}

/** The lock of a lake while this process holds it. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a lake; at most one run holds it. A lock whose owner is a dead process of this machine is
 * taken over; one of another machine is respected.
 * @throws PanoramaError `locked`
 */
export async function takeLock(storage: Storage): Promise<Lock> {
  const owner = thisProcess();
  const bytes = Buffer.from(`${JSON.stringify(owner)}\n`);
  let token = await storage.putIf(LOCK, bytes, undefined);
  if (token === undefined) {
    const held = await storage.read(LOCK);
    const other = held === undefined ? undefined : parseOwner(held.bytes);
    if (other !== undefined && isAlive(other)) throw locked(storage, other);
    token = await storage.putIf(LOCK, bytes, held?.token);
    if (token === undefined) throw locked(storage, other);
  }
  return {
    async release() {
      const held = await storage.read(LOCK);
      if (held?.token === token) await storage.remove(LOCK);
    },
  };
}

function locked(storage: Storage, owner: LockOwner | undefined): PanoramaError {
  const who = owner === undefined ? '' : ` since ${owner.since} (process ${owner.pid} on ${owner.host})`;
  const hint =
    owner === undefined || owner.host === hostname()
      ? undefined
      : `Wait until it is done. If ${owner.host} is gone for good, remove ${storage.locate(LOCK)}.`;
  return new PanoramaError(
    'locked',
    `Another run holds the lake ${storage.root}${who}.`,
    hint === undefined ? {} : { hint },
  );
}

function thisProcess(): LockOwner {
  return {
    id: randomUUID(),
    pid: process.pid,
    host: hostname(),
    boot: bootId(),
    processStart: processStart(process.pid) ?? '',
    since: new Date().toISOString(),
  };
}

function parseOwner(bytes: Uint8Array): LockOwner | undefined {
  try {
    const owner = JSON.parse(Buffer.from(bytes).toString()) as LockOwner | null;
    return owner !== null && typeof owner.pid === 'number' ? owner : undefined;
  } catch {
    return undefined; // torn by a crash: nobody owns it
  }
}

function isAlive(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.boot !== bootId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const start = processStart(owner.pid);
  return start === undefined || owner.processStart === '' || start === owner.processStart;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined where there is no such process or no /proc. */
function processStart(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
