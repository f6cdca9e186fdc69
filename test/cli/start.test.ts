import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { helpTexts } from '../../scripts/help-texts.ts';

const ROOT = new URL('../..', import.meta.url).href;

/** A loader hook that writes the address of every module to standard error before it is loaded. */
const HOOK = `
  import { writeSync } from 'node:fs';
  export function load(url, context, next) {
    if (!url.startsWith('node:')) writeSync(2, 'loads ' + url + '\\n');
    return next(url, context);
  }`;
const TRACE = `
  import { register } from 'node:module';
  register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOK)}`)});`;

/** Runs the built program; `modules` are the files that it loaded, relative to the project. */
function traced(...args: string[]) {
  const run = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(TRACE)}`,
      fileURLToPath(`${ROOT}bin/panorama.js`),
      ...args,
    ],
    { encoding: 'utf8' },
  );
  const lines = run.stderr.split('\n');
  const isModule = (line: string): boolean => line.startsWith('loads ');
  return {
    code: run.status,
    stdout: run.stdout,
    stderr: lines.filter((line) => !isModule(line)).join('\n'),
    modules: lines.filter(isModule).map((line) => line.slice('loads '.length).replace(ROOT, '')),
  };
}

describe('the start of the command line', () => {
  const live = helpTexts();

  it('has the texts of the commands as they are now stored by the build', () => {
    const stored: unknown = JSON.parse(readFileSync(new URL(`${ROOT}dist/cli/help.json`), 'utf8'));
    expect(stored, 'npm run build').toEqual(live);
    expect(Object.keys(live.help)).toContain('extract-and-load');
  });

  it.each([
    { args: ['--help'], text: live.help[''] },
    { args: ['-h'], text: live.help[''] },
    { args: ['help'], text: live.help[''] },
    { args: ['load', '--help'], text: live.help['load'] },
    { args: ['query', '-h'], text: live.help['query'] },
    { args: ['help', 'tables'], text: live.help['tables'] },
    { args: ['--version'], text: `${live.version}\n` },
    { args: ['-V'], text: `${live.version}\n` },
  ])('prints $args from what is stored and loads nothing else', ({ args, text }) => {
    expect(traced(...args)).toEqual({
      code: 0,
      stdout: text,
      stderr: '',
      modules: ['bin/panorama.js', 'dist/cli/start.js'],
    });
  });

  it.each([
    { args: ['--debug', '--help'], text: live.help[''] },
    { args: ['--debug', 'load', '--help'], text: live.help['load'] },
    { args: ['load', 'x', '--help'], text: live.help['load'] },
  ])('$args says the same by way of the commands', ({ args, text }) => {
    const { code, stdout, modules } = traced(...args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: text });
    expect(modules).toContain('dist/cli/main.js');
  });

  it('loads no schema of settings where none are read', () => {
    const { code, modules } = traced('load', fileURLToPath(`${ROOT}nowhere`));
    expect(code).toBe(1);
    expect(modules).toContain('dist/settings/directory.js');
    expect(modules.filter((path) => /^node_modules\/(?:zod|yaml)\//.test(path))).toEqual([]);
  });

  it.each([
    { args: ['laod'], said: "error: unknown command 'laod'\n(Did you mean load?)" },
    { args: ['constructor', '--help'], said: 'Usage: panorama' },
    { args: ['tables', '--lak'], said: "error: unknown option '--lak'\n(Did you mean --lake?)" },
  ])('answers $args from the definitions of the commands alone', ({ args, said }) => {
    const { code, stdout, stderr, modules } = traced(...args);
    expect(stdout + stderr).toContain(said);
    expect(code).toBe(args.includes('--help') ? 0 : 2);
    const packages = modules.flatMap((path) => /^node_modules\/([^/]+)/.exec(path)?.[1] ?? []);
    expect(new Set(packages)).toEqual(new Set(['commander']));
    const own = modules.filter((path) => !path.startsWith('node_modules/'));
    expect(own.filter((path) => !/^(?:bin|dist\/cli)\//.test(path)).sort()).toEqual([
      'dist/errors.js',
      'dist/version.js',
    ]);
    expect(own.filter((path) => path.startsWith('dist/cli/render/'))).toEqual([]);
    // Beside the commands themselves only a few.
    expect(own.filter((path) => !path.startsWith('dist/cli/commands/')).length).toBeLessThanOrEqual(8);
  });
});
