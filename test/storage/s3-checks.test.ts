import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { s3Checks } from '../../src/storage/s3/checks.ts';
import type { S3StorageOptions } from '../../src/storage/s3/options.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';

const ALL = [
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
];

describe.skipIf(!s3Available())('checks of a bucket', () => {
  const buckets = s3Buckets();

  /** What is wrong, by check. */
  async function problems(options: S3StorageOptions): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { what, run } of s3Checks(options)) {
      const problem = await run();
      if (problem !== undefined) found[what] = `${problem.code}: ${problem.message}`;
    }
    return found;
  }

  it('find nothing wrong where all is right, and leave nothing', async () => {
    const options = await buckets.fresh();
    expect(await problems(options)).toEqual({});
    expect(await problems(await buckets.restricted(options, ALL))).toEqual({});
    const { KeyCount } = await buckets.sdk.listObjectsV2({ Bucket: options.bucket });
    expect(KeyCount).toBe(0);
    expect(await buckets.pending(options.bucket)).toEqual([]);
  });

  it('name the rights that they need', () => {
    const rights = s3Checks({ bucket: 'b', pathStyle: true, spillFolder: '/nowhere' }).flatMap(
      (one) => one.rights ?? [],
    );
    expect([...new Set(rights)].sort()).toEqual([...ALL].sort());
  });

  it.each(ALL)('notice that %s is missing, where it is needed', async (missing) => {
    const options = await buckets.fresh();
    const restricted = await buckets.restricted(
      options,
      ALL.filter((right) => right !== missing),
    );
    const found = await problems(restricted);
    const needing = s3Checks(options).filter(({ rights }) => rights?.includes(missing));
    expect(Object.keys(found).length).toBeGreaterThan(0);
    expect(needing.map(({ what }) => what)).toEqual(expect.arrayContaining(Object.keys(found)));
    for (const problem of Object.values(found)) expect(problem).toMatch(/^lake-access-denied: /);
  });

  it('answer each of them where the bucket is not there or in another region', async () => {
    const options = await buckets.fresh();
    const gone = await problems({ ...options, bucket: 'no-such-bucket' });
    const away = await problems({ ...options, region: 'eu-west-1' });
    const all = s3Checks(options).map(({ what }) => what);
    expect(Object.keys(gone)).toEqual([`find the bucket no-such-bucket`, ...all.slice(1)]);
    expect(Object.keys(away)).toEqual(all);
    expect(away[`find the bucket ${options.bucket}`]).toMatch(
      /^lake-unreachable: .*us-east-1, not in eu-west-1/,
    );
  });
});

it('notices a store that writes whatever the condition says', async () => {
  const store = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('ETag', '"1"').end());
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = store.address() as AddressInfo;
    const checks = s3Checks({
      bucket: 'b',
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      pathStyle: true,
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      spillFolder: '/nowhere',
    });
    expect(await checks.find(({ what }) => what === 'conditional write')!.run()).toMatchObject({
      code: 'lake-unwritable',
      message: expect.stringMatching(/does not honour the condition If-None-Match/),
      hint: expect.stringMatching(/only one runs/),
    });
  } finally {
    store.closeAllConnections();
    store.close();
  }
});
