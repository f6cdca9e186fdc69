import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect } from 'vitest';

import { extractAndLoad } from '../../src/pipeline/run.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { cli, type CliResult } from '../cli/cli.ts';
import { type AwsSite, startAwsSite } from '../servers/aws-site.ts';
import { type MariadbServer, startMariadb } from '../servers/mariadb.ts';
import { type MongodbServer, startMongodb } from '../servers/mongodb.ts';
import { writeGoldenModulestore } from './modulestore.ts';

const HERE = import.meta.dirname;

/** The servers that a test has in place of those of the recording; without the second no course structures are read. */
export interface GoldenServers {
  readonly mariadb: MariadbServer;
  readonly mongodb?: MongodbServer;
}

/** Starts a server with the database of the recording. */
export async function startGoldenMariadb(): Promise<MariadbServer> {
  const server = await startMariadb();
  await server.exec(await readFile(join(HERE, 'input.sql')));
  return server;
}

/** Starts a server with the modulestore of the recording. */
export async function startGoldenMongodb(): Promise<MongodbServer> {
  const server = await startMongodb({ open: true });
  await writeGoldenModulestore(server.db());
  return server;
}

/** The settings of the recording for the servers of a test. */
export async function goldenSettings({ mariadb, mongodb }: GoldenServers): Promise<string> {
  const recorded = await readFile(join(HERE, 'settings.yaml'), 'utf8');
  return recorded
    .replaceAll('mysql_username: p', `mysql_username: ${mariadb.user}`)
    .replaceAll('mysql_password: p', `mysql_password: ${mariadb.password}`)
    .replaceAll('mysql_port: 3388', `mysql_port: ${mariadb.port}`)
    .replaceAll(/mongodb_host: localhost$/gm, (line) => (mongodb === undefined ? line : `${line}:${mongodb.port}`));
}

/** Loads a data source with the settings of the recording, a local folder in place of the bucket. Answers that folder. */
export async function loadGoldenLocally(
  folder: string,
  servers: GoldenServers,
  datasource: string,
): Promise<string> {
  const lake = join(folder, 'lake');
  const text = (await goldenSettings(servers))
    .replace('  type: aws\n', `  path: ${lake}\n  format: csv\n  layout: original\n`)
    .replace(/^ {2}(panorama_raw_data_bucket|aws_\w+|datalake_\w+): .*\n/gm, '');
  const file = join(folder, 'settings.yaml');
  await writeFile(file, text);
  const report = await extractAndLoad({ settings: await loadSettings({ file }), selection: { datasource } });
  expect(report.failures).toEqual([]);
  return lake;
}

/** What the settings of the recording name: the bucket `lake`, the database and work group `panorama`, the keys. */
export interface GoldenSite extends AwsSite {
  /** Runs the program with these settings; the keys are in them. */
  run(...args: string[]): Promise<CliResult>;
  /** A folder with what the bucket holds now. */
  copyOfBucket(): Promise<string>;
}

/** Writes the settings into the folder and starts what they name. */
export async function startGoldenSite(folder: string, servers: GoldenServers): Promise<GoldenSite> {
  const site = await startAwsSite({
    bucket: 'lake',
    database: 'panorama',
    workgroup: 'panorama',
    keys: { accessKey: 'AKIDEXAMPLE', secretKey: 'secret' },
  });
  const settings = join(folder, 'settings.yaml');
  await writeFile(settings, await goldenSettings(servers));
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = site.env;
  return {
    ...site,
    run: (...args) => cli(['--settings', settings, ...args], { cwd: folder, env }),
    async copyOfBucket() {
      const copy = join(folder, 'copy');
      for (const name of await site.objects()) {
        const { Body } = await site.sdk.getObject({ Bucket: 'lake', Key: name });
        await mkdir(dirname(join(copy, name)), { recursive: true });
        await writeFile(join(copy, name), await Body!.transformToByteArray());
      }
      return copy;
    },
  };
}
