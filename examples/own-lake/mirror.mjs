// @ts-check
/**
 * A lake in a folder that keeps a copy of everything it publishes in a second folder, say on another disk or a mounted
 * share. The copy is a lake itself: `panorama query --lake <mirror>` reads it.
 */
import { createReadStream } from 'node:fs';
import { relative, resolve } from 'node:path';

import { localStorage } from 'panorama-elt';

/** @type {import('panorama-elt').OwnLakeModule['openLake']} */
export function openLake({ options, folder }) {
  const [path, mirror] = [options['path'], options['mirror']];
  if (typeof path !== 'string' || typeof mirror !== 'string')
    throw new Error('options.path and options.mirror must be two folders');
  const [lake, copy] = [localStorage(resolve(folder, path)), localStorage(resolve(folder, mirror))];
  if (!relative(lake.root, copy.root).startsWith('..'))
    throw new Error('options.mirror must lie outside of options.path');
  return { storage: mirroredStorage(lake, copy) };
}

/**
 * @param {import('panorama-elt').Storage} lake what counts: it is changed first, and all is read from it
 * @param {import('panorama-elt').Storage} mirror what is brought after it, in the same order
 * @returns {import('panorama-elt').Storage}
 */
function mirroredStorage(lake, mirror) {
  /** @param {string} name */
  async function copy(name) {
    const writer = await mirror.stage(name);
    try {
      for await (const chunk of createReadStream(lake.locate(name))) await writer.write(chunk);
      await mirror.commit(await writer.finish());
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  return {
    ...lake,

    async commit(staged) {
      await lake.commit(staged);
      if (isPublic(staged.name)) await copy(staged.name);
    },

    async putIf(name, bytes, token) {
      const written = await lake.putIf(name, bytes, token);
      if (!isPublic(name)) return written;
      // The second: an earlier run wrote it and was cut off before it made the copy.
      if (written !== undefined || (await lake.read(name))?.bytes.equals(bytes)) await copy(name);
      return written;
    },

    async remove(name, version) {
      await lake.remove(name, version);
      if ((await lake.read(name)) === undefined) await mirror.remove(name);
    },

    async sweepStaged(keep, isOurs, still) {
      await lake.sweepStaged(keep, isOurs, still);
      await mirror.sweepStaged(new Set(), isOurs);
    },
  };
}

/** Files of tables and their states; not the lock and the journal, which mean something in one place only. */
function isPublic(/** @type {string} */ name) {
  return !name.startsWith('_panorama/') || name.startsWith('_panorama/tables/');
}
