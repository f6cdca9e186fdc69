import { randomUUID } from 'node:crypto';

import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';

import { PanoramaError } from '../../errors.ts';
import type { Storage } from '../storage.ts';
import { connectS3, repeatedly, type S3Connection } from './client.ts';
import { isConditionFailed, isMissing, storeCode } from './errors.ts';
import type { S3StorageOptions } from './options.ts';
import { abortStaged, completeUpload, headObject, STAGED, sweepUploads } from './staged-object.ts';
import { Uploads } from './uploads.ts';

const MEMORY = 64 << 20;

/** The longest name of an object in S3, in bytes. */
const NAME = 1024;

/**
 * A bucket of S3 or of a store that speaks its protocol and honours `If-Match` and `If-None-Match`. What is staged is
 * a multipart upload, which outlives this process and is seen by nobody before it is completed. The SDK is loaded and
 * the first request made when it is needed.
 */
export function s3Storage(options: S3StorageOptions): Storage {
  const connection = connectS3(options);
  const { memory = MEMORY, spillFolder, signal } = options;
  const uploads = new Uploads(connection, { memory, spillFolder, signal });
  return storageOver(connection, uploads);
}

/** {@link s3Storage} over a connection and uploads of one's own. */
export function storageOver(connection: S3Connection, uploads: Uploads): Storage {
  const { bucket } = connection;
  return {
    root: `s3://${bucket}`,
    locate: (name) => connection.address(name),

    async stage(name) {
      checkName(connection, name);
      return uploads.open(name);
    },

    commit: (staged) => completeUpload(connection, staged),
    abort: (staged) => abortStaged(connection, staged),
    sweepStaged: (keep, isOurs, still) => sweepUploads(connection, keep, isOurs, still),
    read: (name) => readObject(connection, name),
    putIf: (name, bytes, token) => putObjectIf(connection, name, bytes, token),

    async list(prefix) {
      const s3 = await connection.client();
      const names: string[] = [];
      for (let from: { ContinuationToken?: string } | undefined = {}; from !== undefined;) {
        const page: ListObjectsV2CommandOutput = await s3
          .listObjectsV2({ Bucket: bucket, Prefix: prefix, ...from })
          .catch((error: unknown) => {
            throw connection.failure('list', prefix, error);
          });
        for (const { Key } of page.Contents ?? []) {
          // Consoles make folders as empty objects of such names.
          if (!Key!.endsWith('/')) names.push(Key!);
        }
        from = page.IsTruncated ? { ContinuationToken: page.NextContinuationToken! } : undefined;
      }
      return names;
    },

    async remove(name, version) {
      const s3 = await connection.client();
      const condition = version !== undefined && { IfMatch: version };
      try {
        await s3.deleteObject({ Bucket: bucket, Key: name, ...condition });
      } catch (error) {
        // A store that does not know the condition; most ignore it.
        if (condition && ['NotImplemented', '501'].includes(storeCode(error))) return this.remove(name);
        if (!isMissing(error) && !isConditionFailed(error)) throw connection.failure('remove', name, error);
      }
    },

    version: async (name) => (await headObject(connection, name))?.etag,
  };
}

async function readObject(
  connection: S3Connection,
  name: string,
): Promise<{ bytes: Buffer; token: string } | undefined> {
  const s3 = await connection.client();
  let cut = false;
  try {
    return await repeatedly(
      connection.patience,
      async () => {
        cut = false;
        const { Body, ETag } = await s3.getObject({ Bucket: connection.bucket, Key: name });
        cut = true;
        return { bytes: Buffer.from(await Body!.transformToByteArray()), token: ETag! };
      },
      // The SDK repeats until an answer begins, not when it breaks off.
      () => cut,
    );
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw connection.failure('read', name, error);
  }
}

async function putObjectIf(
  connection: S3Connection,
  name: string,
  bytes: Uint8Array,
  token: string | undefined,
): Promise<string | undefined> {
  checkName(connection, name);
  const s3 = await connection.client();
  const id = randomUUID();
  try {
    const { ETag } = await s3.putObject({
      Bucket: connection.bucket,
      Key: name,
      Body: bytes,
      Metadata: { [STAGED]: id },
      ...(token === undefined ? { IfNoneMatch: '*' } : { IfMatch: token }),
      ...connection.checksum,
      ...connection.encryption,
    });
    return ETag!;
  } catch (error) {
    if (!isConditionFailed(error) && !isMissing(error)) throw connection.failure('write', name, error);
    // The object in the way may be ours: of a request whose answer was lost.
    const there = await headObject(connection, name);
    return there?.id === id ? there.etag : undefined;
  }
}

function checkName(connection: S3Connection, name: string): void {
  if (Buffer.byteLength(name) <= NAME) return;
  throw new PanoramaError(
    'partition-too-long',
    `Cannot write ${connection.address(name)}: the name has more than ${NAME} bytes.`,
    { hint: 'Partition the table by other columns, or shorten base_prefix.' },
  );
}
