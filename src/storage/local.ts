import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  access,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { PanoramaError } from '../errors.ts';
import type { Staged, StagedWriter, Storage } from './storage.ts';

/** Where staged objects wait, inside the root so that the final rename stays within one file system. */
const STAGING = '_panorama/staging';

/** Replacing a small object takes milliseconds; a claim older than this belongs to nobody. */
const STALE_CLAIM_MS = 10_000;

/** A folder on this machine. Files are readable by their owner and group only as the umask says. */
export function localStorage(root: string): Storage {
  const base = resolve(root);
  const run = randomUUID().slice(0, 8);
  let counter = 0;

  /** The absolute path of a name; a name that would leave the root is a fault. */
  function locate(name: string): string {
    const path = resolve(base, name);
    if (path !== base && !path.startsWith(base + sep)) {
      throw new PanoramaError('internal', `The object name ${JSON.stringify(name)} leaves the lake.`);
    }
    return path;
  }

  async function temporary(): Promise<{ path: string; handle: string }> {
    const handle = `${STAGING}/${run}-${process.pid}-${counter++}`;
    const path = locate(handle);
    await guard(path, () => makeFolder(dirname(path)));
    return { path, handle };
  }

  async function writeWhole(bytes: Uint8Array): Promise<string> {
    const { path } = await temporary();
    await guard(path, async () => {
      const file = await createFile(path);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    return path;
  }

  /**
   * Renames `path` over `target` if that still has the given token. Of processes that try at the same time the
   * one that creates the claim goes on; a claim that a crash left is given up after a while.
   */
  async function replaceVersion(name: string, token: string, path: string, target: string): Promise<boolean> {
    const claim = locate(`${STAGING}/claim-${tokenOf(Buffer.from(name)).slice(0, 16)}`);
    try {
      await (await createFile(claim)).close();
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw error;
      const made = (await stat(claim).catch(() => undefined))?.mtimeMs ?? 0;
      if (Date.now() - made > STALE_CLAIM_MS) {
        await rm(claim, { force: true });
        return replaceVersion(name, token, path, target);
      }
      await unlink(path);
      return false;
    }
    try {
      const current = await readFile(target);
      if (tokenOf(current) !== token) {
        await unlink(path);
        return false;
      }
      await rename(path, target);
      return true;
    } finally {
      await rm(claim, { force: true });
    }
  }

  return {
    root,
    locate,

    async stage(name) {
      locate(name);
      const { path, handle } = await temporary();
      const file = await guard(path, () => createFile(path));
      return stagedWriter(name, handle, path, file);
    },

    async commit(staged) {
      const target = locate(staged.name);
      const source = locate(staged.handle);
      await guard(target, async () => {
        await makeFolder(dirname(target));
        try {
          await rename(source, target);
        } catch (error) {
          // A commit that is repeated after a crash finds its file in place already.
          if (errno(error) !== 'ENOENT' || (await sizeOf(target)) !== staged.bytes) throw error;
        }
        await syncFolder(dirname(target));
      });
    },

    async abort(staged) {
      await rm(locate(staged.handle), { force: true });
    },

    async sweepStaged(keep) {
      for (const entry of await entries(locate(STAGING))) {
        if (!keep.has(`${STAGING}/${entry.name}`))
          await rm(locate(`${STAGING}/${entry.name}`), { force: true, recursive: true });
      }
    },

    async read(name) {
      try {
        const bytes = await readFile(locate(name));
        return { bytes, token: tokenOf(bytes) };
      } catch (error) {
        if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined;
        throw new PanoramaError('lake-unreadable', `${locate(name)} cannot be read: ${reason(error)}.`, {
          cause: error,
        });
      }
    },

    async putIf(name, bytes, token) {
      const target = locate(name);
      const current = await this.read(name);
      if (current?.token !== token) return undefined;
      const path = await writeWhole(bytes);
      return guard(target, async () => {
        await makeFolder(dirname(target));
        if (token === undefined) {
          try {
            // Unlike a rename, a link fails when somebody else was first.
            await link(path, target);
          } catch (error) {
            if (errno(error) === 'EEXIST') return undefined;
            throw error;
          } finally {
            await unlink(path);
          }
        } else if (!(await replaceVersion(name, token, path, target))) {
          return undefined;
        }
        await syncFolder(dirname(target));
        return tokenOf(bytes);
      });
    },

    async list(prefix) {
      const names: string[] = [];
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      await walk(locate(folder), (path) => {
        const name = relative(base, path).split(sep).join('/');
        if (name.startsWith(prefix)) names.push(name);
      });
      return names;
    },

    async remove(name) {
      const path = locate(name);
      await guard(path, () => rm(path, { force: true }));
      for (
        let folder = dirname(path);
        folder !== base && folder.startsWith(base + sep);
        folder = dirname(folder)
      ) {
        try {
          await rmdir(folder);
        } catch {
          break; // not empty
        }
      }
    },
  };
}

function stagedWriter(name: string, handle: string, path: string, file: FileHandle): StagedWriter {
  let bytes = 0;
  let open = true;
  async function close(): Promise<void> {
    if (open) {
      open = false;
      await file.close();
    }
  }
  return {
    async write(chunk) {
      await guard(path, async () => {
        for (let done = 0; done < chunk.length;) {
          const { bytesWritten } = await file.write(chunk, done, chunk.length - done);
          done += bytesWritten;
        }
      });
      bytes += chunk.length;
    },
    async finish(): Promise<Staged> {
      try {
        await guard(path, () => file.sync());
      } finally {
        await close();
      }
      return { name, handle, bytes };
    },
    async abort() {
      await close();
      await rm(path, { force: true });
    },
  };
}

function createFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o640);
}

async function makeFolder(path: string): Promise<void> {
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

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function entries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return [];
    throw new PanoramaError('lake-unreadable', `${path} cannot be listed: ${reason(error)}.`, {
      cause: error,
    });
  }
}

async function walk(path: string, visit: (file: string) => void): Promise<void> {
  for (const entry of await entries(path)) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await walk(child, visit);
    else visit(child);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

function tokenOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function errno(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function reason(error: unknown): string {
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
async function guard<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PanoramaError || errno(error) === undefined) throw error;
    if (errno(error) === 'ENAMETOOLONG') {
      throw new PanoramaError('partition-too-long', `Cannot write ${path}: the name is too long.`, {
        cause: error,
      });
    }
    const full = errno(error) === 'ENOSPC' || errno(error) === 'EDQUOT';
    throw new PanoramaError(
      full ? 'lake-full' : 'lake-unwritable',
      `Cannot write ${path}: ${reason(error)}.`,
      { cause: error },
    );
  }
}
