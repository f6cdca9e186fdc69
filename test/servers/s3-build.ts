import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goEnvironment, goVersion } from './go.ts';
import { CACHE, makeOnce, run } from './server-process.ts';

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

/** True where the machine's Go can build the server, or the server has been built. */
export function canBuildS3(): boolean {
  return s3Program() !== undefined || goVersion() >= GO;
}

/**
 * Builds the server unless that was done before: about a minute and a half on two cores. Needs Go and its module
 * proxy; the modules and what is compiled on the way are removed again.
 * @throws Error that says what is missing
 */
export async function provisionS3(): Promise<void> {
  if (s3Program() !== undefined) return;
  if (!canBuildS3()) throw new Error(`there is no Go 1.${GO} or newer to build it with`);
  const scratch = await mkdtemp(join(tmpdir(), 'panorama-go-'));
  try {
    await makeOnce(FOLDER, async (fresh) => {
      await run('go', ['install', '-trimpath', '-modcacherw', '-ldflags=-s -w', `${MODULE}@${VERSION}`], {
        cwd: scratch,
        env: {
          ...goEnvironment(),
          GOBIN: fresh,
          GOMODCACHE: join(scratch, 'modules'),
          GOCACHE: join(scratch, 'compiled'),
          CGO_ENABLED: '0',
        },
      });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
