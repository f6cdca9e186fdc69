import { PanoramaError } from '../errors.ts';

/** The folder name that stands for NULL in Hive partition paths (Hive's `hive.exec.default.partition.name`). */
export const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';

/** Where the lake keeps states, locks and staged files. */
const OWN_FOLDER = '_panorama';

/** The longest folder name that common file systems take, in bytes. */
const MAX_NAME_BYTES = 255;

/**
 * Hive's escape set: control characters, DEL and these (Hive `FileUtils.charToEscape`). All other characters,
 * also those outside ASCII, stand as they are.
 */
const HIVE_ESCAPED = new Set('"#%\'*/:=?\\{[]^');

/**
 * One `name=value` folder of a Hive partition path. `value` is null for NULL; the empty text gives `name=`.
 * A text that equals the NULL marker has its first character escaped, so that the two never meet.
 * @throws PanoramaError `partition-too-long`
 */
export function partitionFolder(name: string, value: string | null): string {
  const folder = `${escapeHive(name)}=${value === null ? NULL_PARTITION : escapeValue(value)}`;
  const bytes = Buffer.byteLength(folder);
  if (bytes > MAX_NAME_BYTES) {
    throw new PanoramaError(
      'partition-too-long',
      `A value of the partition column ${name} needs a folder name of ${bytes} bytes; at most ${MAX_NAME_BYTES} are possible.`,
    );
  }
  return folder;
}

/** The characters that Python's `urllib.parse.quote` leaves alone, besides `/`. */
const QUOTE_SAFE = /^[A-Za-z0-9_.~-]$/;

/**
 * One `name=value` part of a path as panorama-elt in Python wrote it: the value percent-encoded as UTF-8 by
 * `urllib.parse.quote`, which keeps `/`, so that a value can make several folders. What it could not write has a
 * form of our own: NULL as in {@link partitionFolder}; a `/` beside an empty or dots-only part, which file systems
 * would drop or walk up, is `%2F`.
 */
export function originalPartitionFolder(name: string, value: string | null): string {
  if (value === null) return `${escapeHive(name)}=${NULL_PARTITION}`;
  if (value === NULL_PARTITION) return `${escapeHive(name)}=%5F${value.slice(1)}`;
  const parts = value.split('/');
  const plain = (part: string): boolean => part !== '' && !/^\.+$/.test(part);
  const escaped = parts.map(quoteUtf8);
  let text = escaped[0]!;
  for (let i = 1; i < parts.length; i++)
    text += (plain(parts[i - 1]!) && plain(parts[i]!) ? '/' : '%2F') + escaped[i]!;
  return `${escapeHive(name)}=${text}`;
}

function quoteUtf8(text: string): string {
  let quoted = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    quoted += QUOTE_SAFE.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return quoted;
}

function escapeValue(value: string): string {
  if (value === NULL_PARTITION) return `%5F${value.slice(1)}`;
  return escapeHive(value);
}

/** Escapes a text with Hive's set as `%XX`; what comes out never contains `/` and never is `.` or `..`. */
export function escapeHive(text: string): string {
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    escaped +=
      code < 0x20 || code === 0x7f || HIVE_ESCAPED.has(character)
        ? `%${code.toString(16).toUpperCase().padStart(2, '0')}`
        : character;
  }
  return escaped;
}

/** The text that {@link escapeHive} was given. */
export function unescapeHive(escaped: string): string {
  return escaped.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The value of a `name=value` folder; the opposite of {@link partitionFolder}. */
export function parsePartitionFolder(folder: string): { name: string; value: string | null } {
  const at = folder.indexOf('=');
  const value = folder.slice(at + 1);
  return {
    name: unescapeHive(folder.slice(0, at)),
    value: value === NULL_PARTITION ? null : unescapeHive(value),
  };
}

/**
 * A table's or prefix's name as one folder name: like {@link escapeHive}; `.`, `..` and the name of the lake's own
 * folder are escaped too.
 */
export function safeFolder(name: string): string {
  const escaped = escapeHive(name);
  if (escaped === OWN_FOLDER) return `%5F${escaped.slice(1)}`;
  return /^\.+$/.test(escaped) ? escaped.replaceAll('.', '%2E') : escaped;
}
