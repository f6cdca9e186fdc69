import { mkdir } from 'node:fs/promises';

import { localStorage } from '../../src/storage/local.ts';
import { s3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { S3Server } from '../servers/s3.ts';

/** Where runs of the program load to, and this process looks. */
export interface LakePlace {
  readonly storage: Storage;
  /** What a run needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The datalake section of the settings, without the base prefix. */
  readonly datalake: string;
  stop(): Promise<void>;
}

/** A lake in a new local folder. */
export async function localPlace(path: string): Promise<LakePlace> {
  await mkdir(path);
  return { storage: localStorage(path), env: {}, datalake: `  path: ${path}`, stop: async () => {} };
}

/** A lake in a bucket of a server, without a catalog. Stopping it stops the server. */
export function s3Place(s3: S3Server, bucket: string, spillFolder: string): LakePlace {
  const { endpoint, region, env, accessKey: accessKeyId, secretKey: secretAccessKey } = s3;
  const credentials = { accessKeyId, secretAccessKey };
  return {
    storage: s3Storage({ bucket, region, endpoint, pathStyle: true, credentials, spillFolder }),
    env,
    datalake: `  type: aws\n  panorama_raw_data_bucket: ${bucket}\n  aws_region: ${region}\n  format: parquet\n  layout: hive`,
    stop: () => s3.stop(),
  };
}
