import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, parse, sep } from 'node:path';
import { PanoramaError } from '../../errors.ts';
import { unreadable } from './chunks.ts';
import { DATA_FILES } from './file-errors.ts';

/** A file as it was when the source was opened. */
export interface FoundFile {
  readonly path: string;
  /** Size on disk in bytes. */
  readonly size: number;
  /** Time of the last change, in milliseconds. */
  readonly changed: number;
}

/** A file with what the system says of it now. */
export const foundFile = (path: string, { size, mtimeMs }: Stats): FoundFile => ({
  path,
  size,
  changed: mtimeMs,
});

export interface FileListing {
  readonly files: readonly FoundFile[];
  /** What was passed over, one line per folder and kind. */
  readonly notices: readonly string[];
}

/**
 * The files of one or more locations, each a file, a pattern ({@link expandPattern}) or a folder. A file that is named or
 * meets a pattern is taken whatever its ending; a folder is searched with its subfolders, in order of name.
 * @param wanted the names that are taken from a folder
 * @param kinds what they are, for messages
 * @throws PanoramaError `file-unreadable` also where nothing is found
 */
export async function findFiles(
  locations: readonly string[],
  wanted: RegExp,
  kinds: string,
): Promise<FileListing> {
  const files: FoundFile[] = [];
  const notices: string[] = [];
  for (const location of locations) {
    const before = files.length;
    for (const path of await expandPattern(location)) {
      try {
        const found = await stat(path);
        if (found.isDirectory()) await walk(path, wanted, files, notices);
        else files.push(foundFile(path, found));
      } catch (error) {
        throw unreadable(path, error, DATA_FILES);
      }
    }
    if (files.length === before) throw nothing(location, kinds, notices);
  }
  return { files: distinct(files), notices };
}

function nothing(location: string, kinds: string, notices: readonly string[]): PanoramaError {
  const passed = notices.length > 0 ? ` (${notices.join('; ')})` : '';
  return new PanoramaError(DATA_FILES.unreadable, `There is no ${kinds} file at ${location}${passed}.`);
}

function distinct(files: readonly FoundFile[]): FoundFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

async function walk(folder: string, wanted: RegExp, files: FoundFile[], notices: string[]): Promise<void> {
  const passed: string[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) await walk(path, wanted, files, notices);
    else if (found?.isFile() === true && wanted.test(name)) files.push(foundFile(path, found));
    else passed.push(kindByEnding(name));
  }
  notices.push(...passedOver(folder, passed));
}

/** What kind of file a name says that it is, as plain text. */
export function kindByEnding(name: string): string {
  const ending = /\.[^.]+$/.exec(name)?.[0];
  return ending === undefined ? 'files without an ending' : `${ending} files`;
}

/** Tells of files of a folder that were passed over. @param kinds what each of them is; a line is made of each kind */
export function passedOver(folder: string, kinds: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${folder}: passed over ${count} of ${kind}`);
}

/** What is in a folder, but for hidden entries and Excel's lock files, in order of name. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => !/^\.|^~\$/.test(name)).sort();
}

const MAGIC = /[*?[\]]/;

/**
 * The paths that a pattern stands for, in order of name; the path itself where it is none or a file has that very name.
 * `*` and `?` stand for any text and any character of a name, `[a-z]` for one of some, `**` for any number of folders.
 * Hidden entries are met only by a pattern that begins with a point.
 */
export async function expandPattern(pattern: string): Promise<readonly string[]> {
  if (!MAGIC.test(pattern) || (await stat(pattern).catch(() => undefined)) !== undefined) return [pattern];
  const { root } = parse(pattern);
  const parts = pattern.slice(root.length).split(sep);
  return [...new Set(await match(root === '' ? '.' : root, parts))].sort();
}

async function match(folder: string, [part, ...rest]: readonly string[]): Promise<string[]> {
  if (part === undefined) return [];
  if (part === '**') {
    const deeper = await folders(folder);
    const inside = await Promise.all(deeper.map((name) => match(join(folder, name), [part, ...rest])));
    return [...(await match(folder, rest)), ...inside.flat()];
  }
  const names = MAGIC.test(part) ? await fitting(folder, part) : [part];
  const paths = names.map((name) => join(folder, name));
  if (rest.length > 0) return (await Promise.all(paths.map((path) => match(path, rest)))).flat();
  const there = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, i) => there[i]?.isFile() === true);
}

async function fitting(folder: string, pattern: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const expression = nameExpression(pattern);
  return names.filter((name) => expression.test(name) && (pattern.startsWith('.') || !/^\.|^~\$/.test(name)));
}

async function folders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

function nameExpression(pattern: string): RegExp {
  const source = pattern.replace(/\[(!|\^)?([^\]]+)\]|[\s\S]/g, (part, not?: string, set?: string) => {
    if (set !== undefined) return `[${not === undefined ? '' : '^'}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[\\^$.|+(){}[\]]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su');
}

/** The name of a file without its ending and that of a compression. */
export function plainName(path: string): string {
  return parse(basename(path).replace(/\.(gz|zst)$/i, '')).name;
}

/**
 * Makes sure that a file is still the one that was found, so that what was read of it belongs together.
 * @throws PanoramaError `file-unreadable`
 */
export async function checkUnchanged(file: FoundFile): Promise<void> {
  const now = await stat(file.path).catch((error: unknown) => {
    throw unreadable(file.path, error, DATA_FILES);
  });
  if (now.size === file.size && now.mtimeMs === file.changed) return;
  throw new PanoramaError(DATA_FILES.unreadable, `${file.path} was changed while it was read.`, {
    hint: 'Run again when it is written.',
  });
}
