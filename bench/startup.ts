import { fileURLToPath } from 'node:url';

import { type Command, output } from './measure.ts';
import { type Spread, spread } from './summary.ts';

/** Short runs, in turns. */
const RUNS = 41;
const CLI = fileURLToPath(new URL('../bin/panorama.js', import.meta.url));

export interface Times {
  readonly seconds: Spread;
  readonly cpuSeconds: Spread;
}

/** What starting the program costs beside starting Node. */
export interface Startup {
  readonly runs: number;
  /** `panorama --help` */
  readonly help: Times;
  /** `node -e 0` */
  readonly node: Times;
}

export async function measureStartup(signal: AbortSignal): Promise<Startup> {
  const help: Run[] = [];
  const node: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    help.push(await time([process.execPath, CLI, '--help'], signal));
    node.push(await time([process.execPath, '-e', '0'], signal));
  }
  return { runs: RUNS, help: times(help), node: times(node) };
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** By the shell's own `time`, which has milliseconds: runs as short as these are over before /proc is looked at. */
async function time(program: readonly string[], signal: AbortSignal): Promise<Run> {
  const command: Command = {
    file: 'bash',
    args: ['-c', '{ time "$@" > /dev/null; } 2>&1', 'bash', ...program],
    env: { TIMEFORMAT: '%R %U %S', LC_ALL: 'C' },
  };
  const text = await output(command, signal);
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)\n$/.exec(text);
  if (match === null) throw new Error(`${program.join(' ')} printed: ${text.slice(0, 500)}`);
  return { seconds: Number(match[1]), cpuSeconds: Number(match[2]) + Number(match[3]) };
}

function times(runs: readonly Run[]): Times {
  return {
    seconds: spread(runs.map((run) => run.seconds)),
    cpuSeconds: spread(runs.map((run) => run.cpuSeconds)),
  };
}
