import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';

/** The folder of a lake with what is not a table's files. */
export const STATE = '_panorama';

/** The files of tables in a lake, or in any folder, as paths below it. */
export async function dataFiles(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of await readdir(folder, { recursive: true })) {
    if (!path.startsWith(`${STATE}/`) && (await stat(join(folder, path))).isFile()) files.push(path);
  }
  return files;
}

/** Removes all objects of a bucket. */
export async function emptyBucket(s3: S3Client, bucket: string): Promise<void> {
  const Objects = (await keysOf(s3, bucket)).map((Key) => ({ Key }));
  if (Objects.length > 0)
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
}

/** A line for each way in which the objects of a bucket are not, byte by byte, the files of a folder. */
export async function objectDifferences(
  s3: S3Client,
  bucket: string,
  folder: string,
): Promise<readonly string[]> {
  const files = await dataFiles(folder);
  const keys = await keysOf(s3, bucket);
  const different: string[] = keys.filter((key) => !files.includes(key)).map((key) => `${key}: no such file`);
  for (const path of files) {
    if (!keys.includes(path)) different.push(`${path}: no such object`);
    else if (
      (await digest(await body(s3, bucket, path))) !== (await digest(createReadStream(join(folder, path))))
    )
      different.push(`${path}: other bytes`);
  }
  return different;
}

/** Copies all objects of a bucket into a folder: a lake in S3 becomes one of this machine. */
export async function download(s3: S3Client, bucket: string, folder: string): Promise<void> {
  for (const key of await keysOf(s3, bucket)) {
    const path = join(folder, key);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await body(s3, bucket, key), createWriteStream(path));
  }
}

async function body(s3: S3Client, bucket: string, key: string): Promise<Readable> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Body as Readable;
}

/** All keys of a bucket; no lake of the benchmark has more than fit into one answer. */
async function keysOf(s3: S3Client, bucket: string): Promise<readonly string[]> {
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  if (IsTruncated === true) throw new Error(`the bucket ${bucket} has more objects than the benchmark makes`);
  return Contents.map(({ Key }) => Key!);
}

async function digest(bytes: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
