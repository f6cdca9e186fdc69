import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/panorama.js', import.meta.url));

export interface CliResult {
  /** The exit code; a signal's number + 128 where the process died of one. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** A shell line to run the program by, with `"$@"` in the place of its command line. */
  readonly shell?: string;
  /** Called with the process once it runs. */
  readonly started?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the built program as a user would; never throws for its exit code. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const command = [process.execPath, PROGRAM, ...args];
  const [file, ...rest] =
    options.shell === undefined ? command : ['/bin/sh', '-c', options.shell, 'sh', ...command];
  const {
    PANORAMA_SETTINGS_FILE: _file,
    MYSQL_PWD: _password,
    MYSQL_HOST: _host,
    MYSQL_TCP_PORT: _port,
    FORCE_COLOR: _color,
    ...env
  } = process.env;
  const child = spawn(file!, rest, {
    cwd: options.cwd,
    // Where CI is set the output would have colours.
    env: { ...env, HOME: '/nonexistent', NO_COLOR: '1', ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(options.input);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  options.started?.(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), stdout, stderr }),
    );
  });
}

/** Every file of a lake with its hash, without the records of runs and the lock. */
export function lakeContents(path: string): Record<string, string> {
  const contents: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const child = join(folder, entry.name);
      if (['runs', 'lock.json'].includes(entry.name) && folder.endsWith('_panorama')) continue;
      if (entry.isDirectory()) visit(child);
      else contents[relative(path, child)] = createHash('sha256').update(readFileSync(child)).digest('hex');
    }
  };
  if (statSync(path, { throwIfNoEntry: false })) visit(path);
  return contents;
}
