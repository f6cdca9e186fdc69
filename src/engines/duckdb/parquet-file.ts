import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';

import { PanoramaError } from '../../errors.ts';

/** A file that is being written beside its final place. */
export interface PendingFile {
  readonly path: string;
  /** Puts the file in its place; answers its bytes. */
  publish(): Promise<number>;
  discard(): Promise<void>;
}

/**
 * The place for a result. It must not be inside the lake, where only loads write.
 * @throws PanoramaError `query-not-allowed`, `query-failed`
 */
export async function pendingFile(file: string, lakeRoot: string): Promise<PendingFile> {
  const target = resolve(file);
  const folder = await realpath(dirname(target)).catch((cause: unknown) => {
    throw new PanoramaError('query-failed', `The folder ${dirname(target)} cannot be written.`, {
      cause,
      hint: 'Create the folder first.',
    });
  });
  const root = await realpath(lakeRoot).catch(() => resolve(lakeRoot));
  const inside = relative(root, folder);
  if (inside === '' || !(inside.startsWith('..') || resolve(inside) === inside)) {
    throw new PanoramaError('query-not-allowed', `The file ${target} would be inside the lake.`, {
      hint: 'Name a file outside of the lake.',
    });
  }
  const path = join(folder, `.${basename(target)}.${randomUUID().slice(0, 8)}.part`);
  return {
    path,
    async publish() {
      const handle = await open(path);
      await handle.sync();
      await handle.close();
      await rename(path, target);
      return (await stat(target)).size;
    },
    discard: () => rm(path, { force: true }),
  };
}
