import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { cli, type CliResult } from '../cli/cli.ts';
import { type AwsSite, startAwsSite } from '../servers/aws-site.ts';
import type { MongodbServer } from '../servers/mongodb.ts';
import type { DatabaseServer } from '../servers/server-process.ts';

/** The settings of the recording for the servers of a test. */
export async function goldenSettings(
  server: DatabaseServer,
  mongodb?: Pick<MongodbServer, 'port'>,
): Promise<string> {
  const recorded = await readFile(join(import.meta.dirname, 'settings.yaml'), 'utf8');
  return recorded
    .replaceAll('mysql_username: p', `mysql_username: ${server.user}`)
    .replaceAll('mysql_password: p', `mysql_password: ${server.password}`)
    .replaceAll('mysql_port: 3388', `mysql_port: ${server.port}`)
    .replaceAll(/mongodb_host: localhost$/gm, (line) => (mongodb === undefined ? line : `${line}:${mongodb.port}`));
}

/** What the settings of the recording name: the bucket `lake`, the database and work group `panorama`, the keys. */
export interface GoldenSite extends AwsSite {
  /** Runs the program with these settings; the keys are in them. */
  run(...args: string[]): Promise<CliResult>;
  /** A folder with what the bucket holds now. */
  copyOfBucket(): Promise<string>;
}

/** Writes the settings into the folder and starts what they name. */
export async function startGoldenSite(
  folder: string,
  server: DatabaseServer,
  mongodb?: Pick<MongodbServer, 'port'>,
): Promise<GoldenSite> {
  const site = await startAwsSite({
    bucket: 'lake',
    database: 'panorama',
    workgroup: 'panorama',
    keys: { accessKey: 'AKIDEXAMPLE', secretKey: 'secret' },
  });
  const settings = join(folder, 'settings.yaml');
  await writeFile(settings, await goldenSettings(server, mongodb));
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
