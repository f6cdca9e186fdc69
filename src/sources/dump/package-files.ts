import { readChunks } from '../files/chunks.ts';
import { type FoundFile, plainName } from '../files/find-files.ts';
import type { DumpFile } from './dump-files.ts';

/** Files under the names of dumps whose content is rows by tabs. */
export interface PackageFiles {
  /** The files of dumps proper. */
  readonly dumps: readonly DumpFile[];
  /** Tables in the order of their first files. */
  readonly tables: ReadonlyMap<string, readonly FoundFile[]>;
  readonly notices: readonly string[];
}

/**
 * Names of files in a research data package of edX: `{org}-{course}-{run}-{table}-{site}-analytics.sql`, where the site
 * may lack. Tables of Open edX have an underscore in their names, sites have none. The files are the output of
 * `mysql --batch`: a line of names, then rows by tabs; those of courseware_studentmodule come from another program, which
 * puts a backslash before a tab, a line end, a quote and a backslash.
 * @see https://docs.openedx.org/en/latest/developers/references/internal_data_formats/package.html
 */
const NAME = /^(?:.*-)?([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:-[^-_]+)?-analytics$/i;
/** A first line that names columns and cannot begin a statement. */
const NAMES = /^[a-z_]\w*(?:\t[a-z_]\w*)*\r?$/i;
const LOOK_BYTES = 1 << 16;

/**
 * Tells files of rows by tabs from those with statements, by their first lines. An empty file of a package is a table
 * without rows, for `mysql --batch` prints no names then.
 */
export async function findPackageFiles(files: readonly DumpFile[]): Promise<PackageFiles> {
  const dumps: DumpFile[] = [];
  const tables = new Map<string, FoundFile[]>();
  const notices: string[] = [];
  for (const file of files) {
    // mydumper writes statements.
    const name = file.database === undefined ? NAME.exec(plainName(file.path))?.[1] : undefined;
    if (name !== undefined && file.size === 0) {
      notices.push(`${file.path}: is empty; it has no rows of ${name}`);
      continue;
    }
    const first = file.database === undefined ? await firstLine(file.path) : '';
    if (!NAMES.test(first) || (name === undefined && !first.includes('\t'))) {
      dumps.push(file);
      continue;
    }
    const table = name ?? plainName(file.path);
    tables.set(table, [...(tables.get(table) ?? []), file]);
  }
  return { dumps, tables, notices };
}

/** Empty for a file that cannot be read; reading it will say why. */
async function firstLine(path: string): Promise<string> {
  const chunks = readChunks(path, { bytes: LOOK_BYTES, anyText: true });
  try {
    const { value } = await chunks.next();
    const [line = ''] = value?.toString('latin1', 0, LOOK_BYTES).split('\n', 1) ?? [];
    return line;
  } catch {
    return '';
  } finally {
    await chunks.return(undefined);
  }
}
