import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { PanoramaError } from '../../src/errors.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { Settings } from '../../src/settings/settings.ts';

type Environment = Record<string, string | undefined>;

/** A folder for the settings files of one test file; it is also HOME, so that no real `~/.my.cnf` is read. */
export function settingsFolder() {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'panorama-settings-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const put = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text);
  };
  return {
    get path() {
      return folder;
    },
    put,
    async load(yaml: string, env: Environment = {}): Promise<Settings> {
      await put('s.yaml', yaml);
      return loadSettings({ file: 's.yaml', cwd: folder, env: { HOME: folder, ...env } });
    },
    /** The message of the `settings-invalid` error that loading ends with. */
    async refusal(yaml: string, env: Environment = {}): Promise<string> {
      await put('s.yaml', yaml);
      const loading = loadSettings({ file: 's.yaml', cwd: folder, env: { HOME: folder, ...env } });
      const error = await loading.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof PanoramaError) || error.code !== 'settings-invalid') {
        throw new Error('expected settings-invalid', { cause: error });
      }
      return error.message;
    },
  };
}
