import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { mariadbAvailable, type MariadbServer, startMariadb } from '../test/servers/mariadb.ts';
import { fillStudentModule, TABLE } from './dataset.ts';
import { output } from './measure.ts';
import { environment, type SlopePoint, writeReport } from './report.ts';
import { runOnce, runRounds } from './rounds.ts';
import { client, dumpCommand, makeSubjects, type Subject } from './subjects.ts';
import { misses, type Result, type Thresholds } from './summary.ts';
import { type Fact, lakeFacts, serverFacts } from './verify.ts';

const USAGE = `npm run bench -- [options]        (needs MariaDB's server and client, Linux, and a built package)

  --rows N       rows of the table, 2000000
  --rounds N     rounds, 5
  --only NAMES   only these of mariadb,drain,one-file,partitioned,zcat,dump; mariadb and zcat come along as references
  --slope        first run with a quarter and a half of the rows
  --check        exit 1 where a limit of bench/thresholds.json is not kept
  --out FOLDER   where latest.md and latest.json go, bench/results`;

const SERVER_ARGS = [
  '--innodb-buffer-pool-size=2G',
  '--innodb-log-file-size=512M',
  '--innodb-doublewrite=OFF',
];

interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly only: readonly string[] | undefined;
  readonly slope: boolean;
  readonly check: boolean;
  readonly out: string;
}

function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rows: { type: 'string', default: '2000000' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string' },
      slope: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
    },
  });
  const [rows, rounds] = [Number(values.rows), Number(values.rounds)];
  if (!(Number.isInteger(rows) && rows >= 1000))
    throw new Error('--rows must be a whole number from 1000 on');
  if (!(Number.isInteger(rounds) && rounds >= 1))
    throw new Error('--rounds must be a whole number from 1 on');
  const only = values.only?.split(',').map((name) => name.trim());
  return { rows, rounds, only, slope: values.slope, check: values.check, out: values.out };
}

/** Fills a table, measures, compares the lakes with the server, reports. Answers the exit code. */
async function bench(
  server: MariadbServer,
  folder: string,
  options: Options,
  signal: AbortSignal,
): Promise<number> {
  const dump = join(folder, 'dump.sql.gz');
  const subjects = choose(await makeSubjects(server, folder, dump), options.only);
  const slope: SlopePoint[] = [];
  if (options.slope)
    for (const part of [4, 2])
      slope.push(...(await slopeAt(server, Math.round(options.rows / part), subjects, signal)));

  note(`filling ${TABLE} with ${options.rows} rows`);
  await fillStudentModule(server, options.rows);
  if (subjects.some((subject) => subject.reference === 'zcat'))
    await output(dumpCommand(server, dump), signal);
  // Also warms the server's cache, so that the first round is like the others.
  const textBytes = await tableBytes(server, signal);

  const results = await runRounds(subjects, options.rounds, note, signal);
  const checks = await verify(server, subjects, signal);
  const [version] = (await output(client(server, '-e', 'SELECT VERSION()'), signal)).split('\n');
  if (options.slope) slope.push(...slopeEnd(results, subjects, options.rows));
  const report = {
    date: new Date().toISOString().slice(0, 10),
    environment: environment(version!),
    rows: options.rows,
    textBytes,
    rounds: options.rounds,
    results,
    slope,
    checks,
  };
  process.stdout.write(`\n${await writeReport(report, options.out)}`);
  return options.check ? await check(results) : 0;
}

function choose(subjects: readonly Subject[], only: readonly string[] | undefined): readonly Subject[] {
  if (only === undefined) return subjects;
  const unknown = only.find((name) => !subjects.some((subject) => subject.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}`);
  const references = subjects
    .filter(({ name }) => only.includes(name))
    .map(({ reference }) => reference as string);
  return subjects.filter(({ name }) => only.includes(name) || references.includes(name));
}

async function slopeAt(
  server: MariadbServer,
  rows: number,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<SlopePoint[]> {
  note(`filling ${TABLE} with ${rows} rows`);
  await fillStudentModule(server, rows);
  await tableBytes(server, signal);
  const points: SlopePoint[] = [];
  for (const subject of subjects.filter(({ reference }) => reference === 'mariadb')) {
    const { seconds, peakRss } = await runOnce(subject, signal);
    points.push({ name: subject.title, rows, seconds, peakRss });
  }
  return points;
}

function slopeEnd(results: readonly Result[], subjects: readonly Subject[], rows: number): SlopePoint[] {
  return results
    .filter(({ name }) => subjects.find((subject) => subject.name === name)?.reference === 'mariadb')
    .map(({ title, seconds, peakRss }) => ({ name: title, rows, seconds: seconds.median, peakRss }));
}

async function tableBytes(server: MariadbServer, signal: AbortSignal): Promise<number> {
  const { file, args, env } = client(server, '--quick', '-e', `SELECT * FROM ${TABLE}`);
  const counted = { file: 'sh', args: ['-c', '"$0" "$@" | wc -c', file, ...args], ...(env && { env }) };
  return Number(await output(counted, signal));
}

/** @throws Error where a lake does not hold what the server holds */
async function verify(
  server: MariadbServer,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<Record<string, readonly Fact[]>> {
  const expected = await serverFacts(server, signal);
  const checks: Record<string, readonly Fact[]> = {};
  for (const { name, lake } of subjects) {
    if (lake === undefined) continue;
    const facts = await lakeFacts(lake, expected, signal);
    const wrong = facts.filter((fact) => fact.server !== fact.lake);
    if (wrong.length > 0)
      throw new Error(`the lake ${name} differs from the server: ${JSON.stringify(wrong)}`);
    checks[name] = facts;
  }
  return checks;
}

async function check(results: readonly Result[]): Promise<number> {
  const text = await readFile(new URL('thresholds.json', import.meta.url), 'utf8');
  const lines = misses(results, JSON.parse(text) as Thresholds);
  for (const line of lines) note(`missed: ${line}`);
  if (lines.length === 0) note('all limits of bench/thresholds.json are kept');
  return lines.length === 0 ? 0 : 1;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Runs the benchmark between starting a server and removing everything again, also when it is interrupted. */
async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    note(USAGE);
    return 0;
  }
  const options = parseOptions(process.argv.slice(2));
  if (!mariadbAvailable()) return 1;
  if (!existsSync(new URL('../dist/cli/main.js', import.meta.url)))
    throw new Error('run `npm run build` first');
  const abort = new AbortController();
  const interrupt = (): void => abort.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const interrupted = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error));
  });
  interrupted.catch(() => {});
  const folder = await mkdtemp(join(tmpdir(), 'panorama-bench-'));
  const server = await startMariadb({ args: SERVER_ARGS });
  try {
    const work = bench(server, folder, options, abort.signal);
    // Stopping the server below ends whatever an interrupted benchmark still does.
    work.catch(() => {});
    return await Promise.race([work, interrupted]);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  note((error as Error).message);
  process.exitCode = (error as Error).message === 'interrupted' ? 130 : 1;
}
