import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';

import type { S3StorageOptions } from '../../src/storage/s3/options.ts';
import { type S3Server, startS3 } from '../servers/s3.ts';
import { tempDir } from '../temp-dir.ts';

/** A private S3 server for the tests of one file, and what they ask it besides the storage. */
export interface Buckets {
  /** There from the first test on, as is {@link Buckets.sdk}. */
  readonly server: S3Server;
  /** A plain client with all rights. */
  readonly sdk: S3;
  /** Options of a storage over a new bucket. */
  fresh(more?: Partial<S3StorageOptions>): Promise<S3StorageOptions>;
  /** Options of a storage over the same bucket for one who has no more rights than these. */
  restricted(options: S3StorageOptions, rights: readonly string[]): Promise<S3StorageOptions>;
  /** The bytes of an object at a place such as `s3://bucket/name`. */
  objectAt(place: string): Promise<Uint8Array>;
  /** The names of the multipart uploads that are neither completed nor aborted. */
  pending(bucket: string): Promise<string[]>;
}

/** Starts the server before the tests of a file and stops it after them. */
export function s3Buckets(): Buckets {
  const spillFolder = tempDir();
  let server: S3Server;
  let sdk: S3;
  beforeAll(async () => {
    server = await startS3();
    const { region, endpoint, accessKey: accessKeyId, secretKey: secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    sdk = new S3({ region, endpoint, credentials, forcePathStyle: true });
  });
  afterAll(async () => {
    sdk.destroy();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    get sdk() {
      return sdk;
    },
    async fresh(more = {}) {
      const { region, endpoint, accessKey: accessKeyId, secretKey: secretAccessKey } = server;
      return {
        bucket: await server.makeBucket(),
        region,
        endpoint,
        pathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        spillFolder,
        patience: { firstWait: 5 },
        ...more,
      };
    },
    async restricted(options, rights) {
      const user = await server.makeUser(options.bucket, rights);
      return {
        ...options,
        credentials: { accessKeyId: user.accessKey, secretAccessKey: user.secretKey },
      };
    },
    async objectAt(place) {
      const [, bucket, name] = /^s3:\/\/([^/]+)\/(.*)$/.exec(place)!;
      const { Body } = await sdk.getObject({ Bucket: bucket!, Key: name! });
      return Body!.transformToByteArray();
    },
    async pending(bucket) {
      const { Uploads = [] } = await sdk.listMultipartUploads({ Bucket: bucket });
      return Uploads.map((upload) => upload.Key!);
    },
  };
}
