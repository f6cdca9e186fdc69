import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { openOwnLake, openOwnSource } from '../../src/pipeline/own-module.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { ModuleDatalake, ModuleDatasource } from '../../src/settings/settings.ts';
import { cli } from '../cli/cli.ts';
import { tempDir } from '../temp-dir.ts';

const PROGRAM = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const root = tempDir();
let counter = 0;

const STORAGE = `{
  root: 'nowhere', stage() {}, commit() {}, abort() {}, sweepStaged() {}, read() {}, putIf() {}, list() {}, remove() {},
  locate() {},
}`;
const SESSION = '{ tables() {}, describe() {}, read() {}, check() {}, close() {} }';

/** The settings of a lake and a source that are both the module, with files beside them. */
async function settingsFor(module: string, files: Record<string, string>) {
  const folder = join(root, String(counter++));
  const yaml = `datalake:
  options: { path: ./x, list: [01, ~] }
  module: ${module}
datasources:
  - type: module
    name: mine
    module: ${module}
`;
  for (const [name, text] of Object.entries({ ...files, 'p.yaml': yaml })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { datalake, datasources } = await loadSettings({ file: 'p.yaml', cwd: folder, env: {} });
  return { folder, lake: datalake as ModuleDatalake, source: datasources[0] as ModuleDatasource };
}

/** The error of opening the lake of a module whose text this is. */
async function lakeFault(text: string): Promise<{ code: string; message: string; hint: string }> {
  const { lake, folder } = await settingsFor('./m.mjs', { 'm.mjs': text });
  return faultOf(openOwnLake(lake), folder);
}

async function sourceFault(text: string): Promise<{ code: string; message: string; hint: string }> {
  const { source, folder } = await settingsFor('./m.mjs', { 'm.mjs': text });
  return faultOf((async () => (await openOwnSource(source)).open())(), folder);
}

async function faultOf(opening: Promise<unknown>, folder: string) {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { code, message, hint } = error as { code: string; message: string; hint: string };
  return { code, message: message.replaceAll(folder, 'FOLDER'), hint };
}

/** The errors that `test-connections --json` printed. */
function messagesOf(stdout: string, folder: string): string[] {
  const checks = JSON.parse(stdout) as { error: { message: string } }[];
  return checks.map(({ error }) => error.message.replaceAll(folder, 'FOLDER').replaceAll(PROGRAM, 'PROGRAM'));
}

describe('a lake of one’s own', () => {
  it('is given its options as text, the folder of the settings and the signal', async () => {
    const { lake, folder } = await settingsFor('./m.mjs', {
      'm.mjs': `export const openLake = (input) => ({ storage: { ...${STORAGE}, input } });`,
    });
    const { signal } = new AbortController();
    const place = await openOwnLake(lake, signal);
    expect(place.storage).toHaveProperty('input', {
      options: { path: './x', list: ['01', null] },
      folder,
      signal,
    });
    expect(place.catalog).toBeUndefined();
    await place.close();
  });

  it('closes the engine, then the rest, also where the engine fails to close', async () => {
    const { lake } = await settingsFor('./m.mjs', {
      'm.mjs': `export const openLake = () => {
        const storage = { ...${STORAGE}, closed: [] };
        const engine = {
          name: 'e', capabilities: {}, types: {}, ensureTable() {}, replaceViews() {}, drop() {}, query() {},
          async close() { storage.closed.push('engine'); throw new Error('stuck'); },
        };
        return { storage, engine, async close() { storage.closed.push('storage'); } };
      };`,
    });
    const place = await openOwnLake(lake);
    expect(place.catalog).toHaveProperty('name', 'e');
    await expect(place.close()).rejects.toThrow('stuck');
    expect(place.storage).toHaveProperty('closed', ['engine', 'storage']);
  });
});

describe('a source of one’s own', () => {
  it('is given its name, and opens with what the run wishes', async () => {
    const { source, folder } = await settingsFor('./m.mjs', {
      'm.mjs': `export class Mine {
        #given;
        constructor(given) { this.#given = given; this.name = given.name; this.type = 'mine'; }
        async open(options) { return { ...${SESSION}, given: this.#given, options }; }
      }
      export const openSource = async (given) => new Mine(given);`,
    });
    const mine = await openOwnSource(source);
    expect([mine.name, mine.type]).toEqual(['mine', 'mine']);
    expect(await mine.open({ parallel: 3 })).toMatchObject({
      given: { name: 'mine', options: {}, folder },
      options: { parallel: 3 },
    });
  });

  it('may be a package beside the settings file, of either kind of module', async () => {
    const text = `module.exports = { openSource: () => ({ name: 'p', type: 'p', open() {} }) };`;
    const { source } = await settingsFor("'@me/mine'", {
      'node_modules/@me/mine/package.json': '{ "name": "@me/mine", "exports": "./main.cjs" }',
      'node_modules/@me/mine/main.cjs': text,
    });
    expect((await openOwnSource(source)).name).toBe('p');
  });
});

describe('what is wrong is told with the file, the line and the key of the settings', () => {
  // By the program itself, for the tests' loader tells mistakes of loading in words of its own.
  it.concurrent.each<[string, string, Record<string, string>, string]>([
    ['no file', './none.mjs', {}, 'FOLDER/none.mjs does not exist.'],
    ['a folder', './lib', { 'lib/index.js': '' }, 'FOLDER/lib is no file.'],
    [
      'no package',
      'no-such-package',
      {},
      'no-such-package is installed neither beside the settings file nor beside this program.',
    ],
    [
      'a package without an export that can be found',
      'mine',
      {
        'node_modules/mine/package.json': '{ "name": "mine", "exports": { "browser": "./main.js" } }',
        'node_modules/mine/main.js': '',
      },
      'mine has no export that can be found by its name.',
    ],
    [
      'a mistake of syntax',
      './m.mjs',
      { 'm.mjs': 'export const openLake = () => {\n  return return;\n};' },
      "FOLDER/m.mjs cannot be loaded: Unexpected token 'return'.",
    ],
    [
      'a throw while the module is loaded',
      './m.mjs',
      { 'm.mjs': "throw new TypeError('not today.');" },
      'FOLDER/m.mjs cannot be loaded: not today.',
    ],
    [
      'a package that the module needs',
      './m.mjs',
      { 'm.mjs': "import 'no-such-package';" },
      "FOLDER/m.mjs cannot be loaded: Cannot find package 'no-such-package' imported from FOLDER/m.mjs.",
    ],
    [
      'another name exported',
      './m.mjs',
      { 'm.mjs': 'export const openlake = () => {}; export default 1;' },
      'FOLDER/m.mjs exports no function OPEN; it exports default, openlake.',
    ],
    [
      'a function that throws',
      './m.mjs',
      {
        'm.mjs': "export function openLake() { throw new Error('why'); } export const openSource = openLake;",
      },
      'OPEN of FOLDER/m.mjs failed: why.',
    ],
  ])('%s', async (_, module, files, text) => {
    const { folder } = await settingsFor(module, files);
    const { code, stdout } = await cli(['test-connections', '--settings', 'p.yaml', '--json'], {
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(messagesOf(stdout, folder)).toEqual([
      `p.yaml:3: datalake.module: ${text.replace('OPEN', 'openLake')}`,
      `p.yaml:7: datasources[0].module: ${text.replace('OPEN', 'openSource')}`,
    ]);
  });

  it('another installation of this program, whose batches mean nothing here', async () => {
    const other = 'node_modules/panorama-elt';
    const { folder } = await settingsFor('./m.mjs', {
      'm.mjs': `import 'panorama-elt'; export const openLake = () => ({ storage: ${STORAGE} });
        export const openSource = ({ name }) => ({ name, type: 'm', open: async () => (${SESSION}) });`,
      [`${other}/package.json`]: await readFile(join(PROGRAM, 'package.json'), 'utf8'),
    });
    await cp(join(PROGRAM, 'dist'), join(folder, other, 'dist'), { recursive: true });
    await symlink(join(PROGRAM, 'node_modules'), join(folder, other, 'node_modules'));
    const { code, stdout } = await cli(['test-connections', '--settings', 'p.yaml', '--json'], {
      cwd: folder,
    });
    expect(code).toBe(2);
    const text = `FOLDER/m.mjs uses the panorama-elt in FOLDER/${other}/, and this program is the one in PROGRAM/.`;
    expect(messagesOf(stdout, folder)).toEqual([
      `p.yaml:3: datalake.module: ${text}`,
      `p.yaml:7: datasources[0].module: ${text}`,
    ]);
  });

  it.each<[string, string, string]>([
    ['nothing exported', '', 'FOLDER/m.mjs exports no function openLake; it exports nothing.'],
    [
      'no function',
      'export const openLake = {};',
      'FOLDER/m.mjs exports no function openLake; it exports openLake.',
    ],
    ['nothing given', 'export const openLake = () => {};', 'openLake of FOLDER/m.mjs gives no storage.'],
    [
      'a storage without methods',
      `export const openLake = () => ({ storage: { ...${STORAGE}, putIf: undefined, list: 1 } });`,
      'openLake of FOLDER/m.mjs gives a storage without putIf (function), list (function).',
    ],
    [
      'an engine without methods',
      `export const openLake = () => ({ storage: ${STORAGE}, engine: { name: 'e', capabilities: {}, types: {},
        ensureTable() {}, replaceViews() {}, drop() {}, close() {} } });`,
      'openLake of FOLDER/m.mjs gives an engine without query (function).',
    ],
    [
      'a throw',
      "export const openLake = () => { throw new Error('options.path is missing'); };",
      'openLake of FOLDER/m.mjs failed: options.path is missing.',
    ],
    [
      'a rejection with no error',
      "export const openLake = async () => { throw 'sulk'; };",
      'openLake of FOLDER/m.mjs failed: sulk.',
    ],
  ])('lake: %s', async (_, text, message) => {
    const fault = await lakeFault(text);
    expect(fault).toMatchObject({
      code: 'settings-invalid',
      message: `p.yaml:3: datalake.module: ${message}`,
    });
    expect(fault.hint).not.toContain('settings.md');
  });

  it.each<[string, string, string]>([
    [
      'no function',
      'export const openLake = 1;',
      'FOLDER/m.mjs exports no function openSource; it exports openLake.',
    ],
    [
      'no way to open',
      "export const openSource = ({ name }) => ({ name, type: 'mine' });",
      'openSource of FOLDER/m.mjs gives a source without open (function).',
    ],
    [
      'a session without methods',
      `export const openSource = ({ name }) =>
        ({ name, type: 'mine', open: async () => ({ ...${SESSION}, read: null, close: null }) });`,
      'open of FOLDER/m.mjs gives a session without read (function), close (function).',
    ],
    [
      'a throw',
      "export const openSource = () => { throw new Error('why'); };",
      'openSource of FOLDER/m.mjs failed: why.',
    ],
  ])('source: %s', async (_, text, message) => {
    expect(await sourceFault(text)).toMatchObject({
      code: 'settings-invalid',
      message: `p.yaml:7: datasources[0].module: ${message}`,
    });
  });

  it('what a session throws is told as it is', async () => {
    const { source } = await settingsFor('./m.mjs', {
      'm.mjs': `export const openSource = ({ name }) =>
        ({ name, type: 'mine', open: async () => { throw new TypeError('oops'); } });`,
    });
    await expect((await openOwnSource(source)).open()).rejects.toThrow(new TypeError('oops'));
  });

  it('an error with a code keeps it, from a module to which the package is linked', async () => {
    const { folder } = await settingsFor('./m.mjs', {
      'm.mjs': `import { PanoramaError } from 'panorama-elt';
        export function openLake() { throw new PanoramaError('lake-unreachable', 'The shelf is empty.'); }
        export function openSource() { throw new PanoramaError('source-access-denied', 'The door is shut.'); }`,
      'node_modules/.keep': '',
    });
    await symlink(PROGRAM, join(folder, 'node_modules/panorama-elt'));
    const { code, stdout } = await cli(['test-connections', '--settings', 'p.yaml', '--json'], {
      cwd: folder,
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { error: { code: 'lake-unreachable', message: 'The shelf is empty.' } },
      { error: { code: 'source-access-denied', message: 'The door is shut.' } },
    ]);
  });
});
