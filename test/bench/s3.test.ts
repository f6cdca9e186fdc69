import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { dataFiles, download, emptyBucket, objectDifferences } from '../../bench/bucket.ts';
import { output } from '../../bench/measure.ts';
import { type Bucket, sendCommand } from '../../bench/subjects.ts';
import { s3Available, type S3Server, startS3 } from '../servers/s3.ts';
import { tempDir } from '../temp-dir.ts';

const never = new AbortController().signal;

describe.skipIf(!s3Available())('what the benchmark does with a bucket', () => {
  const root = tempDir();
  let server: S3Server;
  let s3: S3Client;
  let bucket: Bucket;
  let folder: string;

  beforeAll(async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    server = await startS3();
    s3 = server.client();
  });
  afterAll(async () => {
    s3.destroy();
    await server.stop();
  });
  beforeEach(async () => {
    bucket = { endpoint: server.endpoint, name: await server.makeBucket(), env: server.env };
    folder = join(root, bucket.name);
    await mkdir(join(folder, 'by course', 'c=a%3Ab'), { recursive: true });
    // Three parts, the last of them short.
    await writeFile(join(folder, 'large'), randomBytes(17 << 20));
    await writeFile(join(folder, 'by course', 'c=a%3Ab', 'small'), 'a few bytes');
  });

  it.each(['s3-upload.mjs', 's3-writer.mjs'] as const)('%s sends the files of a folder', async (program) => {
    await output(sendCommand(program, folder, bucket), never);
    expect(await objectDifferences(s3, bucket.name, folder)).toEqual([]);

    const copy = join(root, `${bucket.name}-copy`);
    await download(s3, bucket.name, copy);
    expect(await dataFiles(copy)).toHaveLength(2);
    for (const path of await dataFiles(folder))
      expect((await readFile(join(copy, path))).equals(await readFile(join(folder, path)))).toBe(true);
  });

  it('tells what is missing, what is too many, and what is different', async () => {
    await output(sendCommand('s3-upload.mjs', folder, bucket), never);
    await rm(join(folder, 'by course'), { recursive: true });
    await writeFile(join(folder, 'more'), '');
    await writeFile(join(folder, 'large'), 'other');
    expect(await objectDifferences(s3, bucket.name, folder)).toEqual(
      expect.arrayContaining([
        'by course/c=a%3Ab/small: no such file',
        'large: other bytes',
        'more: no such object',
      ]),
    );
  });

  it('empties a bucket, also one that is empty', async () => {
    await output(sendCommand('s3-upload.mjs', folder, bucket), never);
    await emptyBucket(s3, bucket.name);
    await emptyBucket(s3, bucket.name);
    expect(await objectDifferences(s3, bucket.name, join(folder, 'by course', 'c=a%3Ab'))).toEqual([
      'small: no such object',
    ]);
    await s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'small', Body: 'a few bytes' }));
    expect(await objectDifferences(s3, bucket.name, join(folder, 'by course', 'c=a%3Ab'))).toEqual([]);
  });

  it('does not take the state of a lake for files of a table', async () => {
    await mkdir(join(folder, '_panorama', 'tables'), { recursive: true });
    await writeFile(join(folder, '_panorama', 'tables', 'a.json'), '{}');
    expect((await dataFiles(folder)).toSorted()).toEqual(['by course/c=a%3Ab/small', 'large']);
  });
});
