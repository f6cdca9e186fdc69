import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { buildWithGo } from './go.ts';
import { CACHE } from './server-process.ts';

/**
 * versitygw serves a folder as S3. It honours If-Match and If-None-Match on PutObject and on
 * CompleteMultipartUpload, also when they race; it checks signatures, rights and the sizes of parts.
 */
const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = 'v1.8.0';
/** What its go.mod asks for: minor version of Go 1. */
const GO = 25;

const FOLDER = join(CACHE, `versitygw-${VERSION}`);

/** The program in the cache; undefined where it was not built. */
export function s3Program(): string | undefined {
  const program = join(FOLDER, 'versitygw');
  return existsSync(program) ? program : undefined;
}

/**
 * Builds the server unless that was done before: about a minute and a half on two cores.
 * @throws Error that says what is missing
 */
export async function provisionS3(): Promise<void> {
  if (s3Program() !== undefined) return;
  await buildWithGo(FOLDER, GO, async ({ go }) => {
    await go(['install', '-trimpath', '-ldflags=-s -w', `${MODULE}@${VERSION}`]);
  });
}
