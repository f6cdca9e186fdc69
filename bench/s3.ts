import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

import type { S3Client } from '@aws-sdk/client-s3';

import { quietly } from '../src/aws-sdk.ts';
import type { MariadbServer } from '../test/servers/mariadb.ts';
import { provisionS3 } from '../test/servers/s3-build.ts';
import { type S3Server, startS3 } from '../test/servers/s3.ts';
import { dataFiles, download, emptyBucket, objectDifferences, STATE } from './bucket.ts';
import { type Command, output } from './measure.ts';
import type { Missing } from './peers/peer.ts';
import { runRounds } from './rounds.ts';
import { slowWire, type WireOptions } from './slow-wire.ts';
import { type Bucket, load, loadIntoS3, LOADS, sendCommand, type Subject } from './subjects.ts';
import type { Result } from './summary.ts';
import type { BenchTable } from './tables/table.ts';
import { type Check, mustAgree, serverFacts, type ServerFacts, verify } from './verify.ts';

/** What is loaded, and the wire to the store. */
interface Kind {
  readonly name: string;
  readonly title: string;
  readonly load: keyof typeof LOADS;
  /** Without it, requests take what the machine takes. */
  readonly wire?: WireOptions;
}

const KINDS: readonly Kind[] = [
  { name: 'parquet', title: 'One Parquet file', load: 'one-file' },
  { name: 'csv', title: 'One CSV file', load: 'csv' },
  { name: 'partitioned', title: 'Parquet files by course', load: 'partitioned' },
  {
    name: 'narrow',
    title: 'One Parquet file, 10 MB/s a connection',
    load: 'one-file',
    wire: { upBytesPerSecond: 10e6 },
  },
  { name: 'far', title: 'Parquet files by course, 10 ms each way', load: 'partitioned', wire: { delay: 10 } },
];

/** The results of one way into S3: `local`, `upload`, `writer` where there is one file, and `load`. */
export interface S3Way {
  readonly name: string;
  readonly title: string;
  readonly files: number;
  /** Bytes of all files. */
  readonly fileBytes: number;
  readonly results: readonly Result[];
}

/** What all ways have in common. */
interface Setting {
  readonly server: MariadbServer;
  readonly table: BenchTable;
  readonly facts: ServerFacts;
  readonly folder: string;
  readonly store: S3Server;
  readonly s3: S3Client;
  readonly rounds: number;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Loads the table into S3, beside the same load into a folder, a plain upload of the files that it makes, and our
 * storage alone with these files. The store is a program on this machine with its own data.
 * @returns what is missing where the store cannot be had here
 * @throws Error where a bucket does not hold what it should
 */
export async function measureS3(
  server: MariadbServer,
  table: BenchTable,
  folder: string,
  rounds: number,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<{ ways: readonly S3Way[]; checks: readonly Check[]; missing: readonly Missing[] }> {
  try {
    await provisionS3();
  } catch (error) {
    return { ways: [], checks: [], missing: [{ name: 'S3', reason: (error as Error).message.trim() }] };
  }
  const facts = await serverFacts(server, table, signal);
  const store = await quietly(startS3);
  const s3 = store.client();
  const ways: S3Way[] = [];
  const checks: Check[] = [];
  try {
    for (const kind of KINDS) {
      note(`into S3: ${kind.title}`);
      const setting = { server, table, facts, folder, store, s3, rounds, note, signal };
      const measured = await measureWay(kind, setting);
      ways.push(measured.way);
      checks.push(...measured.checks);
    }
    return { ways, checks, missing: [] };
  } finally {
    s3.destroy();
    await store.stop();
  }
}

/** One way, and whether what it left in buckets and folders is right. */
async function measureWay(kind: Kind, setting: Setting): Promise<{ way: S3Way; checks: readonly Check[] }> {
  const { server, table, facts, store, s3, rounds, note, signal } = setting;
  const folder = join(setting.folder, `s3-${kind.name}`);
  await mkdir(folder);
  const local: Subject = {
    ...(await load(kind.load, server, table, folder)),
    name: 'local',
    title: 'load into a folder',
    reference: 'local',
  };
  const files = join(folder, 'files');
  await output(local.command, signal);
  await cp(local.output!, files, { recursive: true, filter: (path) => !path.split(sep).includes(STATE) });
  const wire =
    kind.wire === undefined ? undefined : await slowWire(Number(new URL(store.endpoint).port), kind.wire);
  try {
    const endpoint = wire === undefined ? store.endpoint : `http://127.0.0.1:${wire.port}`;
    const found = await dataFiles(files);
    const senders = await sendersOf(kind, setting, folder, files, found.length === 1, endpoint);
    const subjects = [local, ...senders.map(({ subject }) => subject)];
    const results = await runRounds(subjects, rounds, [], note, signal);
    const checks = [await verify({ ...local, name: `S3, ${kind.name}: local` }, table, facts, signal)];
    for (const { subject, bucket } of senders) {
      const name = `S3, ${kind.name}: ${subject.name}`;
      if (subject.holds === 'lake') {
        const lake = join(folder, 'downloaded');
        await download(s3, bucket, lake);
        checks.push(await verify({ ...subject, name, output: lake }, table, facts, signal));
      } else {
        const differences = await objectDifferences(s3, bucket, files);
        checks.push({ subject: name, table: table.name, rows: table.rows, facts: found.length, differences });
      }
      await emptyBucket(s3, bucket);
    }
    checks.forEach(mustAgree);
    const { name, title } = kind;
    return { way: { name, title, files: found.length, fileBytes: await bytesOf(files), results }, checks };
  } finally {
    wire?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What puts the table, or the files made of it, into a bucket; each into one of its own. */
async function sendersOf(
  kind: Kind,
  { server, table, store, s3 }: Setting,
  folder: string,
  files: string,
  single: boolean,
  endpoint: string,
): Promise<readonly { subject: Subject; bucket: string }[]> {
  const sender = async (
    subject: Omit<Subject, 'command'>,
    command: (bucket: Bucket) => Command | Promise<Command>,
  ): Promise<{ subject: Subject; bucket: string }> => {
    const name = await store.makeBucket(`${kind.name}-${subject.name}`);
    const made = await command({ endpoint, name, env: store.env });
    return { subject: { ...subject, before: () => emptyBucket(s3, name), command: made }, bucket: name };
  };
  return [
    await sender(
      { name: 'upload', title: "plain upload, the SDK's `Upload`", reference: 'upload' },
      (bucket) => sendCommand('s3-upload.mjs', files, bucket),
    ),
    ...(single
      ? [
          await sender({ name: 'writer', title: 'our storage alone', reference: 'upload' }, (bucket) =>
            sendCommand('s3-writer.mjs', files, bucket),
          ),
        ]
      : []),
    await sender(
      { name: 'load', title: 'load into S3', reference: 'local', against: ['upload'], holds: 'lake' },
      (bucket) => loadIntoS3(kind.load, server, table, folder, bucket),
    ),
  ];
}

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const path of await dataFiles(folder)) bytes += (await stat(join(folder, path))).size;
  return bytes;
}
