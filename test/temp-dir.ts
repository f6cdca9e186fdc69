import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll } from 'vitest';

const made: string[] = [];

// Here, for vitest takes no `afterAll` any more when a hook or a test asks for a folder.
afterAll(async () => {
  await Promise.all(made.map((path) => rm(path, { recursive: true, force: true })));
});

/** A folder for the tests of one file, removed after them. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'panorama-test-'));
  made.push(path);
  return path;
}
