import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { S3 } from '@aws-sdk/client-s3';

import { cli, type CliResult } from '../cli/cli.ts';
import { type AwsServer, startAws } from '../servers/aws.ts';
import { awsEnvironment } from '../servers/aws-environment.ts';
import type { DatabaseServer } from '../servers/server-process.ts';
import { type S3Server, startS3 } from '../servers/s3.ts';

/** The settings of the recording for the server of a test. */
export async function goldenSettings(server: DatabaseServer): Promise<string> {
  const recorded = await readFile(join(import.meta.dirname, 'settings.yaml'), 'utf8');
  return recorded
    .replaceAll('mysql_username: p', `mysql_username: ${server.user}`)
    .replaceAll('mysql_password: p', `mysql_password: ${server.password}`)
    .replaceAll('mysql_port: 3388', `mysql_port: ${server.port}`);
}

/** What the settings of the recording name: the bucket `lake`, the database and work group `panorama`, the keys. */
export interface GoldenSite {
  readonly aws: AwsServer;
  readonly s3: S3Server;
  /** A plain client with all rights. */
  readonly sdk: S3;
  /** The AWS_* variables for the program, without any keys. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the program with these settings. */
  run(...args: string[]): Promise<CliResult>;
  /** A folder with what the bucket holds now. */
  copyOfBucket(): Promise<string>;
  stop(): Promise<void>;
}

/** @param change of the text of the settings */
export async function startGoldenSite(
  folder: string,
  server: DatabaseServer,
  change: (settings: string) => string = (settings) => settings,
): Promise<GoldenSite> {
  const keys = { accessKey: 'AKIDEXAMPLE', secretKey: 'secret' };
  const [s3, aws] = await Promise.all([startS3(keys), startAws()]);
  await s3.makeBucket('lake');
  await aws.glue.createDatabase({ DatabaseInput: { Name: 'panorama' } });
  await aws.makeWorkgroup('panorama', 's3://lake-results/');
  const settings = join(folder, 'settings.yaml');
  await writeFile(settings, change(await goldenSettings(server)));
  const endpoints = { S3: s3.endpoint, GLUE: aws.endpoint, ATHENA: aws.endpoint };
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = awsEnvironment({
    ...keys,
    region: s3.region,
    endpoints,
  });
  const sdk = new S3({
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    credentials: { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
  });
  return {
    aws,
    s3,
    sdk,
    env,
    run: (...args) => cli(['--settings', settings, ...args], { cwd: folder, env }),
    async copyOfBucket() {
      const copy = join(folder, 'copy');
      const { Contents = [] } = await sdk.listObjectsV2({ Bucket: 'lake' });
      for (const { Key } of Contents) {
        const { Body } = await sdk.getObject({ Bucket: 'lake', Key });
        await mkdir(dirname(join(copy, Key!)), { recursive: true });
        await writeFile(join(copy, Key!), await Body!.transformToByteArray());
      }
      return copy;
    },
    async stop() {
      sdk.destroy();
      await Promise.all([s3.stop(), aws.stop()]);
    },
  };
}
