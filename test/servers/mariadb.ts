import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, constants, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A private MariaDB server: its own data directory, loopback only, gone after {@link MariadbServer.stop}. */
export interface MariadbServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly socket: string;
  /** A user with all rights, from any host. */
  readonly user: string;
  readonly password: string;
  readonly datadir: string;
  readonly pid: number;
  /** Paths of PEM files, present when started with `tls`. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Runs a script through the `mariadb` client as a user who may do anything; rejects with the client's message. */
  exec(sql: string | Uint8Array): Promise<void>;
  /** Ends the server (also one that was killed) and removes its files. */
  stop(): Promise<void>;
}

const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin'];
const NEEDED = ['mariadbd', 'mariadb-install-db', 'mariadb', 'mariadb-dump'];
const SETTINGS = ['--innodb-log-file-size=8M', '--innodb-flush-log-at-trx-commit=0', '--skip-log-bin'];

function find(program: string): string | undefined {
  for (const folder of FOLDERS) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

let answer: boolean | undefined;

/**
 * True where the MariaDB server and its tools are installed. Where they are not, suites skip with a loud line,
 * except in CI, where that is a failure.
 */
export function mariadbAvailable(): boolean {
  if (answer !== undefined) return answer;
  const missing = NEEDED.filter((program) => find(program) === undefined);
  answer = missing.length === 0;
  if (answer) return true;
  const message = `MariaDB is not installed (${missing.join(', ')}): apt-get install mariadb-server`;
  if (process.env['CI'] === 'true') throw new Error(message);
  console.error(`\n*** SKIPPED: ${message} ***\n`);
  return false;
}

/** The full path of a MariaDB program that {@link mariadbAvailable} has found. */
export function mariadbProgram(name: 'mariadb' | 'mariadb-dump' | 'mariadbd' | 'mariadb-install-db'): string {
  const path = find(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** A fresh data directory to copy from, made once per server version and kept in the user's cache. */
async function template(): Promise<string> {
  const { stdout } = await run(mariadbProgram('mariadbd'), ['--no-defaults', '--version']);
  const version = /Ver (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  const cache = join(homedir() || tmpdir(), '.cache', 'panorama-elt-test');
  const path = join(cache, `mariadb-${version}`);
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, 'new-'));
  await run(mariadbProgram('mariadb-install-db'), [
    '--no-defaults',
    `--datadir=${fresh}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...SETTINGS,
    ...asRoot(),
  ]);
  try {
    await rename(fresh, path);
  } catch (error) {
    // Another process was quicker.
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(path))) throw error;
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Starts a server and waits until it takes connections. `args` are further server options. */
export async function startMariadb(
  options: { tls?: boolean; args?: readonly string[] } = {},
): Promise<MariadbServer> {
  const folder = await mkdtemp(join(tmpdir(), 'panorama-mariadb-'));
  try {
    const datadir = join(folder, 'data');
    await cp(await template(), datadir, { recursive: true });
    const tls = options.tls === true ? await makeCertificates(folder) : undefined;
    const password = 'pw-' + Math.random().toString(36).slice(2);
    const init = join(folder, 'init.sql');
    await writeFile(
      init,
      `CREATE USER 'panorama'@'%' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO 'panorama'@'%' WITH GRANT OPTION;\n`,
    );
    const args = [...(options.args ?? [])];
    if (tls) args.push(`--ssl-ca=${tls.ca}`, `--ssl-cert=${tls.cert}`, `--ssl-key=${tls.key}`);
    const { child, port } = await launch(folder, args);
    return {
      host: '127.0.0.1',
      port,
      socket: join(folder, 'sock'),
      user: 'panorama',
      password,
      datadir,
      pid: child.pid!,
      ...(tls && { tls }),
      exec: (sql) => execScript(join(folder, 'sock'), sql),
      stop: () => stop(child, folder),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function launch(folder: string, args: string[]): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawn(
      mariadbProgram('mariadbd'),
      [
        '--no-defaults',
        ...asRoot(),
        `--datadir=${join(folder, 'data')}`,
        `--socket=${join(folder, 'sock')}`,
        `--pid-file=${join(folder, 'pid')}`,
        `--init-file=${join(folder, 'init.sql')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=64M',
        '--character-set-server=utf8mb4',
        '--max-allowed-packet=256M',
        ...SETTINGS,
        ...args,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const log = await ready(child, folder);
    if (log === undefined) return { child, port };
    if (attempt === 3 || !/already in use/i.test(log)) throw new Error(`mariadbd did not start:\n${log}`);
  }
}

/** Waits until the server takes connections; answers its log where it ended instead. */
function ready(child: ChildProcess, folder: string): Promise<string | undefined> {
  const killIt = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', killIt);
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      if (log.length < 100_000) log += chunk.toString();
      if (/ready for connections/.test(log)) resolve(undefined);
    });
    child.once('error', reject);
    child.once('exit', () => {
      process.off('exit', killIt);
      resolve(log);
    });
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // Nothing of the data is wanted any more, so there is no reason to wait for an orderly end.
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

function execScript(socket: string, sql: string | Uint8Array): Promise<void> {
  const args = [
    '--no-defaults',
    `--socket=${socket}`,
    '--user=root',
    '--batch',
    '--binary-mode',
    '--default-character-set=utf8mb4',
  ];
  const child = spawn(mariadbProgram('mariadb'), args, { stdio: ['pipe', 'ignore', 'pipe'] });
  return new Promise((resolve, reject) => {
    let message = '';
    child.stderr.on('data', (chunk: Buffer) => (message += chunk.toString()));
    // The client may end before it has read all of a wrong script; its exit says why.
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(message.trim()))));
    child.stdin.end(sql);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** A certificate authority of our own and a server certificate for localhost and 127.0.0.1, valid two days. */
async function makeCertificates(folder: string): Promise<{ ca: string; cert: string; key: string }> {
  const openssl = (options: string): Promise<unknown> => run('openssl', options.split(' '), { cwd: folder });
  await openssl(
    'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=Panorama-test-CA -keyout ca.key -out ca.pem',
  );
  await openssl('req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr');
  await writeFile(join(folder, 'server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signing = '-CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext';
  await openssl(`x509 -req -in server.csr ${signing} -out server.pem`);
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
}
