import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PanoramaError } from '../../errors.ts';
import { unreadable } from '../files/chunks.ts';
import { DUMP_FILES } from '../files/file-errors.ts';
import { expandPattern, foundFile, type FoundFile, kindByEnding, passedOver } from '../files/find-files.ts';

/** A file of a dump. */
export interface DumpFile extends FoundFile {
  /** The database its name tells: mydumper's files do not name it inside. */
  readonly database: string | undefined;
  /** True for a file that may be without any statement: mydumper writes one for a table without rows, if asked to. */
  readonly mayBeEmpty: boolean;
  /** True for the schema of a table in a folder of mydumper, which writes one without it where it failed. */
  readonly mustCreate: boolean;
}

export interface DumpListing {
  readonly files: readonly DumpFile[];
  /** What was passed over, one line per folder and kind. */
  readonly notices: readonly string[];
}

const DUMP = /\.sql(\.gz|\.zst)?$/i;
const COMPRESSED = /\.sql\.\w+$/i;

/**
 * The dump files of one or more locations. A file is taken whatever its name, and may be
 * named by a pattern; a folder is searched with its
 * subfolders for `.sql`, `.sql.gz` and `.sql.zst`, sorted by name, files with a schema in their name first.
 * @throws PanoramaError `dump-unreadable`, `unsupported`
 */
export async function listDumpFiles(locations: readonly string[]): Promise<DumpListing> {
  const files: DumpFile[] = [];
  const notices: string[] = [];
  for (const location of await expand(locations)) {
    try {
      const found = await stat(location);
      if (found.isDirectory()) files.push(...(await listFolder(location, notices)));
      else
        files.push({
          ...foundFile(location, found),
          database: undefined,
          mayBeEmpty: false,
          mustCreate: false,
        });
    } catch (error) {
      throw error instanceof PanoramaError ? error : unreadable(location, error, DUMP_FILES);
    }
  }
  return { files, notices };
}

async function expand(locations: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const location of locations) {
    const paths = await expandPattern(location);
    if (paths.length === 0)
      throw new PanoramaError(
        'dump-unreadable',
        `There is no dump at ${location}; nothing meets the pattern.`,
      );
    found.push(...paths);
  }
  return found;
}

async function listFolder(folder: string, notices: string[]): Promise<DumpFile[]> {
  const found: DumpFile[] = [];
  await walk(folder, found, notices);
  if (found.length === 0) {
    const passed = notices.length > 0 ? ` (${notices.join('; ')})` : '';
    throw new PanoramaError('dump-unreadable', `${folder} holds no .sql, .sql.gz or .sql.zst file${passed}.`);
  }
  const isSchema = (file: DumpFile): boolean => /schema/i.test(basename(file.path));
  return [...found.filter(isSchema), ...found.filter((file) => !isSchema(file))];
}

async function walk(folder: string, found: DumpFile[], notices: string[]): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => !entry.name.startsWith('.'),
  );
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Set(entries.map((entry) => entry.name));
  refuseUnfinished(folder, names);
  const passed: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, found, notices);
    else if (!(await isFile(entry, path))) passed.push('special files');
    else if (!DUMP.test(entry.name)) passed.push(kindOf(entry.name, names));
    else {
      const database = mydumperDatabase(entry.name, names);
      const mayBeEmpty = database !== undefined && !/-schema\b/.test(entry.name);
      const mustCreate = database !== undefined && /\..*-schema\.sql/.test(entry.name);
      found.push({ ...foundFile(path, await stat(path)), database, mayBeEmpty, mustCreate });
    }
  }
  refuseTabDump(folder, names);
  notices.push(...passedOver(folder, passed));
}

async function isFile(entry: Dirent, path: string): Promise<boolean> {
  return entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile());
}

function kindOf(name: string, names: ReadonlySet<string>): string {
  if (/\.bson(\.gz)?$/i.test(name) || (/\.metadata\.json(\.gz)?$/i.test(name) && hasBson(names))) {
    return 'mongodump files (for a source of type openedx_course_structures)';
  }
  if (COMPRESSED.test(name)) return `${/\.sql\.\w+$/i.exec(name)![0]} files, a compression that is not read`;
  return kindByEnding(name);
}

const hasBson = (names: ReadonlySet<string>): boolean =>
  [...names].some((name) => /\.bson(\.gz)?$/i.test(name));

/** A folder of mydumper has a file `metadata`, and its files are named `database.table…` and `database-schema-create…`. */
function mydumperDatabase(name: string, names: ReadonlySet<string>): string | undefined {
  if (!names.has('metadata')) return undefined;
  return /^(.+?)(-schema-(create|post)\.sql|\.)/.exec(name)?.[1];
}

/** mydumper writes `metadata` under another name until all is done. */
function refuseUnfinished(folder: string, names: ReadonlySet<string>): void {
  if (!names.has('metadata.partial')) return;
  throw new PanoramaError(
    'dump-truncated',
    `${join(folder, 'metadata.partial')} says that mydumper has not come to its end.`,
    { hint: 'Wait until it is done, or make the dump again.' },
  );
}

/** `mysqldump --tab` writes the rows beside the .sql file; passing over them would load empty tables. */
function refuseTabDump(folder: string, names: ReadonlySet<string>): void {
  for (const name of names) {
    const table = DUMP.exec(name) && name.replace(DUMP, '');
    if (table === null || !names.has(`${table}.txt`)) continue;
    throw new PanoramaError(
      'unsupported',
      `${join(folder, `${table}.txt`)} looks like rows of a dump made with --tab, which is not read.`,
      {
        hint: 'Make the dump without --tab, or move the .txt file away if it is something else.',
      },
    );
  }
}
