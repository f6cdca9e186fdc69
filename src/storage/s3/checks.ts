import { type Check, check } from '../../check.ts';
import { PanoramaError } from '../../errors.ts';
import { CHECK_CONTENT, checkName, ensureObject, writeOnCondition } from '../checks.ts';
import type { Storage } from '../storage.ts';
import { connectS3, type S3Connection } from './client.ts';
import type { S3StorageOptions } from './options.ts';
import { storageOver } from './s3-storage.ts';
import { pendingUploads } from './staged-object.ts';
import { Uploads } from './uploads.ts';

/**
 * What a run needs of a bucket, one thing after the other; each can be asked by itself. They write objects of random
 * names below `_panorama/` and remove them; the last one is to be run even if others fail.
 */
export function s3Checks(options: S3StorageOptions): readonly Check[] {
  const connection = connectS3({ ...options, patience: { attempts: 2, ...options.patience } });
  const uploads = new Uploads(connection, { memory: 1 << 20, spillFolder: options.spillFolder });
  const storage = storageOver(connection, uploads);
  const name = checkName();
  return [
    check(`find the bucket ${options.bucket}`, () => findBucket(connection, options.region), [
      's3:ListBucket',
    ]),
    check('list objects', () => storage.list('_panorama/check-'), ['s3:ListBucket']),
    check('write an object', () => ensureObject(storage, name), ['s3:PutObject']),
    check('read an object', () => storage.read(name), ['s3:GetObject']),
    check('conditional write', () => writeOnCondition(storage, name), ['s3:PutObject', 's3:GetObject']),
    check('upload in parts', () => uploadInParts(connection, storage, name), [
      's3:PutObject',
      's3:ListBucketMultipartUploads',
      's3:AbortMultipartUpload',
    ]),
    check('remove an object', () => storage.remove(name), ['s3:DeleteObject']),
  ];
}

async function findBucket(connection: S3Connection, region: string | undefined): Promise<void> {
  const s3 = await connection.client();
  const { bucket: Bucket } = connection;
  const { BucketRegion } = await s3.headBucket({ Bucket }).catch(async (error: unknown) => {
    // The answer to HEAD has no reason in it; the one to the same question by GET has.
    const reason = await s3.listObjectsV2({ Bucket, MaxKeys: 1 }).then(
      () => error,
      (clearer: unknown) => clearer,
    );
    throw connection.failure('read', undefined, reason);
  });
  if (region === undefined || BucketRegion === undefined || BucketRegion === region) return;
  throw new PanoramaError(
    'lake-unreachable',
    `The bucket ${Bucket} is in ${BucketRegion}, not in ${region}.`,
    { hint: `Set region: ${BucketRegion} in the datalake section of the settings.` },
  );
}

async function uploadInParts(connection: S3Connection, storage: Storage, name: string): Promise<void> {
  const writer = await storage.stage(name);
  try {
    await writer.write(CHECK_CONTENT);
    await writer.finish();
    for await (const { name: pending } of pendingUploads(connection, name)) if (pending === name) return;
    throw new PanoramaError('lake-unwritable', `${storage.root} does not list an upload that has begun.`);
  } finally {
    await writer.abort();
  }
}
