import { homedir } from 'node:os';
import path from 'node:path';
import type * as z from 'zod';
import { filled } from './connection.ts';
import { parseSettings } from './document.ts';
import type { SettingsDocument, Tree } from './document.ts';
import { explain } from './explain.ts';
import { readOptionFile } from './my-cnf.ts';
import { normaliseFlat, normaliseNested } from './normalise.ts';
import { resolvePath } from './paths.ts';
import { invalidSettings, pathText } from './problems.ts';
import type { Problem } from './problems.ts';
import { PLACES, flatSchema, nestedSchema } from './schema.ts';
import type { Place } from './schema.ts';
import type { Settings } from './settings.ts';
import { readSettingsFile } from './settings-file.ts';
import type { LoadOptions, SettingsFile } from './settings-file.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Reads a settings file of either shape, with references to the environment replaced and MySQL credentials
 * completed from the environment and `~/.my.cnf`.
 * @throws PanoramaError `settings-missing` naming the path; `settings-invalid` with every problem found, each
 * on a line of its own that begins with `file:line:`
 */
export async function loadSettings(options: LoadOptions = {}): Promise<Settings> {
  return settingsOfFile(await readSettingsFile(options));
}

/**
 * The settings of a file that was read, as {@link loadSettings} gives them.
 * @param note told of every value that comes from outside the file
 * @throws PanoramaError `settings-invalid`
 */
export async function settingsOfFile(file: SettingsFile, note?: Surroundings['note']): Promise<Settings> {
  const { name, path: absolute, text, env } = file;
  const folder = path.dirname(absolute);
  const settings = await settingsFromText(text, { file: name, folder, env, ...(note && { note }) });
  return { file: absolute, ...settings };
}

interface TextOptions {
  /** The file's name in messages. */
  readonly file: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly note?: NonNullable<Surroundings['note']>;
}

async function settingsFromText(source: string, options: TextOptions): Promise<Settings> {
  const document = parseSettings(source, options.env);
  // After a fault in the syntax the rest would be guesswork; a missing variable hides nothing else.
  if (document.problems.length > 0 && document.root === null)
    throw invalidSettings(options.file, document.problems);
  const problems: Problem[] = [...document.problems];
  const settings = await validate(document, options, problems);
  if (settings === undefined || problems.length > 0) throw invalidSettings(options.file, problems);
  return settings;
}

async function validate(
  document: SettingsDocument,
  options: TextOptions,
  problems: Problem[],
): Promise<Settings | undefined> {
  if (document.root === null || typeof document.root !== 'object' || Array.isArray(document.root)) {
    problems.push({ line: 1, text: 'the file must hold the sections datalake and datasources' });
    return undefined;
  }
  const around = surroundings(document, options, problems);
  if (isFlat(document.root)) {
    const raw = check(flatSchema, 'flat', document, problems);
    return raw === undefined ? undefined : normaliseFlat(raw, around);
  }
  const raw = check(nestedSchema, 'nested', document, problems);
  return raw === undefined ? undefined : normaliseNested(raw, around);
}

function check<T extends z.ZodObject>(
  schema: T,
  id: Place['id'],
  document: SettingsDocument,
  problems: Problem[],
): z.output<T> | undefined {
  const parsed = schema.safeParse(document.root);
  problems.push(
    ...explain(
      parsed.error?.issues ?? [],
      document,
      PLACES.find((place) => place.id === id)!,
    ),
  );
  return parsed.data;
}

/** A file without the two sections of the newer shape, but with keys only the flat one has at its top. */
function isFlat(root: { [key: string]: Tree }): boolean {
  if (Object.hasOwn(root, 'datalake') || Object.hasOwn(root, 'datasources')) return false;
  return Object.keys(root).some((key) => Object.hasOwn(flatSchema.shape, key));
}

function surroundings(document: SettingsDocument, options: TextOptions, problems: Problem[]): Surroundings {
  const home = filled(options.env['HOME']) ?? homeOfUser();
  const paths = { folder: options.folder, home };
  return {
    env: options.env,
    paths,
    ...(options.note && { note: options.note }),
    async optionFile(name) {
      const file = name === undefined ? path.join(home, '.my.cnf') : resolvePath(name, paths);
      // The user's own file may belong to somebody else, as in a container; then it is not for us.
      return readOptionFile(file).catch(() => undefined);
    },
    fault(at, text) {
      if (at === undefined) problems.push({ text });
      else problems.push({ line: document.lineOf(at), text: `${pathText(at) || 'the file'}: ${text}` });
    },
    placeOf: (at) => `${options.file}:${document.lineOf(at)}: ${pathText(at)}`,
  };
}

/** In a container the user may be a mere number, which the system knows no home folder of. */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
