import { createHash, randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { type FileHandle, link, lstat, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';

import { PanoramaError } from '../errors.ts';
import {
  checkLength,
  createFile,
  entries,
  errno,
  guard,
  makeFolder,
  reason,
  sizeOf,
  syncFolder,
  walk,
} from './local-files.ts';
import type { Staged, StagedWriter, Storage } from './storage.ts';

/** Where staged objects wait, inside the root so that the final rename stays within one file system. */
const STAGING = '_panorama/staging';

/** In front of the name of a folder of a run that was taken for dead. */
const SWEPT = 'swept-';

/** Replacing a small object takes milliseconds; a claim older than this belongs to nobody. */
const STALE_CLAIM_MS = 10_000;

/**
 * A folder on this machine. Files are readable by their owner and group only as the umask says.
 *
 * Every change goes through a folder in the staging folder that is this storage's own: what becomes visible is renamed
 * or linked out of it, what goes is renamed into it. It is made once. When a later run sweeps, it renames the folder, and
 * from then on every change that this storage begins, or had begun, fails: POSIX renames by path.
 */
export function localStorage(root: string): Storage {
  const base = resolve(root);
  const own = `${randomUUID().slice(0, 8)}-${process.pid}`;
  let made: Promise<void> | undefined;
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
    const handle = `${STAGING}/${own}/${counter++}`;
    const path = locate(handle);
    made ??= guard(path, () => makeFolder(dirname(path))).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    await made;
    return { path, handle };
  }

  /** Does a step that changes the lake, and tells where it fails because the own folder is gone. */
  function change<T>(path: string, step: () => Promise<T>): Promise<T> {
    return guard(path, async () => {
      try {
        return await step();
      } catch (error) {
        if (errno(error) === 'ENOENT') await stillOwn();
        throw error;
      }
    });
  }

  /** @throws PanoramaError `lock-lost` */
  async function stillOwn(): Promise<void> {
    if (made === undefined || (await sizeOf(locate(`${STAGING}/${own}`))) !== undefined) return;
    throw new PanoramaError('lock-lost', `Another run has taken over the lake ${base}.`);
  }

  async function writeWhole(bytes: Uint8Array): Promise<string> {
    const { path } = await temporary();
    await change(path, async () => {
      const file = await createFile(path);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } catch (error) {
        await rm(path, { force: true });
        throw error;
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
      await rm(path, { force: true });
      return false;
    }
    try {
      const current = await readFile(target);
      if (tokenOf(current) !== token) {
        await rm(path, { force: true });
        return false;
      }
      await rename(path, target);
      return true;
    } finally {
      await rm(claim, { force: true });
    }
  }

  /**
   * Takes a folder away from the run whose it is, and removes from it what is not to be kept.
   * @param files which of them; all, where it is another's
   */
  async function sweepFolder(name: string, keep: ReadonlySet<string>, files?: Dirent[]): Promise<void> {
    const isForeign = name !== own && !name.startsWith(SWEPT);
    const folder = locate(`${STAGING}/${isForeign ? SWEPT : ''}${name}`);
    const before = name.startsWith(SWEPT) ? name.slice(SWEPT.length) : name;
    await guard(folder, async () => {
      if (isForeign) await rename(locate(`${STAGING}/${name}`), folder);
      for (const file of files ?? (await entries(folder))) {
        if (!keep.has(`${STAGING}/${before}/${file.name}`))
          await rm(resolve(folder, file.name), { force: true, recursive: true });
      }
      if (name !== own) await rmdir(folder).catch(() => undefined); // some of it is kept
    });
  }

  return {
    root,
    locate,

    async stage(name) {
      checkLength(locate(name));
      const { path, handle } = await temporary();
      const file = await change(path, () => createFile(path));
      return stagedWriter(name, handle, path, file);
    },

    async commit(staged) {
      const target = locate(staged.name);
      await change(target, async () => {
        await makeFolder(dirname(target));
        // What another run had staged lies in its own folder, unless that was swept.
        for (const handle of [staged.handle, sweptHandle(staged.handle)]) {
          try {
            await rename(locate(handle), target);
            break;
          } catch (error) {
            if (errno(error) !== 'ENOENT') throw error;
            if (handle === staged.handle) continue;
            // A commit that is repeated after a crash finds its file in place already.
            await stillOwn();
            if ((await sizeOf(target)) !== staged.bytes) throw error;
          }
        }
        await syncFolder(dirname(target));
      });
    },

    async abort(staged) {
      await rm(locate(staged.handle), { force: true });
    },

    async sweepStaged(keep, _, still) {
      const found = await entries(locate(STAGING));
      const ours = await entries(locate(`${STAGING}/${own}`));
      await still?.();
      for (const entry of found) {
        const path = locate(`${STAGING}/${entry.name}`);
        if (entry.isDirectory()) await sweepFolder(entry.name, keep, entry.name === own ? ours : undefined);
        else if (!keep.has(`${STAGING}/${entry.name}`)) await rm(path, { force: true });
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
      return change(target, async () => {
        await makeFolder(dirname(target));
        if (token === undefined) {
          try {
            // Unlike a rename, a link fails when somebody else was first.
            await link(path, target);
          } catch (error) {
            if (errno(error) === 'EEXIST') return undefined;
            throw error;
          } finally {
            await rm(path, { force: true });
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
      await change(path, async () => {
        const there = await lstat(path).catch(() => undefined);
        if (there === undefined) return;
        if (there.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
        const aside = (await temporary()).path;
        await rename(path, aside).catch(async (error: unknown) => {
          if (errno(error) !== 'ENOENT') throw error;
          await stillOwn();
        });
        await rm(aside, { force: true });
      });
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

/** Where a staged object lies after the folder of its run was swept. */
function sweptHandle(handle: string): string {
  return handle.replace(`${STAGING}/`, `${STAGING}/${SWEPT}`);
}

function tokenOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
