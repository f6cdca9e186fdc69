import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

import { PanoramaError } from '../errors.ts';

/** The longest name and the longest path that Linux takes, in bytes (NAME_MAX; PATH_MAX counts the zero at the end). */
const MAX_NAME = 255;
const MAX_PATH = 4095;

/**
 * Looks at a path before a file is written that is to stand there: found out later, the file could not be put in place.
 * @throws PanoramaError `partition-too-long`
 */
export function checkLength(path: string): void {
  const tooLong = (name: string, most: number): boolean => Buffer.byteLength(name) > most;
  if (tooLong(path, MAX_PATH) || path.split(sep).some((name) => tooLong(name, MAX_NAME)))
    throw nameTooLong(path);
}

function nameTooLong(path: string, cause?: unknown): PanoramaError {
  return new PanoramaError('partition-too-long', `Cannot write ${path}: the name is too long.`, { cause });
}

/** Creates a file that nobody else has, never through a link. */
export function createFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o640);
}

/** Makes a folder with those above it, durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o750 }).catch(async (error: unknown) => {
    // On a read-only file system Node says only that the folder is not there.
    if (errno(error) === 'ENOENT') await access(await nearestFolder(path), constants.W_OK);
    throw error;
  });
  // The entry of a new folder must be as durable as what is put into it.
  if (first !== undefined)
    for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at))
    if ((await sizeOf(at)) !== undefined || at === dirname(at)) return at;
}

/** Makes the entries of a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What is in a folder; nothing where it is not there. @throws PanoramaError `lake-unreadable` */
export async function entries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return [];
    throw new PanoramaError('lake-unreadable', `${path} cannot be listed: ${reason(error)}.`, {
      cause: error,
    });
  }
}

/** Visits every file below a folder. */
export async function walk(path: string, visit: (file: string) => void): Promise<void> {
  for (const entry of await entries(path)) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await walk(child, visit);
    else visit(child);
  }
}

/** Undefined where there is nothing. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

/** The code of an error of the system. */
export function errno(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** An error of the system in words. */
export function reason(error: unknown): string {
  const code = errno(error);
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EISDIR: 'it is a folder',
    ENOSPC: 'no space left on the device',
    EDQUOT: 'the disk quota is used up',
    EMFILE: 'too many open files',
    EIO: 'input/output error',
  };
  return (code && known[code]) ?? (error instanceof Error ? error.message : String(error));
}

/** Runs a writing step and turns the file system's errors into ours. */
export async function guard<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PanoramaError || errno(error) === undefined) throw error;
    if (errno(error) === 'ENAMETOOLONG') throw nameTooLong(path, error);
    const full = errno(error) === 'ENOSPC' || errno(error) === 'EDQUOT';
    throw new PanoramaError(
      full ? 'lake-full' : 'lake-unwritable',
      `Cannot write ${path}: ${reason(error)}.`,
      { cause: error },
    );
  }
}
