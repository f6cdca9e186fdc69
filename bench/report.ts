import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

import type { Verdict } from './limits.ts';
import { markdown } from './markdown.ts';
import type { Missing } from './peers/peer.ts';
import type { Profile } from './profile.ts';
import type { Shape } from './shapes.ts';
import type { S3Way } from './s3.ts';
import type { Slope } from './slope.ts';
import type { Startup } from './startup.ts';
import type { Result } from './summary.ts';
import type { Check } from './verify.ts';

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly os: string;
  readonly node: string;
  readonly server: string;
  /** Abbreviated commit, with `+` where the checkout has changes; empty outside a checkout. */
  readonly commit: string;
}

export interface Report {
  readonly date: string;
  readonly environment: Environment;
  readonly rows: number;
  /** Bytes of the table as the client prints it: what is meant by a GB of source text. */
  readonly textBytes: number;
  readonly rounds: number;
  readonly results: readonly Result[];
  /** Peers that cannot be had here. */
  readonly missing: readonly Missing[];
  readonly shapes: readonly Shape[];
  /** Empty where they were not wanted, or there is no S3 server. */
  readonly s3: readonly S3Way[];
  readonly slope?: Slope;
  readonly startup?: Startup;
  readonly profiles: readonly Profile[];
  /** Our own lakes agree in all facts, else there would be no report; other programs' files may not. */
  readonly checks: readonly Check[];
  readonly limits: readonly Verdict[];
}

/** @param server what the server says its version is */
export function environment(server: string): Environment {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memory: totalmem(),
    os: `${type()} ${release()}`,
    node: process.version,
    server,
    commit: commit(),
  };
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src') === '' ? '' : '+')
    );
  } catch {
    return '';
  }
}

/** Writes `latest.md` and `latest.json` into the folder and answers the Markdown. */
export async function writeReport(report: Report, folder: string): Promise<string> {
  const text = markdown(report);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'latest.md'), text);
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`);
  return text;
}
