import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { athenaEngine } from '../engines/athena/athena-engine.ts';
import { athenaChecks } from '../engines/athena/checks.ts';
import { tablePath } from '../lake/hive-layout.ts';
import type { AwsDatalake } from '../settings/settings.ts';
import { s3Checks } from '../storage/s3/checks.ts';
import type { S3Credentials } from '../storage/s3/options.ts';
import { s3Storage } from '../storage/s3/s3-storage.ts';
import type { LakePlace } from './lake.ts';

/** A lake in S3, with Glue and Athena where the settings name a database and a workgroup. */
export function openAwsLake(settings: AwsDatalake, signal?: AbortSignal): LakePlace {
  const { bucket, region, database, workgroup, profile, endpoint, pathStyle, encryption } = settings;
  const spillFolder = join(tmpdir(), `panorama-${randomUUID()}`);
  const credentials = credentialsOf(settings);
  const access = {
    region,
    ...(credentials === undefined ? {} : { credentials }),
    ...(profile === undefined ? {} : { profile }),
    ...(signal === undefined ? {} : { signal }),
  };
  const places = {
    ...access,
    bucket,
    pathStyle,
    spillFolder,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(encryption === undefined ? {} : { encryption }),
  };
  const storage = s3Storage(places);
  const athena =
    database === undefined || workgroup === undefined
      ? undefined
      : { ...access, database, workgroup, locate: (name: string) => storage.locate(name), tablePath };
  const catalog = athena === undefined ? undefined : athenaEngine(athena);
  return {
    storage,
    spillFolder,
    ...(catalog === undefined ? {} : { catalog }),
    checks: () => [...s3Checks(places), ...(athena === undefined ? [] : athenaChecks(athena))],
    notices: noticesOf(settings),
    async close() {
      await catalog?.close();
      await rm(spillFolder, { recursive: true, force: true });
    },
  };
}

/** The key pair of the settings; undefined where the usual chain is asked. */
function credentialsOf(settings: AwsDatalake): S3Credentials | undefined {
  const { accessKey, secretAccessKey, sessionToken } = settings;
  if (accessKey === undefined || secretAccessKey === undefined) return undefined;
  return {
    accessKeyId: accessKey.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  };
}

function noticesOf({ accessKey, database, workgroup }: AwsDatalake): string[] {
  const notices: string[] = [];
  if (accessKey !== undefined) {
    notices.push(
      'the settings file holds a key of AWS; a role, a profile or the environment keeps it out of files (docs/how-to/s3-and-athena.md)',
    );
  }
  if (database === undefined || workgroup === undefined) {
    const missing = database === undefined ? 'datalake_database' : 'datalake_workgroup';
    notices.push(`${missing} is not set: files are written, and no table is registered in Athena`);
  }
  return notices;
}
