import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { PanoramaError } from '../errors.ts';
import type { Engine } from '../engines/engine.ts';
import type { ModuleDatalake, ModuleDatasource, ModuleOptions } from '../settings/settings.ts';
import type { Source } from '../sources/source.ts';
import type { Storage } from '../storage/storage.ts';
import type { LakePlace } from './lake.ts';

/**
 * What a module named by `datalake.module` exports. The storage passes `test/contracts/storage.ts`, an engine
 * `test/contracts/engine.ts`.
 */
export interface OwnLakeModule {
  /** Makes the parts of the lake; without an engine, the places that the storage locates are read by DuckDB. */
  openLake(options: ModuleOptions): OwnLake | Promise<OwnLake>;
}

export interface OwnLake {
  readonly storage: Storage;
  readonly engine?: Engine;
}

/** What a module named by a data source's `module` exports. The source passes `test/contracts/source.ts`. */
export interface OwnSourceModule {
  openSource(given: { readonly name: string; readonly options: ModuleOptions }): Source | Promise<Source>;
}

/** @throws PanoramaError `settings-invalid` where the module cannot be loaded or lacks `openLake` */
export async function openOwnLake(settings: ModuleDatalake): Promise<LakePlace> {
  const { openLake } = await load<OwnLakeModule>(settings.module, 'openLake');
  const { storage, engine } = await openLake(settings.options);
  const spillFolder = join(tmpdir(), `panorama-${randomUUID()}`);
  return {
    storage,
    spillFolder,
    ...(engine === undefined ? {} : { catalog: engine }),
    notices: [],
    async close() {
      await engine?.close();
      await rm(spillFolder, { recursive: true, force: true });
    },
  };
}

/** @throws PanoramaError `settings-invalid` where the module cannot be loaded or lacks `openSource` */
export async function openOwnSource({ module, name, options }: ModuleDatasource): Promise<Source> {
  const { openSource } = await load<OwnSourceModule>(module, 'openSource');
  return openSource({ name, options });
}

async function load<T extends object>(module: string, needed: keyof T & string): Promise<T> {
  let loaded: Partial<T>;
  try {
    loaded = (await import(addressOf(module))) as Partial<T>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PanoramaError('settings-invalid', `The module ${module} cannot be loaded: ${reason}.`, {
      hint: 'A path in the settings is relative to their file and begins with ./; a package must be installed beside it.',
      cause,
    });
  }
  if (typeof loaded[needed] === 'function') return loaded as T;
  throw new PanoramaError('settings-invalid', `The module ${module} exports no function ${needed}.`, {
    hint: 'docs/how-to/own-lake-or-source.md shows what such a module looks like.',
  });
}

/** A package is looked for beside the working directory, as the user installed it, and then beside this program. */
function addressOf(module: string): string {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(module)).href;
  } catch {
    return module;
  }
}
