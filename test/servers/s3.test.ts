import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { s3Available, type S3Server, startS3 } from './s3.ts';

/** What the other tests build on: the S3 server does what S3 documents. */
describe.skipIf(!s3Available())('the S3 server of the tests', () => {
  let server: S3Server;
  let client: S3Client;
  let Bucket: string;

  beforeAll(async () => {
    server = await startS3();
    client = server.client({ maxAttempts: 1 });
    Bucket = await server.makeBucket();
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  const put = (Key: string, Body: string, condition = {}): Promise<string> =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...condition })).then((done) => done.ETag!);
  const read = async (Key: string): Promise<string> =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
  const begin = async (Key: string, Body: string) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
    return { Bucket, Key, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
  };
  const upload = async (Key: string, Body: string, condition = {}): Promise<string> =>
    (await client.send(new CompleteMultipartUploadCommand({ ...(await begin(Key, Body)), ...condition })))
      .ETag!;
  const failure = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'done',
      (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
        `${error.name} ${error.$metadata?.httpStatusCode}`,
    );

  for (const [name, write] of [
    ['PutObject', put],
    ['CompleteMultipartUpload', upload],
  ] as const) {
    test(`${name} writes under a condition`, async () => {
      const first = await write(name, 'one', { IfNoneMatch: '*' });
      expect(await failure(write(name, 'two', { IfNoneMatch: '*' }))).toBe('PreconditionFailed 412');
      await write(name, 'three', { IfMatch: first });
      expect(await failure(write(name, 'four', { IfMatch: first }))).toBe('PreconditionFailed 412');
      expect(await failure(write(`${name}-absent`, 'x', { IfMatch: first }))).toBe('NoSuchKey 404');
      expect(await read(name)).toBe('three');
    });

    test(`of many that race with ${name} one wins`, async () => {
      const key = `race-${name}`;
      const all = (condition: object): Promise<PromiseSettledResult<string>[]> =>
        Promise.allSettled(
          Array.from({ length: 12 }, (_, i) => write(key, `${JSON.stringify(condition)} ${i}`, condition)),
        );
      const made = (await all({ IfNoneMatch: '*' })).filter((one) => one.status === 'fulfilled');
      expect(made).toHaveLength(1);
      const replaced = (await all({ IfMatch: made[0]!.value })).filter((one) => one.status === 'fulfilled');
      expect(replaced).toHaveLength(1);
    });
  }

  test('lists and aborts pending uploads', async () => {
    const key = 'pending/k=ü %2F/x';
    const { UploadId } = await begin(key, 'x');
    const pending = async () =>
      (await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'pending/' }))).Uploads ?? [];
    expect(await pending()).toMatchObject([{ Key: key, UploadId }]);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId }));
    expect(await pending()).toEqual([]);
  });

  test('lists keys in the order of their bytes', async () => {
    const keys = ['order/k=/f', "order/k='é*()/f", 'order/k=%2F b/f', 'order/k=~/f', 'order/k=😀/f'];
    for (const key of keys) await put(key, key);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'order/' }));
    const bytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(Contents?.map((object) => object.Key)).toEqual(bytes);
  });

  test('refuses wrong keys, the wrong region and what a user may not do', async () => {
    const reader = await server.makeUser(Bucket, ['s3:GetObject', 's3:ListBucket']);
    await put('readable', 'text');
    const asUser = async (accessKeyId: string, secretAccessKey: string, config = {}): Promise<string[]> => {
      const other = server.client({
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: 1,
        ...config,
      });
      const commands = [
        other.send(new PutObjectCommand({ Bucket, Key: 'written', Body: 'x' })),
        other.send(new GetObjectCommand({ Bucket, Key: 'readable' })),
      ];
      const results = await Promise.all(commands.map(failure));
      other.destroy();
      return results;
    };
    expect(await asUser(reader.accessKey, reader.secretKey)).toEqual(['AccessDenied 403', 'done']);
    expect(await asUser(reader.accessKey, 'wrong')).toEqual(Array(2).fill('SignatureDoesNotMatch 403'));
    expect(await asUser('NOBODY', 'wrong')).toEqual(Array(2).fill('InvalidAccessKeyId 403'));
    expect(await asUser(server.accessKey, server.secretKey, { region: 'eu-west-3' })).toEqual(
      Array(2).fill('AuthorizationHeaderMalformed 400'),
    );
  });
});
