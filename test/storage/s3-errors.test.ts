import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { PanoramaError } from '../../src/errors.ts';
import { storeError } from '../../src/storage/s3/errors.ts';
import type { S3StorageOptions } from '../../src/storage/s3/options.ts';
import { s3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';

const place = {
  bucket: 'lake',
  region: 'eu-west-1',
  name: 't/t.csv',
  credentials: { accessKeyId: 'AKIAKEY', secretAccessKey: 's3cr3t', sessionToken: 't0k3n' },
};

/** An error as the SDK throws it for an answer with a body. */
function answer(status: number, code: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), {
    name: code,
    Code: code,
    $metadata: { httpStatusCode: status, requestId: 'R1' },
    $response: { headers: {} },
    ...more,
  });
}

const network = (code: string, message = code): Error => Object.assign(new Error(message), { code });

describe('errors of S3', () => {
  it.each([
    [
      'AccessDenied',
      answer(403, 'AccessDenied', 'Access Denied'),
      'lake-access-denied',
      /: AccessDenied: Access Denied\.$/,
    ],
    [
      'a bare 403',
      answer(403, 'Unknown', 'UnknownError', { Code: undefined }),
      'lake-access-denied',
      /the store answers 403\.$/,
    ],
    [
      'ExpiredToken',
      answer(400, 'ExpiredToken', 'The provided token has expired.'),
      'lake-access-denied',
      /has expired\.$/,
    ],
    [
      'InvalidAccessKeyId',
      answer(403, 'InvalidAccessKeyId', 'No such key.'),
      'lake-access-denied',
      /No such key\.$/,
    ],
    [
      'RequestTimeTooSkewed',
      answer(403, 'RequestTimeTooSkewed', 'Too large.'),
      'lake-access-denied',
      /Too large\.$/,
    ],
    ['NoSuchBucket', answer(404, 'NoSuchBucket', 'x'), 'lake-unwritable', /the bucket does not exist\.$/],
    [
      'a redirect',
      answer(301, 'PermanentRedirect', 'x', {
        $response: { headers: { 'x-amz-bucket-region': 'us-west-2' } },
      }),
      'lake-unreachable',
      /the bucket is in us-west-2, not in eu-west-1\.$/,
    ],
    [
      'a bare redirect',
      answer(301, '301', '', { Code: undefined }),
      'lake-unreachable',
      /the bucket is in another region, not in eu-west-1\.$/,
    ],
    [
      'a region in the answer',
      answer(400, 'AuthorizationHeaderMalformed', 'x', { Region: 'us-west-2' }),
      'lake-unreachable',
      /in us-west-2/,
    ],
    [
      'SlowDown',
      answer(503, 'SlowDown', 'Please reduce your request rate.'),
      'lake-unreachable',
      /SlowDown: Please reduce your request rate\.$/,
    ],
    [
      'a page of a proxy',
      answer(502, 'Unknown', 'UnknownError', { Code: undefined }),
      'lake-unreachable',
      /the store answers 502\.$/,
    ],
    ['QuotaExceeded', answer(403, 'QuotaExceeded', 'Full.'), 'lake-full', /Full\.$/],
    ['KeyTooLongError', answer(400, 'KeyTooLongError', 'Too long.'), 'partition-too-long', /Too long\.$/],
    [
      'another code',
      answer(400, 'InvalidArgument', 'So\n  not.'),
      'lake-unwritable',
      /InvalidArgument: So not\.$/,
    ],
    [
      'a refused connection',
      network('ECONNREFUSED', ''),
      'lake-unreachable',
      /the connection was refused\.$/,
    ],
    ['an unknown host', network('ENOTFOUND'), 'lake-unreachable', /the name of the host is not known\.$/],
    ['a certificate', network('SELF_SIGNED_CERT_IN_CHAIN'), 'lake-unreachable', /unknown authority\.$/],
    [
      'TLS on a plain port',
      network('ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number'),
      'lake-unreachable',
      /wrong version number\.$/,
    ],
    ['a timeout', Object.assign(new Error('idle'), { name: 'TimeoutError' }), 'lake-unreachable', /idle/],
    [
      'no credentials',
      Object.assign(new Error('none'), { name: 'CredentialsProviderError' }),
      'lake-access-denied',
      /no credentials were found \(none\)\.$/,
    ],
    ['no region', new Error('Region is missing'), 'lake-unreachable', /Region is missing\.$/],
    ['a fault', new TypeError('x is undefined'), 'lake-unwritable', /x is undefined\.$/],
  ])('%s', (_, error, code, message) => {
    const ours = storeError('write', place, error);
    expect(ours.code).toBe(code);
    expect(ours.message).toMatch(message);
    expect(ours.message).toMatch(/^Cannot write s3:\/\/lake\/t\/t\.csv: /);
  });

  it('never show credentials, nor what was sent or answered', () => {
    const error = answer(403, 'SignatureDoesNotMatch', 'Key AKIAKEY, secret s3cr3t, token t0k3n.', {
      AWSAccessKeyId: 'AKIAKEY',
      StringToSign: 'signed text',
      'Token-0': 't0k3n',
      $response: { headers: { authorization: 'AKIAKEY' }, body: 's3cr3t' },
    });
    const shown = inspect(storeError('write', place, error), { depth: 10 });
    expect(shown).toContain('SignatureDoesNotMatch');
    expect(shown).toContain('R1');
    expect(shown).not.toMatch(/AKIAKEY|s3cr3t|t0k3n|signed text/);
  });
});

describe.skipIf(!s3Available())('errors of a real S3 server', () => {
  const buckets = s3Buckets();

  const steps: readonly [string, (storage: Storage) => Promise<unknown>][] = [
    ['read', (storage) => storage.read('a')],
    ['list', (storage) => storage.list('')],
    ['sweep', (storage) => storage.sweepStaged(new Set(), () => true)],
    ['putIf', (storage) => storage.putIf('a', Buffer.from('x'), undefined)],
    ['remove', (storage) => storage.remove('a')],
    [
      'stage',
      async (storage) => {
        const writer = await storage.stage('a');
        try {
          await writer.write(Buffer.from('x'));
          await writer.finish();
        } finally {
          await writer.abort();
        }
      },
    ],
  ];

  /** What each step fails with. */
  async function failures(options: S3StorageOptions): Promise<Record<string, PanoramaError>> {
    const storage = s3Storage(options);
    const failed: Record<string, PanoramaError> = {};
    for (const [name, step] of steps)
      await step(storage).catch((error: PanoramaError) => (failed[name] = error));
    return failed;
  }

  it.each<[string, (options: S3StorageOptions) => S3StorageOptions, string, RegExp]>([
    [
      'a secret that is wrong',
      (options) => ({
        ...options,
        credentials: { ...options.credentials!, secretAccessKey: 'wrong' },
      }),
      'lake-access-denied',
      /SignatureDoesNotMatch/,
    ],
    [
      'a key that is not known',
      (options) => ({ ...options, credentials: { accessKeyId: 'NOBODY', secretAccessKey: 'x' } }),
      'lake-access-denied',
      /InvalidAccessKeyId/,
    ],
    [
      'a region that is another',
      (options) => ({ ...options, region: 'eu-west-1' }),
      'lake-unreachable',
      /the bucket is in us-east-1, not in eu-west-1/,
    ],
    [
      'a port where nothing listens',
      (options) => ({ ...options, endpoint: 'http://127.0.0.1:1', patience: { attempts: 2, firstWait: 1 } }),
      'lake-unreachable',
      /the connection was refused \(127\.0\.0\.1:1\)/,
    ],
  ])('%s', async (_, change, code, message) => {
    const failed = await failures(change(await buckets.fresh()));
    expect(Object.keys(failed)).toEqual(steps.map(([name]) => name));
    for (const error of Object.values(failed)) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  it('a bucket that is not there', async () => {
    const failed = await failures({ ...(await buckets.fresh()), bucket: 'no-such-bucket' });
    expect(Object.keys(failed)).toEqual(steps.map(([name]) => name));
    for (const [name, error] of Object.entries(failed)) {
      const reading = ['read', 'list', 'sweep'].includes(name);
      expect(error.code, name).toBe(reading ? 'lake-unreadable' : 'lake-unwritable');
      expect(error.message).toMatch(/the bucket does not exist/);
    }
  });

  it.each([
    [
      ['s3:GetObject', 's3:ListBucket'],
      ['sweep', 'putIf', 'remove', 'stage'],
    ],
    [['s3:PutObject'], ['read', 'list', 'sweep', 'remove']],
    [[], ['read', 'list', 'sweep', 'putIf', 'remove', 'stage']],
  ])('one who may only %j fails to %j', async (rights, denied) => {
    const options = await buckets.fresh();
    const failed = await failures(await buckets.restricted(options, rights));
    for (const name of denied) {
      expect(failed[name], name).toMatchObject({
        code: 'lake-access-denied',
        message: expect.stringMatching(/AccessDenied/),
      });
    }
    expect(Object.values(failed).every((error) => error.code === 'lake-access-denied')).toBe(true);
  });

  it('finds a denied write with the first bytes of an object', async () => {
    const options = await buckets.fresh();
    const storage = s3Storage(await buckets.restricted(options, ['s3:GetObject', 's3:ListBucket']));
    const writer = await storage.stage('a');
    await expect(
      (async () => {
        for (;;) {
          await writer.write(Buffer.from('x'));
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })(),
    ).rejects.toMatchObject({ code: 'lake-access-denied' });
    await writer.abort();
  });
});
