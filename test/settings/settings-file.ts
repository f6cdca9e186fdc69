import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { PanoramaError } from '../../src/errors.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { readSettingsFile } from '../../src/settings/settings-file.ts';
import type { SettingsFile } from '../../src/settings/settings-file.ts';
import type { Settings } from '../../src/settings/settings.ts';

type Environment = Record<string, string | undefined>;

/** A settings file of this text as if it had been read; neither it nor its folder is there. */
export const settingsFileOf = (text: string, env: Environment = {}): SettingsFile => ({
  name: 's.yaml',
  path: '/nowhere/s.yaml',
  text,
  bytes: Buffer.from(text),
  env: { HOME: '/nowhere', ...env },
});

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
  const placed = async (yaml: string, env: Environment) => {
    await put('s.yaml', yaml);
    return { file: 's.yaml', cwd: folder, env: { HOME: folder, ...env } };
  };
  return {
    get path() {
      return folder;
    },
    put,
    async read(yaml: string, env: Environment = {}): Promise<SettingsFile> {
      return readSettingsFile(await placed(yaml, env));
    },
    async load(yaml: string, env: Environment = {}): Promise<Settings> {
      return loadSettings(await placed(yaml, env));
    },
    /** The message of the `settings-invalid` error that loading ends with. */
    async refusal(yaml: string, env: Environment = {}): Promise<string> {
      const error = await loadSettings(await placed(yaml, env)).then(
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
