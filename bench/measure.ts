import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A program to run, its arguments, and what to add to the environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process and its children have used so far. */
export interface ProcessUsage {
  /** User and system time. */
  readonly cpuSeconds: number;
  /** The most memory that was held, in bytes; that of children at the same time is added. */
  readonly peakRss: number;
  /** Bytes handed to the disk, temporary files and those that were removed again included. */
  readonly written: number;
}

/** What one run of a program took. */
export interface Measured extends ProcessUsage {
  /** From the start of the process to its end. */
  readonly seconds: number;
}

/** Milliseconds between two looks at /proc; what happens after the last of them is not seen. */
const EVERY = 10;
/** Clock ticks a second in /proc, the same on every Linux. */
const TICKS = 100;
const NOTHING: ProcessUsage = { cpuSeconds: 0, peakRss: 0, written: 0 };

/**
 * Runs a program to its end with its output dropped. Memory, processor time and bytes are the kernel's own counts
 * (`VmHWM`, the times and `write_bytes` of proc(5)); `ru_maxrss` would not do, for a child inherits it.
 * @throws Error with the end of the standard error where the program fails; the reason of the signal on abort
 */
export async function measure(command: Command, signal: AbortSignal): Promise<Measured> {
  const started = performance.now();
  const child = start(command, 'ignore', signal);
  let usage = NOTHING;
  const look = (): void => {
    const now = processUsage(child.pid!);
    usage = {
      cpuSeconds: Math.max(usage.cpuSeconds, now.cpuSeconds),
      peakRss: Math.max(usage.peakRss, now.peakRss),
      written: Math.max(usage.written, now.written),
    };
  };
  const timer = setInterval(look, EVERY);
  try {
    await ended(child, command, signal);
    return { seconds: (performance.now() - started) / 1000, ...usage };
  } finally {
    clearInterval(timer);
  }
}

/** Runs a program to its end and answers its standard output. @throws Error as {@link measure} */
export async function output(command: Command, signal: AbortSignal): Promise<string> {
  const child = start(command, 'pipe', signal);
  const chunks: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
  await ended(child, command, signal);
  return Buffer.concat(chunks).toString();
}

/** The program leads a group of its own, so that an interruption ends its children too. */
function start(command: Command, stdout: 'ignore' | 'pipe', signal: AbortSignal): ChildProcess {
  signal.throwIfAborted();
  return spawn(command.file, command.args, {
    stdio: ['ignore', stdout, 'pipe'],
    env: { ...process.env, ...command.env },
    detached: true,
  });
}

function ended(child: ChildProcess, command: Command, signal: AbortSignal): Promise<void> {
  let message = '';
  child.stderr!.on('data', (chunk: Buffer) => (message = (message + chunk.toString()).slice(-2000)));
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve();
      else reject(new Error(`${command.file} ${command.args[0] ?? ''} ended with ${code}:\n${message}`));
    });
  }).finally(() => signal.removeEventListener('abort', kill));
}

/** What the kernel says of a process and the children of its main thread; zeros where it has ended. */
function processUsage(pid: number): ProcessUsage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, in parentheses, may hold spaces; utime to cstime are the fields 14 to 17.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const usage = {
      cpuSeconds: ticks / TICKS,
      peakRss: number(/^VmHWM:\s+(\d+) kB$/m, `/proc/${pid}/status`) * 1024,
      written: number(/^write_bytes: (\d+)$/m, `/proc/${pid}/io`),
    };
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')) {
      if (child === '') continue;
      const more = processUsage(Number(child));
      usage.cpuSeconds += more.cpuSeconds;
      usage.peakRss += more.peakRss;
      usage.written += more.written;
    }
    return usage;
  } catch {
    return NOTHING;
  }
}

function number(pattern: RegExp, file: string): number {
  return Number(pattern.exec(readFileSync(file, 'latin1'))?.[1] ?? 0);
}
