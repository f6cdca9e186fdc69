import { randomUUID } from 'node:crypto';

import { asPanoramaError, PanoramaError } from '../../errors.ts';
import type { Storage } from '../storage.ts';
import { connectS3, type S3Connection } from './client.ts';
import type { S3StorageOptions } from './options.ts';
import { storageOver } from './s3-storage.ts';
import { pendingUploads } from './staged-object.ts';
import { Uploads } from './uploads.ts';

/** Something that a run needs of the bucket. */
export interface S3Check {
  /** What is tried, for people; the rights of AWS that it takes. */
  readonly what: string;
  readonly rights: readonly string[];
  /** Answers what is wrong, or undefined. */
  run(): Promise<PanoramaError | undefined>;
}

const CONTENT = Buffer.from('Written by panorama test-connections; it may be removed.\n');

/**
 * What a run needs of a bucket, one thing after the other; each can be asked by itself. They write objects of random
 * names below `_panorama/` and remove them; the last one is to be run even if others fail.
 */
export function s3Checks(options: S3StorageOptions): readonly S3Check[] {
  const connection = connectS3({ ...options, patience: { attempts: 2, ...options.patience } });
  const uploads = new Uploads(connection, { memory: 1 << 20, spillFolder: options.spillFolder });
  const storage = storageOver(connection, uploads);
  const name = `_panorama/check-${randomUUID()}`;
  return [
    check('bucket', ['s3:ListBucket'], () => findBucket(connection, options.region)),
    check('list objects', ['s3:ListBucket'], async () => void (await storage.list('_panorama/check-'))),
    check('write an object', ['s3:PutObject'], () => ensureObject(storage, name)),
    check('read an object', ['s3:GetObject'], async () => void (await storage.read(name))),
    check('conditional write', ['s3:PutObject', 's3:GetObject'], () => writeOnCondition(storage, name)),
    check(
      'upload in parts',
      ['s3:PutObject', 's3:ListBucketMultipartUploads', 's3:AbortMultipartUpload'],
      () => uploadInParts(connection, storage, name),
    ),
    check('remove an object', ['s3:DeleteObject'], () => storage.remove(name)),
  ];
}

function check(what: string, rights: readonly string[], act: () => Promise<void>): S3Check {
  return {
    what,
    rights,
    async run() {
      try {
        await act();
        return undefined;
      } catch (error) {
        return asPanoramaError(error);
      }
    },
  };
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

async function ensureObject(storage: Storage, name: string): Promise<void> {
  if (
    (await storage.putIf(name, CONTENT, undefined)) === undefined &&
    (await storage.read(name)) === undefined
  )
    throw new PanoramaError('lake-unwritable', `${storage.locate(name)} was written and is not there.`);
}

/** The two conditions that the state of a table and the lock of a lake rest on. */
async function writeOnCondition(storage: Storage, name: string): Promise<void> {
  await ensureObject(storage, name);
  if ((await storage.putIf(name, CONTENT, undefined)) !== undefined)
    throw notHonoured(storage, 'If-None-Match');
  const other = '"00000000000000000000000000000000"';
  if ((await storage.putIf(name, CONTENT, other)) !== undefined) throw notHonoured(storage, 'If-Match');
}

function notHonoured(storage: Storage, condition: string): PanoramaError {
  return new PanoramaError(
    'lake-unwritable',
    `The store of ${storage.root} does not honour the condition ${condition} of a write.`,
    {
      hint: 'Runs at the same time would not notice each other and could undo what the other published. See to it that only one runs, or use a store that has conditional writes.',
    },
  );
}

async function uploadInParts(connection: S3Connection, storage: Storage, name: string): Promise<void> {
  const writer = await storage.stage(name);
  try {
    await writer.write(CONTENT);
    await writer.finish();
    for await (const { name: pending } of pendingUploads(connection, name)) if (pending === name) return;
    throw new PanoramaError('lake-unwritable', `${storage.root} does not list an upload that has begun.`);
  } finally {
    await writer.abort();
  }
}
