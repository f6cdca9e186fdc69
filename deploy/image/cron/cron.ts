/**
 * The cron of the image: `cron.ts FILE` runs the commands of a crontab as the user it is started by, with the
 * environment of the container and with what they print on its output. Debian's cron needs root, forgets the
 * environment and sends output by mail. `cron.ts --check FILE` only reads the file.
 *
 * A command that still runs when it is due again is not started a second time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Crontab, type Job, readCrontab } from './schedule.ts';

const say = (text: string): void => void process.stderr.write(`cron: ${text}\n`);

function read(file: string): Crontab {
  try {
    return readCrontab(readFileSync(file, 'utf8'));
  } catch (error) {
    say(`${file}: ${(error as Error).message}`);
    process.exit(1);
  }
}

async function work({ jobs, variables }: Crontab): Promise<never> {
  const running = new Map<Job, ChildProcess>();
  let stopped = false;
  const stop = (signal: NodeJS.Signals): void => {
    stopped = true;
    // Each command is a process group of its own: the shell and what it has started.
    for (const { pid } of running.values()) process.kill(-pid!, signal);
    if (running.size === 0) process.exit(0);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  const start = (job: Job): void => {
    if (running.has(job)) return say(`line ${job.line} still runs, it is not started again`);
    say(`line ${job.line} starts`);
    const child = spawn(variables['SHELL'] ?? '/bin/sh', ['-c', job.command], {
      detached: true,
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const ended = (how: string): void => {
      running.delete(job);
      say(`line ${job.line} ${how}`);
      if (stopped && running.size === 0) process.exit(0);
    };
    if (child.pid !== undefined) running.set(job, child);
    child.once('error', (error) => ended(`cannot start: ${error.message}`));
    child.once('close', (code, signal) => ended(`ended with ${signal ?? `exit code ${code}`}`));
  };

  say(`${jobs.length} ${jobs.length === 1 ? 'command' : 'commands'}`);
  for (;;) {
    // To the beginning of the next minute. Timers may be early by a millisecond, so a little past it.
    await sleep(60_000 - (Date.now() % 60_000) + 20);
    if (stopped) continue;
    const now = new Date();
    for (const job of jobs) if (job.due(now)) start(job);
  }
}

const [first, second] = process.argv.slice(2);
const checkOnly = first === '--check';
const file = checkOnly ? second : first;
if (file === undefined) {
  say('name a crontab');
  process.exit(2);
}
const crontab = read(file);
if (!checkOnly) await work(crontab);
