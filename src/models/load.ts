import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { faulty, type Model } from './model.ts';
import { parseModel } from './parse.ts';

/** The models of the package; the same place from `src/` and from `dist/`. */
const FOLDER = fileURLToPath(new URL('../../models', import.meta.url));

let loaded: Promise<Model[]> | undefined;

/** The models that the package brings along, each after those that it reads. Files are read once. */
export function loadModels(): Promise<Model[]> {
  return (loaded ??= readModels(FOLDER));
}

/**
 * The models of a folder, each after those that it reads.
 * @throws PanoramaError `internal` where a file is no model
 */
export async function readModels(folder: string): Promise<Model[]> {
  const paths = (await readdir(folder, { recursive: true })).sort();
  const models: Model[] = [];
  for (const path of paths.filter((path) => path.endsWith('.sql'))) {
    const data: Record<string, string> = {};
    for (const beside of paths.filter(
      (other) => dirname(other) === dirname(path) && other.endsWith('.csv'),
    )) {
      data[basename(beside, '.csv')] = await readFile(join(folder, beside), 'utf8');
    }
    models.push(parseModel(basename(path, '.sql'), await readFile(join(folder, path), 'utf8'), data));
  }
  return inOrder(models);
}

/** Each model after those that it reads. @throws PanoramaError `internal` for a circle or a name that is no model */
export function inOrder(models: readonly Model[]): Model[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  const done = new Set<Model>();
  const under = new Set<Model>();
  function visit(model: Model): void {
    if (done.has(model)) return;
    if (under.has(model)) throw faulty(model.name, 'reads itself');
    under.add(model);
    for (const name of model.reads) {
      const read = byName.get(name);
      if (read === undefined) throw faulty(model.name, `reads ${name}, which is no model`);
      visit(read);
    }
    done.add(model);
  }
  for (const model of models) visit(model);
  return [...done];
}
