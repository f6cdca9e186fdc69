import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that changes a lake; enough to tell on its own machine whether it still lives. */
export interface LockOwner {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** `/etc/machine-id`; empty where there is none, as in most containers. */
  readonly machine: string;
  /** The kernel's boot id, so that a process of before a restart is known to be gone. */
  readonly boot: string;
  /** The name space that the number of the process is from: each container has its own. */
  readonly space: string;
  /** Start time of the process in clock ticks since boot, so that a reused pid is told apart. */
  readonly processStart: string;
  /** ISO 8601, for people. */
  readonly since: string;
}

/** What can be told of an owner at once; nothing (`unknown`) where it runs elsewhere. */
export type Life = 'alive' | 'gone' | 'unknown';

/** This process, under a new id. */
export function thisProcess(): LockOwner {
  return {
    id: randomUUID(),
    pid: process.pid,
    host: hostname(),
    machine: contentOf('/etc/machine-id'),
    boot: contentOf('/proc/sys/kernel/random/boot_id'),
    space: pidSpace(),
    processStart: processStart(process.pid) ?? '',
    since: new Date().toISOString(),
  };
}

/** What `self` can tell of an owner. Host names alone prove nothing: machines of images and containers share them. */
export function lifeOf(owner: LockOwner, self: LockOwner): Life {
  if (owner.host !== self.host) return 'unknown';
  if (owner.boot !== self.boot)
    return self.machine !== '' && owner.machine === self.machine ? 'gone' : 'unknown';
  if (owner.space !== self.space) return 'unknown';
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  const start = processStart(owner.pid);
  return start === undefined || owner.processStart === '' || start === owner.processStart ? 'alive' : 'gone';
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Empty where the system has no such spaces. */
function pidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined where there is no such process or no /proc. */
function processStart(pid: number): string | undefined {
  const text = contentOf(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
