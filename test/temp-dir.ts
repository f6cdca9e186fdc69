import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll } from 'vitest';

/** A folder for the tests of one file, removed after them. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'panorama-test-'));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return path;
}
