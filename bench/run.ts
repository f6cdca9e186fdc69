import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { mariadbAvailable, type MariadbServer, startMariadb } from '../test/servers/mariadb.ts';
import { judge, type Limit, passes } from './limits.ts';
import { output } from './measure.ts';
import { choose, type Options, parseOptions, USAGE } from './options.ts';
import { type Missing, preparePeers } from './peers/peer.ts';
import { PEERS } from './peers/peers.ts';
import { profile, type Profile } from './profile.ts';
import { environment, type Report, writeReport } from './report.ts';
import { runRounds } from './rounds.ts';
import { measureS3 } from './s3.ts';
import { measureShapes } from './shapes.ts';
import { measureSlope } from './slope.ts';
import { measureStartup } from './startup.ts';
import { client, dumpCommand, dumpReaders, load, readers, type Subject } from './subjects.ts';
import { tableBytes } from './table-bytes.ts';
import { studentModule } from './tables/student-module.ts';
import type { BenchTable } from './tables/table.ts';
import { type Check, mustAgree, serverFacts, verify } from './verify.ts';

const SERVER_ARGS = [
  '--innodb-buffer-pool-size=2G',
  '--innodb-log-file-size=512M',
  '--innodb-doublewrite=OFF',
];
const PROFILED = ['one-file', 'partitioned', 'dump'];

/** Fills tables, measures, compares what was written with the server, reports. Answers the exit code. */
async function bench(
  server: MariadbServer,
  folder: string,
  options: Options,
  signal: AbortSignal,
): Promise<number> {
  const table = studentModule(options.rows);
  const dump = join(folder, 'dump.sql.gz');
  const { subjects: peers, missing } = await findPeers(server, table, folder, options);
  const subjects = choose([...(await ours(server, table, folder, dump)), ...peers], options.only);

  note(`filling ${table.name} with ${table.rows} rows`);
  await table.fill(server);
  if (subjects.some(({ reference }) => reference === 'zcat'))
    await output(dumpCommand(server, table, dump), signal);
  // Also warms the server's cache, so that the first round is like the others.
  const textBytes = await tableBytes(server, table, signal);
  const results = await runRounds(subjects, options.rounds, ['raw-drain'], note, signal);
  const checks = [...(await verifyAll(server, table, subjects, signal))];
  const profiles: Profile[] = [];
  if (options.profile)
    for (const subject of subjects.filter(({ name }) => PROFILED.includes(name)))
      profiles.push(await profile(subject, folder, signal));
  const startup = options.startup ? await measureStartup(signal) : undefined;
  for (const { output: files } of subjects)
    if (files !== undefined) await rm(files, { recursive: true, force: true });

  const slope = options.slope
    ? await measureSlope(server, table, folder, options.only, note, signal)
    : undefined;
  checks.push(...(slope?.checks ?? []));
  const shapes = options.shapes
    ? await measureShapes(server, options.rows, options.rounds, folder, note, signal)
    : undefined;
  checks.push(...(shapes?.checks ?? []));
  const s3 = options.s3
    ? await measureS3(server, table, folder, options.rounds, note, signal)
    : { ways: [], checks: [], missing: [] };
  checks.push(...s3.checks);

  const [version] = (await output(client(server, '-e', 'SELECT VERSION()'), signal)).split('\n');
  const evidence = {
    results,
    shapes: shapes?.shapes ?? [],
    s3: s3.ways,
    ...(slope && { slope: slope.slope }),
    ...(startup && { startup }),
  };
  const verdicts = judge(await readLimits(), evidence);
  const limits = options.check ? verdicts : verdicts.filter(({ value }) => value !== undefined);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    environment: environment(version!),
    rows: options.rows,
    textBytes,
    rounds: options.rounds,
    missing: [...missing, ...s3.missing],
    ...evidence,
    profiles,
    checks,
    limits,
  };
  process.stdout.write(`\n${await writeReport(report, options.out)}`);
  return options.check && !passes(limits) ? 1 : 0;
}

async function findPeers(
  server: MariadbServer,
  table: BenchTable,
  folder: string,
  options: Options,
): Promise<{ subjects: readonly Subject[]; missing: readonly Missing[] }> {
  if (!options.peers) return { subjects: [], missing: [] };
  note('looking for the peers, and installing them where they are not in the cache');
  const found = await preparePeers(PEERS, server, table, folder);
  for (const { name, reason } of found.missing) note(`${name} is not to be had: ${reason}`);
  return found;
}

async function ours(
  server: MariadbServer,
  table: BenchTable,
  folder: string,
  dump: string,
): Promise<readonly Subject[]> {
  return [
    ...readers(server, table),
    await load('one-file', server, table, folder),
    await load('csv', server, table, folder),
    await load('partitioned', server, table, folder),
    ...dumpReaders(table, dump, folder),
  ];
}

/** @throws Error where one of our lakes does not hold what the server holds */
async function verifyAll(
  server: MariadbServer,
  table: BenchTable,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const facts = await serverFacts(server, table, signal);
  const checks: Check[] = [];
  for (const subject of subjects.filter(({ holds }) => holds !== undefined)) {
    const check = await verify(subject, table, facts, signal);
    if (subject.holds === 'lake') mustAgree(check);
    checks.push(check);
    note(`${subject.name}: ${check.differences.length} of ${check.facts} facts differ from the server`);
  }
  return checks;
}

async function readLimits(): Promise<readonly Limit[]> {
  return JSON.parse(await readFile(new URL('thresholds.json', import.meta.url), 'utf8')) as readonly Limit[];
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
  // The client of the server prints the whole statement before what is wrong with it.
  note((error as Error).message.slice(-2000));
  process.exitCode = (error as Error).message === 'interrupted' ? 130 : 1;
}
