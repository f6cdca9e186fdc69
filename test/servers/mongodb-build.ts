import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goEnvironment, goVersion } from './go.ts';
import { CACHE, makeOnce, run } from './server-process.ts';

/**
 * FerretDB 1 speaks the wire protocol of MongoDB 7 over SQLite: one program, no further server, under Apache-2.0 (that of
 * MongoDB is in no package registry).
 */
const MODULE = 'github.com/FerretDB/FerretDB';
const VERSION = 'v1.24.2';
/** What its go.mod asks for: minor version of Go 1. */
const GO = 24;

/**
 * The one thing that is changed: it stores and gives lists in lists, as the children of blocks are, but refuses to take
 * them, for it cannot search in them.
 */
const NESTED = {
  file: join('internal', 'types', 'document_validation.go'),
  refusal: /case \*Array:\s+return newValidationError\(.*\n.*nested arrays are not supported.*\n\s+\)\)/,
  instead: 'case *Array:\n\t\t\t\t\tcontinue',
} as const;

const FOLDER = join(CACHE, `ferretdb-${VERSION}-nested`);

/** The program in the cache; undefined where it was not built. */
export function mongodbProgram(): string | undefined {
  const program = join(FOLDER, 'ferretdb');
  return existsSync(program) ? program : undefined;
}

/**
 * Builds the server unless that was done before: about two minutes on two cores. Needs Go and its module proxy; the
 * modules and what is compiled on the way are removed again.
 * @throws Error that says what is missing
 */
export async function provisionMongodb(): Promise<void> {
  if (mongodbProgram() !== undefined) return;
  if (goVersion() < GO) throw new Error(`there is no Go 1.${GO} or newer to build it with`);
  const scratch = await mkdtemp(join(tmpdir(), 'panorama-go-'));
  const env = {
    ...goEnvironment(),
    GOMODCACHE: join(scratch, 'modules'),
    GOCACHE: join(scratch, 'compiled'),
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
  };
  try {
    await makeOnce(FOLDER, async (fresh) => {
      const { stdout } = await run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`], {
        cwd: scratch,
        env,
      });
      // The program does not start without files that its own build makes.
      const source = join(scratch, 'source');
      await cp((JSON.parse(stdout) as { Dir: string }).Dir, source, { recursive: true });
      await writeFile(join(source, 'build', 'version', 'version.txt'), VERSION);
      const validation = join(source, NESTED.file);
      const code = await readFile(validation, 'utf8');
      if (!NESTED.refusal.test(code)) throw new Error(`${NESTED.file} of FerretDB is not what it was`);
      await writeFile(validation, code.replace(NESTED.refusal, NESTED.instead));
      const options = [
        '-trimpath',
        '-ldflags=-s -w',
        '-tags=ferretdb_no_postgresql',
        '-o',
        join(fresh, 'ferretdb'),
      ];
      await run('go', ['build', ...options, './cmd/ferretdb'], { cwd: source, env, maxBuffer: 1 << 26 });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
