import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, type WatchedProcess, watchProcess } from './watched-process.ts';

export const run = promisify(execFile);

/** What the tests keep between runs: fresh data directories and unpacked servers. */
export const CACHE = join(homedir() || tmpdir(), '.cache', 'panorama-elt-test');

/** A private server: its own data directory, loopback only, gone after {@link DatabaseServer.stop}. */
export interface DatabaseServer {
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
  /** Runs a script through the server's own client as a user who may do anything; rejects with its message. */
  exec(sql: string | Uint8Array): Promise<void>;
  /** What the server's own dump program writes with these options. */
  dump(args: readonly string[]): Promise<Buffer>;
  /** Ends the server (also one that was killed) and removes its files. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly tls?: boolean;
  /** Further server options. */
  readonly args?: readonly string[];
}

/** A program and the arguments that come before all others. */
export type Command = readonly [program: string, ...args: string[]];

/** How MariaDB and MySQL differ for {@link startServer}. */
export interface ServerKind {
  readonly name: 'mariadb' | 'mysql';
  readonly server: Command;
  readonly client: Command;
  readonly dump: Command;
  /** A fresh data directory to copy from. */
  template(): Promise<string>;
  /** Server options that every server of this kind has. */
  readonly args: readonly string[];
  /** Server options of one that shall not offer TLS. */
  readonly withoutTls: readonly string[];
}

/** The server runs as the user who started the tests; as root it wants to be told so. */
export const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A folder that is made once: `fill` gets a new one beside it, which is renamed when it is complete. */
export async function makeOnce(path: string, fill: (fresh: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(join(CACHE, 'new-'));
  try {
    await fill(fresh);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another process was quicker.
    if (!(await exists(path))) throw error;
  }
  return path;
}

/** Starts a server and waits until it takes connections. */
export async function startServer(kind: ServerKind, options: StartOptions): Promise<DatabaseServer> {
  const folder = await mkdtemp(join(tmpdir(), `panorama-${kind.name}-`));
  const socket = join(folder, 'sock');
  try {
    const datadir = join(folder, 'data');
    await mkdir(join(folder, 'tmp'));
    await cp(await kind.template(), datadir, { recursive: true });
    const tls = options.tls === true ? await makeCertificates(folder) : undefined;
    const password = 'pw-' + Math.random().toString(36).slice(2);
    const init = join(folder, 'init.sql');
    await writeFile(
      init,
      `CREATE USER 'panorama'@'%' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO 'panorama'@'%' WITH GRANT OPTION;\n`,
    );
    const args = [...(options.args ?? []), ...(tls ? [] : kind.withoutTls)];
    if (tls) args.push(`--ssl-ca=${tls.ca}`, `--ssl-cert=${tls.cert}`, `--ssl-key=${tls.key}`);
    const { watched, port } = await launch(kind, folder, args);
    return {
      host: '127.0.0.1',
      port,
      socket,
      user: 'panorama',
      password,
      datadir,
      pid: watched.child.pid!,
      ...(tls && { tls }),
      exec: (sql) => execScript(kind.client, socket, sql).catch(withEnd(watched)),
      dump: (dumpArgs) => dump(kind.dump, socket, dumpArgs).catch(withEnd(watched)),
      stop: () => watched.stop(),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function launch(
  kind: ServerKind,
  folder: string,
  args: readonly string[],
): Promise<{ watched: WatchedProcess; port: number }> {
  const [program, ...first] = kind.server;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawn(
      program,
      [
        ...first,
        '--no-defaults',
        ...asRoot(),
        `--datadir=${join(folder, 'data')}`,
        // A server that starts removes temporary tables from the folder that all share by default, also those of others.
        `--tmpdir=${join(folder, 'tmp')}`,
        `--socket=${join(folder, 'sock')}`,
        `--pid-file=${join(folder, 'pid')}`,
        `--init-file=${join(folder, 'init.sql')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=64M',
        '--innodb-flush-log-at-trx-commit=0',
        '--skip-log-bin',
        '--character-set-server=utf8mb4',
        '--max-allowed-packet=256M',
        ...kind.args,
        ...args,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const watched = watchProcess(kind.name, child, folder);
    if (await ready(watched)) return { watched, port };
    if (attempt === 3 || !/already in use/i.test(watched.log())) throw new Error(watched.ended());
  }
}

/** Waits until the server takes connections; answers false where it ended instead. */
function ready({ child, log }: WatchedProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', () => {
      if (/ready for connections/.test(log())) resolve(true);
    });
    child.once('error', reject);
    child.once('close', () => resolve(false));
  });
}

/** A client of a server that has ended says only that it cannot connect. */
function withEnd(watched: WatchedProcess): (error: Error) => never {
  return (error) => {
    const ended = watched.ended();
    throw ended === undefined ? error : new Error(`${error.message}\n${ended}`, { cause: error });
  };
}

function execScript(client: Command, socket: string, sql: string | Uint8Array): Promise<void> {
  const [program, ...first] = client;
  const args = [
    ...first,
    '--no-defaults',
    `--socket=${socket}`,
    '--user=root',
    '--batch',
    '--binary-mode',
    '--default-character-set=utf8mb4',
  ];
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
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

function dump(command: Command, socket: string, args: readonly string[]): Promise<Buffer> {
  const [program, ...first] = command;
  const connection = ['--no-defaults', `--socket=${socket}`, '--user=root'];
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...first, ...connection, ...args],
      { encoding: 'buffer', maxBuffer: 2 ** 30 },
      (error, stdout, stderr) =>
        error ? reject(new Error(stderr.toString() || error.message)) : resolve(stdout),
    );
  });
}

/** A certificate authority of our own and a server certificate for localhost and 127.0.0.1, valid two days. */
export async function makeCertificates(folder: string): Promise<{ ca: string; cert: string; key: string }> {
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
