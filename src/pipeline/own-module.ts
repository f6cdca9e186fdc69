import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { PanoramaError } from '../errors.ts';
import type { Engine } from '../engines/engine.ts';
import { loadedFrom, loadedKernels } from '../kernels/kernels.ts';
import type { ModuleDatalake, ModuleDatasource, ModuleOptions, OwnModule } from '../settings/settings.ts';
import type { Source, SourceSession } from '../sources/source.ts';
import type { Storage } from '../storage/storage.ts';
import type { LakePlace } from './lake.ts';

/** What the functions of a module of one's own are given. */
export interface OwnModuleInput {
  /** What the settings say under `options`: text, as written. */
  readonly options: ModuleOptions;
  /** The folder of the settings file, where relative paths among the options start. */
  readonly folder: string;
}

/** What a module named by `datalake.module` exports; see docs/how-to/own-lake-or-source.md. */
export interface OwnLakeModule {
  /** Makes the parts of the lake. @param input with the signal that says when the run is interrupted */
  openLake(input: OwnModuleInput & { readonly signal?: AbortSignal }): OwnLake | Promise<OwnLake>;
}

/** The parts of a lake of one's own. */
export interface OwnLake {
  /** Passes the suite of `panorama-elt/contracts/storage`. */
  readonly storage: Storage;
  /**
   * Passes the suite of `panorama-elt/contracts/engine`. Without it there is no catalog, and DuckDB reads the places
   * that the storage locates, which must then be files of this machine.
   */
  readonly engine?: Engine;
  /** Ends connections of the storage; called once, at the end, after the engine is closed. */
  close?(): Promise<void>;
}

/** What a module named by a data source's `module` exports; see docs/how-to/own-lake-or-source.md. */
export interface OwnSourceModule {
  /**
   * Makes a source that passes the suite of `panorama-elt/contracts/source`.
   * @param input with the name of the data source in the settings
   */
  openSource(input: OwnModuleInput & { readonly name: string }): Source | Promise<Source>;
}

/** What is there in every value of a type, for a check of what untyped code gives. */
type Shape<T> = { readonly [K in keyof T as object extends Pick<T, K> ? never : K]-?: Kind };
type Kind = 'function' | 'string' | 'object';

const STORAGE: Shape<Storage> = {
  root: 'string',
  stage: 'function',
  commit: 'function',
  abort: 'function',
  sweepStaged: 'function',
  read: 'function',
  putIf: 'function',
  list: 'function',
  remove: 'function',
  locate: 'function',
};

const ENGINE: Shape<Engine> = {
  name: 'string',
  capabilities: 'object',
  types: 'object',
  ensureTable: 'function',
  replaceViews: 'function',
  drop: 'function',
  query: 'function',
  close: 'function',
};

const SOURCE: Shape<Source> = { name: 'string', type: 'string', open: 'function' };

const SESSION: Shape<SourceSession> = {
  tables: 'function',
  describe: 'function',
  read: 'function',
  check: 'function',
  close: 'function',
};

const HOW_TO = 'docs/how-to/own-lake-or-source.md shows what such a module looks like.';

const THROWN = 'The message is the one of the module; --debug shows where it comes from.';

/** @throws PanoramaError `settings-invalid` where the module cannot be loaded, is none, or its `openLake` throws */
export async function openOwnLake(settings: ModuleDatalake, signal?: AbortSignal): Promise<LakePlace> {
  const { openLake } = await load<OwnLakeModule>(settings, 'openLake');
  const input = { ...inputOf(settings), ...(signal === undefined ? {} : { signal }) };
  const lake = await opened(settings, 'openLake', () => openLake(input));
  const storage = complete(settings, 'openLake', 'storage', lake?.storage, STORAGE);
  const engine =
    lake.engine === undefined ? undefined : complete(settings, 'openLake', 'engine', lake.engine, ENGINE);
  const spillFolder = join(tmpdir(), `panorama-${randomUUID()}`);
  return {
    storage,
    spillFolder,
    ...(engine === undefined ? {} : { catalog: engine }),
    notices: [],
    async close() {
      try {
        await engine?.close();
      } finally {
        await lake.close?.();
        await rm(spillFolder, { recursive: true, force: true });
      }
    },
  };
}

/** @throws PanoramaError `settings-invalid` where the module cannot be loaded, is none, or its `openSource` throws */
export async function openOwnSource(settings: ModuleDatasource): Promise<Source> {
  const { openSource } = await load<OwnSourceModule>(settings, 'openSource');
  const given = await opened(settings, 'openSource', () =>
    openSource({ name: settings.name, ...inputOf(settings) }),
  );
  const source = complete(settings, 'openSource', 'source', given, SOURCE);
  return {
    name: source.name,
    type: source.type,
    async open(options) {
      return complete(settings, 'open', 'session', await source.open(options), SESSION);
    },
  };
}

function inputOf({ options, named }: OwnModule): OwnModuleInput {
  return { options, folder: named?.folder ?? process.cwd() };
}

async function load<T extends object>(settings: OwnModule, needed: keyof T & string): Promise<T> {
  const { module } = settings;
  let loaded: Partial<T>;
  try {
    loaded = (await import(await addressOf(settings))) as Partial<T>;
  } catch (cause) {
    if (cause instanceof PanoramaError) throw cause;
    throw fault(settings, `${module} cannot be loaded: ${reasonOf(cause)}`, { hint: hintOf(cause), cause });
  }
  if (typeof loaded[needed] !== 'function') {
    const names = Object.keys(loaded);
    const found = names.length === 0 ? 'nothing' : names.join(', ');
    throw fault(settings, `${module} exports no function ${needed}; it exports ${found}`, { hint: HOW_TO });
  }
  guardOneInstallation(settings);
  return loaded as T;
}

/**
 * The bytes of a batch lie in the memory of the installation that made it, and its addresses mean something else in that
 * of another.
 */
function guardOneInstallation(settings: OwnModule): void {
  const other = [...loadedKernels].find((address) => address !== loadedFrom);
  if (other === undefined) return;
  const folder = (address: string): string => fileURLToPath(new URL('../..', address));
  throw fault(
    settings,
    `${settings.module} uses the panorama-elt in ${folder(other)}, and this program is the one in ${folder(loadedFrom)}`,
    { hint: 'Run the program that is installed beside the module, with npx panorama in its folder.' },
  );
}

/** A package is looked for beside the settings file, and then beside this program. */
async function addressOf(settings: OwnModule): Promise<string> {
  const { module, named } = settings;
  if (isAbsolute(module)) {
    const found = await stat(module).catch(() => undefined);
    if (found?.isFile() !== true)
      throw fault(settings, `${module} ${found === undefined ? 'does not exist' : 'is no file'}`, {
        hint: 'A path in the settings is relative to their file. Name the file itself, with its ending.',
      });
    return pathToFileURL(module).href;
  }
  const places = [join(named?.folder ?? process.cwd(), 'package.json'), fileURLToPath(import.meta.url)];
  for (const place of places) {
    try {
      return pathToFileURL(createRequire(place).resolve(module)).href;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') continue;
      throw fault(settings, `${module} has no export that can be found by its name`, {
        hint: 'Give the exports in its package.json the condition default.',
        cause,
      });
    }
  }
  throw fault(settings, `${module} is installed neither beside the settings file nor beside this program`, {
    hint: 'Install it in the folder of the settings file. The path of a file begins with ./ there.',
  });
}

/** What to do about a module that cannot be loaded. */
function hintOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'node --check FILE tells the line of a mistake of syntax.';
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND')
    return 'What a module imports must be installed beside the module.';
  return THROWN;
}

/** What an error says, without an end mark. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

/** What a function of the module gives, where it does not throw. */
async function opened<T>(settings: OwnModule, name: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof PanoramaError) throw cause;
    throw fault(settings, `${name} of ${settings.module} failed: ${reasonOf(cause)}`, {
      hint: THROWN,
      cause,
    });
  }
}

/** A part that a function of the module gave. @throws PanoramaError `settings-invalid` naming what it lacks */
function complete<T extends object>(
  settings: OwnModule,
  by: string,
  what: string,
  part: T | undefined,
  shape: Shape<T>,
): T {
  const subject = `${by} of ${settings.module} gives`;
  if (typeof part !== 'object' || part === null)
    throw fault(settings, `${subject} no ${what}`, { hint: HOW_TO });
  const lacking = Object.entries(shape).filter(([key, kind]) => typeof part[key as keyof T] !== kind);
  if (lacking.length === 0) return part;
  const names = lacking.map(([key, kind]) => `${key} (${kind as Kind})`).join(', ');
  const article = what === 'engine' ? 'an' : 'a';
  throw fault(settings, `${subject} ${article} ${what} without ${names}`, { hint: HOW_TO });
}

function fault(
  { named }: OwnModule,
  text: string,
  options: { readonly hint: string; readonly cause?: unknown },
): PanoramaError {
  return new PanoramaError('settings-invalid', `${named?.at ?? 'Module'}: ${text}.`, options);
}
