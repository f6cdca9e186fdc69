// Uploads the files of a folder with the multipart upload of the SDK itself, in parts of our size and as many requests
// at a time as our storage makes: what anything takes that puts these bytes there. The client is the storage's, so that
// requests are alike.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { Upload } from '@aws-sdk/lib-storage';

import { connectS3 } from '../dist/storage/s3/client.js';
import { growingPartSize } from '../dist/storage/s3/uploads.js';

/** Half of the storage's memory is for bodies: four parts. Of smaller bodies it sends 16 at a time. */
const PARTS = 4;
const FILES = 16;

const [folder, endpoint, bucket] = process.argv.slice(2);
const connection = connectS3({ endpoint, bucket, pathStyle: true, spillFolder: '' });
const client = await connection.client();
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

async function sendSome() {
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    const params = { Bucket: bucket, Key: relative(folder, file), Body: createReadStream(file) };
    await new Upload({ client, params, partSize: growingPartSize(1), queueSize: PARTS }).done();
  }
}
await Promise.all(Array.from({ length: FILES }, sendSome));
