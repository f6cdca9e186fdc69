import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { buildWithGo } from './go.ts';
import { CACHE } from './server-process.ts';

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
 * Builds the server unless that was done before: about two minutes on two cores.
 * @throws Error that says what is missing
 */
export async function provisionMongodb(): Promise<void> {
  if (mongodbProgram() !== undefined) return;
  await buildWithGo(FOLDER, GO, async ({ fresh, scratch, go }) => {
    const downloaded = await go(['mod', 'download', '-json', `${MODULE}@${VERSION}`]);
    // The program does not start without files that its own build makes.
    const source = join(scratch, 'source');
    await cp((JSON.parse(downloaded) as { Dir: string }).Dir, source, { recursive: true });
    await writeFile(join(source, 'build', 'version', 'version.txt'), VERSION);
    const validation = join(source, NESTED.file);
    const code = await readFile(validation, 'utf8');
    if (!NESTED.refusal.test(code)) throw new Error(`${NESTED.file} of FerretDB is not what it was`);
    await writeFile(validation, code.replace(NESTED.refusal, NESTED.instead));
    const options = ['-trimpath', '-ldflags=-s -w', '-tags=ferretdb_no_postgresql'];
    await go(['build', ...options, '-o', join(fresh, 'ferretdb'), './cmd/ferretdb'], source);
  });
}
