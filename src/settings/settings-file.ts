import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import path from 'node:path';
import { PanoramaError } from '../errors.ts';
import { filled } from './connection.ts';
import { invalidSettings } from './problems.ts';

/** Where settings come from; the defaults are those of the process. */
export interface LoadOptions {
  /** The settings file. Default: the environment's PANORAMA_SETTINGS_FILE, else `panorama_settings.yaml`. */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A settings file as it was read. */
export interface SettingsFile {
  /** Its name as messages have it. */
  readonly name: string;
  /** Its absolute path. */
  readonly path: string;
  /** Its text, without a byte order mark. */
  readonly text: string;
  readonly bytes: Buffer;
  /** The environment that its references are replaced from. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads the settings file that the options or the environment name. @throws PanoramaError `settings-missing`, `settings-invalid` */
export async function readSettingsFile(options: LoadOptions = {}): Promise<SettingsFile> {
  const env = options.env ?? process.env;
  const name = options.file ?? filled(env['PANORAMA_SETTINGS_FILE']) ?? 'panorama_settings.yaml';
  const absolute = path.resolve(options.cwd ?? process.cwd(), name);
  let bytes: Buffer;
  try {
    bytes = await readFile(absolute);
  } catch (cause) {
    throw new PanoramaError('settings-missing', missingText(absolute, cause), { cause });
  }
  return { name, path: absolute, text: decode(bytes, name), bytes, env };
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidSettings(name, [{ text: 'the file is not UTF-8 text; save it as UTF-8' }]);
  }
}

function missingText(file: string, cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no settings file ${file}`;
  if (code === 'EISDIR') return `${file} is a folder, not a settings file`;
  if (code === 'EACCES') return `The rights of the settings file ${file} do not allow reading it`;
  return `The settings file ${file} cannot be read (${code ?? 'unknown reason'})`;
}

/**
 * Puts another text in the place of the one that was read: whole or not at all, with the mode and the owner of the
 * file. Where its path is a link, the file that it leads to is replaced and the link stays.
 * @throws PanoramaError `settings-unwritable`, also where somebody changed the file since it was read
 */
export async function replaceSettingsFile(file: SettingsFile, text: string): Promise<void> {
  const mark = file.bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : Buffer.alloc(0);
  let temporary: string | undefined;
  try {
    const target = await realpath(file.path);
    const old = await stat(target);
    temporary = path.join(
      path.dirname(target),
      `.${path.basename(target)}.${randomBytes(6).toString('hex')}`,
    );
    await writeNew(temporary, Buffer.concat([mark, Buffer.from(text)]), old);
    if (!(await readFile(target)).equals(file.bytes)) {
      throw new PanoramaError('settings-unwritable', `${file.name} was changed by somebody else meanwhile.`, {
        hint: 'Nothing was written. Run the command again.',
      });
    }
    await rename(temporary, target);
    temporary = undefined;
    await syncFolder(path.dirname(target));
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    if (cause instanceof PanoramaError) throw cause;
    throw unwritable(file.name, cause as NodeJS.ErrnoException);
  }
}

/** A file that is on disk when this ends, readable for nobody else before it has the rights of the old one. */
async function writeNew(name: string, bytes: Buffer, old: Stats): Promise<void> {
  const handle = await open(name, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    const made = await handle.stat();
    if (made.uid !== old.uid || made.gid !== old.gid) await handle.chown(old.uid, old.gid);
    await handle.chmod(old.mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'the rights of its folder do not allow it',
  EPERM: 'it belongs to another user, who would lose it',
  EROFS: 'its file system is read-only',
  EBUSY: 'it is a mount of its own, as a container has it',
  ENOSPC: 'the disk is full',
};

function unwritable(name: string, cause: NodeJS.ErrnoException): PanoramaError {
  const reason = REASONS[cause.code ?? ''] ?? cause.message;
  return new PanoramaError('settings-unwritable', `${name} cannot be replaced: ${reason}.`, { cause });
}
