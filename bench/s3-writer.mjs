// Sends a file through our storage alone: staged, written in the pieces in which it is read, committed.
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { s3Storage } from '../dist/storage/s3/s3-storage.js';

const [file, endpoint, bucket] = process.argv.slice(2);
const spillFolder = join(tmpdir(), `panorama-bench-spill-${process.pid}`);
const storage = s3Storage({ endpoint, bucket, pathStyle: true, spillFolder });
const writer = await storage.stage('written');
for await (const chunk of createReadStream(file)) await writer.write(chunk);
await storage.commit(await writer.finish());
