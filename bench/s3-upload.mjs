// Uploads a file with the multipart upload of the SDK itself, in parts of our size, four at a time as the storage
// sends them: what anything that puts these bytes there takes. The client is the storage's, so that requests are alike.
import { createReadStream } from 'node:fs';

import { Upload } from '@aws-sdk/lib-storage';

import { connectS3 } from '../dist/storage/s3/client.js';
import { growingPartSize } from '../dist/storage/s3/uploads.js';

const [file, endpoint, bucket] = process.argv.slice(2);
const connection = connectS3({ endpoint, bucket, pathStyle: true, spillFolder: '' });
const upload = new Upload({
  client: await connection.client(),
  params: { Bucket: bucket, Key: 'uploaded', Body: createReadStream(file) },
  partSize: growingPartSize(1),
  queueSize: 4,
});
await upload.done();
