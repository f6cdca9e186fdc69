import { describe, expect, it } from 'vitest';

import { s3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Staged, Storage } from '../../src/storage/storage.ts';
import { sideBySide } from '../../src/side-by-side.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';
import { faultyS3, operationOf } from './s3-faults.ts';

describe.skipIf(!s3Available())('requests to S3', () => {
  const buckets = s3Buckets();
  const open = faultyS3(buckets);

  async function stage(storage: Storage, name: string): Promise<Staged> {
    const writer = await storage.stage(name);
    await writer.write(Buffer.from('x'));
    return writer.finish();
  }

  it('are three for a small object, and none before it has bytes', async () => {
    const { storage, asked } = await open();
    const writer = await storage.stage('a');
    expect(asked()).toEqual([]);
    await writer.write(Buffer.from('x'));
    await storage.commit(await writer.finish());
    expect(asked()).toEqual(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']);
  });

  it('ask for the encryption of every object', async () => {
    const { storage, proxy } = await open({ encryption: { kind: 'aws:kms', kmsKeyId: 'key' } });
    await storage.commit(await stage(storage, 'a'));
    await storage.putIf('b', Buffer.from('x'), undefined);
    const begun = proxy.calls.filter((call) =>
      ['CreateMultipartUpload', 'PutObject'].includes(operationOf(call)),
    );
    expect(begun).toHaveLength(2);
    for (const { headers } of begun) {
      expect(headers['x-amz-server-side-encryption']).toBe('aws:kms');
      expect(headers['x-amz-server-side-encryption-aws-kms-key-id']).toBe('key');
    }
  });

  it('commit in one process what another has staged', async () => {
    const { storage, options } = await open();
    const staged = await stage(storage, 'object');
    const next = s3Storage(options);
    const copy = JSON.parse(JSON.stringify(staged)) as Staged;
    await next.sweepStaged(new Set([copy.handle]), () => true);
    await next.commit(copy);
    await storage.commit(staged);
    expect((await next.read('object'))!.bytes.toString()).toBe('x');
  });

  it('list and sweep page by page', async () => {
    const { storage, options, proxy, asked } = await open();
    const names = Array.from({ length: 1001 }, (_, i) => `t/${i}`);
    await sideBySide(names, 32, async (Key) => {
      await buckets.sdk.putObject({ Bucket: options.bucket, Key, Body: 'x' });
      await buckets.sdk.createMultipartUpload({ Bucket: options.bucket, Key });
    });
    const kept = await stage(storage, 't/zz');
    expect((await storage.list('t/')).sort()).toEqual([...names].sort());
    expect(asked().filter((operation) => operation === 'ListObjectsV2')).toHaveLength(2);
    await storage.sweepStaged(new Set([kept.handle]), () => true);
    expect(await buckets.pending(options.bucket)).toEqual(['t/zz']);
    const pages = proxy.calls.filter((call) => operationOf(call) === 'ListMultipartUploads');
    const markers = pages.map(({ path }) => {
      const query = new URL(path, 'http://x').searchParams;
      return [query.has('key-marker'), query.has('upload-id-marker')];
    });
    // The server of the tests refuses its own marker of an upload.
    expect(markers).toEqual([
      [false, false],
      [true, true],
      [true, false],
    ]);
  });
});
