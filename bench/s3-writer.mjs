// Sends the files of a folder through our storage alone: staged, written in the pieces in which they are read, and
// committed.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { s3Storage } from '../dist/storage/s3/s3-storage.js';

const [folder, endpoint, bucket] = process.argv.slice(2);
const spillFolder = join(tmpdir(), `panorama-bench-${process.pid}`);
const storage = s3Storage({ endpoint, bucket, pathStyle: true, spillFolder });
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  const writer = await storage.stage(relative(folder, file));
  for await (const chunk of createReadStream(file)) await writer.write(chunk);
  await storage.commit(await writer.finish());
}
