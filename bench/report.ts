import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

import { megabytes, type Result, type Spread } from './summary.ts';
import type { Fact } from './verify.ts';

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: number;
  readonly os: string;
  readonly node: string;
  readonly server: string;
  /** Abbreviated commit, with `+` where the checkout has changes; empty outside a checkout. */
  readonly commit: string;
}

/** Time and memory against the size of the table. */
export interface SlopePoint {
  readonly name: string;
  readonly rows: number;
  readonly seconds: number;
  readonly peakRss: number;
}

export interface Report {
  readonly date: string;
  readonly environment: Environment;
  readonly rows: number;
  /** Bytes of the table as the client prints it. */
  readonly textBytes: number;
  readonly rounds: number;
  readonly results: readonly Result[];
  readonly slope: readonly SlopePoint[];
  /** Facts of the table by lake; they are equal, else there would be no report. */
  readonly checks: Readonly<Record<string, readonly Fact[]>>;
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

/** Writes `<out>.md` and `<out>.json` and answers the Markdown. */
export async function writeReport(report: Report, folder: string): Promise<string> {
  const text = markdown(report);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'latest.md'), text);
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`);
  return text;
}

export function markdown(report: Report): string {
  const { environment: at, rows, rounds } = report;
  const parts = [
    '# Benchmark',
    `${report.date}, commit ${at.commit}. ${at.cpu}, ${at.cores} cores, ${megabytes(at.memory)} MB of memory; ${at.os};\nNode ${at.node}; server ${at.server}, on the same machine.`,
    `${count(rows)} rows, ${megabytes(report.textBytes)} MB as text. Medians of ${rounds} interleaved rounds (least to most). *Ratio* is the
time divided by that of the reference in the same round: \`mariadb\`, or \`zcat\` for the dump. Below 1 is faster.`,
    table(
      ['what', 'ratio', 'seconds', 'rows/s', 'CPU s', 'peak RSS MB', 'written MB'],
      report.results.map((result) => [
        result.title,
        range(result.ratio, 2),
        range(result.seconds, 1),
        count(Math.round(rows / result.seconds.median / 1000) * 1000),
        result.cpuSeconds.median.toFixed(1),
        megabytes(result.peakRss),
        result.lakeBytes === undefined ? '' : megabytes(result.lakeBytes),
      ]),
    ),
  ];
  if (report.slope.length > 0) {
    parts.push(
      'Against the number of rows, one run each:',
      table(
        ['what', 'rows', 'seconds', 'µs a row', 'peak RSS MB'],
        report.slope.map((point) => [
          point.name,
          count(point.rows),
          point.seconds.toFixed(1),
          ((point.seconds / point.rows) * 1e6).toFixed(2),
          megabytes(point.peakRss),
        ]),
      ),
    );
  }
  const lakes = Object.keys(report.checks);
  const names = Object.values(report.checks)[0]?.map((fact) => fact.name) ?? [];
  if (lakes.length > 0)
    parts.push(`Equal on the server and in the lakes ${lakes.join(', ')}: ${names.join(', ')}.`);
  return `${parts.join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function range({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
