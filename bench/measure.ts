import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A program to run, its arguments, and what to add to the environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What one run of a program took. */
export interface Measured {
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** User and system time of the process and its children. */
  readonly cpuSeconds: number;
  /** The most memory the process and its children held, in bytes. */
  readonly peakRss: number;
}

/** Milliseconds between two looks at /proc; what happens after the last of them is not seen. */
const EVERY = 10;
/** Clock ticks a second in /proc, the same on every Linux. */
const TICKS = 100;

/**
 * Runs a program to its end with its output dropped. Memory and processor time are the kernel's own counts
 * (`VmHWM` and the times of proc(5)); `ru_maxrss` would not do, for a child inherits it from its parent.
 * @throws Error with the end of the standard error where the program fails; the reason of the signal on abort
 */
export async function measure(command: Command, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted();
  const started = performance.now();
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...command.env },
  });
  let usage: ProcessUsage = { cpuSeconds: 0, peakRss: 0 };
  const look = (): void => {
    const now = processUsage(child.pid!);
    usage = {
      cpuSeconds: Math.max(usage.cpuSeconds, now.cpuSeconds),
      peakRss: Math.max(usage.peakRss, now.peakRss),
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
  signal.throwIfAborted();
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...command.env },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await ended(child, command, signal);
  return Buffer.concat(chunks).toString();
}

function ended(child: ChildProcess, command: Command, signal: AbortSignal): Promise<void> {
  let message = '';
  child.stderr!.on('data', (chunk: Buffer) => (message = (message + chunk.toString()).slice(-2000)));
  const kill = (): void => void child.kill('SIGKILL');
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

/** What a process and its children have used so far; zeros where it has ended. */
export type ProcessUsage = Omit<Measured, 'seconds'>;

export function processUsage(pid: number): ProcessUsage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, in parentheses, may hold spaces; utime to cstime are the fields 14 to 17.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const usage = {
      cpuSeconds: ticks / TICKS,
      peakRss: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
    };
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')) {
      if (child === '') continue;
      const more = processUsage(Number(child));
      usage.cpuSeconds += more.cpuSeconds;
      usage.peakRss += more.peakRss;
    }
    return usage;
  } catch {
    return { cpuSeconds: 0, peakRss: 0 };
  }
}
