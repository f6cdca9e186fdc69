import path from 'node:path';

/** Where paths of the settings start: the folder of the settings file, and the home folder for `~/`. */
export interface PathBase {
  readonly folder: string;
  readonly home: string;
}

/** An absolute path; `~/` is the home folder. */
export function resolvePath(written: string, base: PathBase): string {
  if (written === '~') return base.home;
  if (written.startsWith('~/')) return path.join(base.home, written.slice(2));
  return path.resolve(base.folder, written);
}

/** Why a text cannot be a base prefix, which is one or more folder names joined by `/`; undefined where it can. */
export function prefixFault(prefix: string): string | undefined {
  const folders = prefix.split('/');
  if (
    folders.some((folder) => folder === '' || folder === '.' || folder === '..' || /[\p{Cc}\\]/u.test(folder))
  ) {
    return "expected folder names joined by single '/', without '.' and '..'";
  }
  return undefined;
}

/** Why a text cannot name a partition column; undefined where it can. */
export function partitionNameFault(name: string): string | undefined {
  return /^[^\p{Cc}/\\=%]+$/u.test(name) ? undefined : "expected a column name without '/', '=' and '%'";
}
