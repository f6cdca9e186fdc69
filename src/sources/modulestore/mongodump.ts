import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { PanoramaError } from '../../errors.ts';
import { firstBytes, readChunks, unreadable } from '../files/chunks.ts';
import { DUMP_FILES } from '../files/file-errors.ts';
import { archiveDocuments, archiveNamespaces } from './archive.ts';
import { nextDocument, type Wanted } from './bson-stream.ts';
import { byteReader } from './byte-reader.ts';
import type { Collection, Modulestore, ModulestoreSession } from './store.ts';

export interface MongodumpOptions {
  /** Folders, `.bson` files and archives of mongodump. */
  readonly location: readonly string[];
  /** The database to take where there are several. */
  readonly database: string;
}

/** A collection of a dump. */
interface Part {
  readonly database: string;
  readonly collection: Collection;
  readonly path: string;
  readonly inArchive: boolean;
}

const BSON_FILE = /^(modulestore(?:\.active_versions|\.structures|\.definitions)?)\.bson(?:\.gz|\.zst)?$/;
const ARCHIVE_FILE = /\.archive(\.gz|\.zst)?$/;
const COLLECTIONS: readonly string[] = [
  'modulestore.active_versions',
  'modulestore.structures',
  'modulestore.definitions',
  'modulestore',
] satisfies Collection[];

/** What mongodump wrote: a folder, `.bson` files or an archive, as they are or compressed by gzip or zstd. */
export function mongodump({ location, database }: MongodumpOptions): Modulestore {
  const where = location.join(', ');
  return {
    where,
    async open(signal) {
      const parts = (await Promise.all(location.map(findParts))).flat();
      return openParts(where, chooseDatabase(parts, where, database), signal);
    },
  };
}

function openParts(
  where: string,
  parts: readonly Part[],
  signal: AbortSignal | undefined,
): ModulestoreSession {
  async function* read(collection: Collection, wanted: Wanted): AsyncGenerator<Uint8Array> {
    for (const part of parts) if (part.collection === collection) yield* readPart(part, wanted, signal);
  }

  return {
    sequential: true,
    all: (collection) => read(collection, () => true),
    byId(collection, ids) {
      if (!parts.some((part) => part.collection === collection))
        throw new PanoramaError('dump-unreadable', `${where} holds no collection ${collection}.`, {
          hint: 'Dump the three collections modulestore.active_versions, structures and definitions.',
        });
      return read(collection, (id) => id !== undefined && ids.has(id));
    },
    check: async () => {
      const sizes = await Promise.all(
        [...new Set(parts.map(({ path }) => path))].map(async (path) => (await stat(path)).size),
      );
      return [
        `${where}: ${sizes.reduce((sum, size) => sum + size, 0)} bytes of mongodump, database ${parts[0]!.database}`,
      ];
    },
    close: async () => {},
  };
}

async function* readPart(
  { path, inArchive, database, collection }: Part,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const chunks = readChunks(path, { anyText: true, signal });
  if (inArchive) {
    yield* archiveDocuments(chunks, path, { database, collection }, wanted);
    return;
  }
  const reader = byteReader(chunks);
  try {
    for (;;) {
      const document = await nextDocument(reader, path, { wanted });
      if (document === undefined) return;
      if (document !== 'skipped') yield document;
    }
  } finally {
    await chunks.return(undefined);
  }
}

/** Whether a folder, or a file, that can be read holds what mongodump wrote of a modulestore. */
export async function holdsModulestore(location: string): Promise<boolean> {
  try {
    const files = (await stat(location)).isDirectory() ? await filesBelow(location) : [location];
    return files.some((file) => BSON_FILE.exec(basename(file))?.[1] === 'modulestore.structures');
  } catch {
    return false;
  }
}

async function findParts(location: string): Promise<Part[]> {
  try {
    if (!(await stat(location)).isDirectory()) return await partsOfFile(location);
    const files = await filesBelow(location);
    const bson = files.filter((file) => BSON_FILE.test(basename(file)));
    const found = bson.length > 0 ? bson : files.filter((file) => ARCHIVE_FILE.test(basename(file)));
    return (await Promise.all(found.map(partsOfFile))).flat();
  } catch (error) {
    throw error instanceof PanoramaError ? error : unreadable(location, error, DUMP_FILES);
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else found.push(path);
  }
  return found;
}

/** The collections in a file: one by its name, else those of an archive. */
async function partsOfFile(path: string): Promise<Part[]> {
  const name = BSON_FILE.exec(basename(path));
  if (name !== null) {
    const database = basename(dirname(path));
    return [{ database, collection: name[1] as Collection, path, inArchive: false }];
  }
  if ((await firstBytes(path)).length === 0) throw new PanoramaError('dump-truncated', `${path} is empty.`);
  const namespaces = await archiveNamespaces(readChunks(path, { anyText: true }), path);
  return namespaces.flatMap(({ database, collection }) =>
    COLLECTIONS.includes(collection)
      ? [{ database, collection: collection as Collection, path, inArchive: true }]
      : [],
  );
}

/** The parts of one database. @throws PanoramaError `dump-unreadable` where there is none or no telling which */
function chooseDatabase(parts: readonly Part[], where: string, wanted: string): readonly Part[] {
  const withStructures = new Set(
    parts.filter(({ collection }) => collection === 'modulestore.structures').map(({ database }) => database),
  );
  if (withStructures.size === 0) {
    throw new PanoramaError(
      'dump-unreadable',
      `${where} holds no modulestore.structures.bson, nor an archive of mongodump with such a collection.`,
      {
        hint: 'Name the folder that mongodump wrote, or make it: mongodump --db edxapp --out FOLDER.',
      },
    );
  }
  const database = withStructures.size === 1 ? [...withStructures][0]! : wanted;
  if (!withStructures.has(database)) {
    throw new PanoramaError(
      'dump-unreadable',
      `${where} holds the modulestores of several databases: ${[...withStructures].join(', ')}.`,
      { hint: 'Name one of them with mongodb_database.' },
    );
  }
  return parts.filter((part) => part.database === database);
}
