import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CACHE, type Command, makeOnce, run } from './server-process.ts';

/**
 * Debian's stable releases have no MySQL server, but its unstable one has. Its packages, with the libraries they
 * need, are unpacked into the cache and run from there through their own dynamic loader: nothing is installed, and
 * nothing of the system is used or changed.
 */
const ARCHIVE = 'http://deb.debian.org/debian sid main';
/** Signs what apt downloads; in Debian always there, elsewhere the package debian-archive-keyring. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PACKAGES = ['mysql-server-core', 'mysql-client-core'];
/** Not needed to run the programs. */
const LEFT_OUT = ['usr/share/doc', 'usr/share/man', 'usr/share/locale'];

/** Where an unpacked MySQL server lies. */
export interface UnpackedMysql {
  readonly version: string;
  /** Holds `root`, the unpacked packages, and `data`, a fresh data directory, once one was made. */
  readonly folder: string;
  /** Its triplet in the names of folders, e.g. `x86_64-linux-gnu`. */
  readonly triplet: string;
  readonly loader: string;
}

/** The newest MySQL server in the cache; undefined where there is none. */
export function unpackedMysql(): UnpackedMysql | undefined {
  const names = list(CACHE).filter((name) => name.startsWith('mysql-'));
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const name = names.at(-1);
  if (name === undefined) return undefined;
  const folder = join(CACHE, name);
  for (const triplet of list(join(folder, 'root/usr/lib'))) {
    const loader = list(join(folder, 'root/usr/lib', triplet)).find((file) => /^ld-linux.*\.so\./.test(file));
    if (loader === undefined) continue;
    return {
      version: name.slice('mysql-'.length),
      folder,
      triplet,
      loader: join(folder, 'root/usr/lib', triplet, loader),
    };
  }
  return undefined;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A program of the unpacked packages, e.g. `usr/sbin/mysqld`, as it is started. */
export function mysqlCommand(mysql: UnpackedMysql, program: string): Command {
  const root = join(mysql.folder, 'root');
  return [mysql.loader, '--library-path', join(root, 'usr/lib', mysql.triplet), join(root, program)];
}

/**
 * Downloads and unpacks the MySQL server unless that was done before; needs apt and a network but no rights.
 * @throws Error that says what is missing
 */
export async function provisionMysql(): Promise<void> {
  if (unpackedMysql() !== undefined) return;
  if (spawnSync('apt-get', ['--version']).status !== 0) throw new Error('there is no apt-get');
  await access(KEYRING).catch(() => {
    throw new Error('the keys of Debian are missing: apt-get install debian-archive-keyring');
  });
  const scratch = await mkdtemp(join(tmpdir(), 'panorama-apt-'));
  try {
    const packages = await download(scratch);
    const server = packages.find((file) => file.startsWith('mysql-server-core_'));
    const version = server?.split('_')[1];
    if (version === undefined) throw new Error('apt-get downloaded no mysql-server-core');
    await makeOnce(join(CACHE, `mysql-${version}`), async (fresh) => {
      const root = join(fresh, 'root');
      for (const file of packages) await run('dpkg-deb', ['-x', join(scratch, 'archives', file), root]);
      for (const folder of LEFT_OUT) await rm(join(root, folder), { recursive: true, force: true });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The names of the packages, downloaded into the folder `archives` with their signatures checked. */
async function download(scratch: string): Promise<string[]> {
  // apt reads and writes its files here as another user.
  await chmod(scratch, 0o755);
  for (const folder of ['lists', 'archives/partial']) await mkdir(join(scratch, folder), { recursive: true });
  await writeFile(join(scratch, 'sources.list'), `deb [signed-by=${KEYRING}] ${ARCHIVE}\n`);
  const architecture = (await run('dpkg', ['--print-architecture'])).stdout.trim();
  await writeFile(join(scratch, 'status'), PERL.replace('ARCHITECTURE', architecture));
  const options = Object.entries({
    'Dir::Etc::sourcelist': join(scratch, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': scratch,
    'Dir::State::lists': join(scratch, 'lists'),
    'Dir::State::status': join(scratch, 'status'),
    'Dir::Cache': scratch,
    'Dir::Cache::archives': join(scratch, 'archives'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::AllowInsecureRepositories': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
    'APT::Update::Error-Mode': 'any',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await apt([...options, 'update']);
  await apt([...options, '-y', '--no-install-recommends', '--download-only', 'install', ...PACKAGES]);
  return (await readdir(join(scratch, 'archives'))).filter((file) => file.endsWith('.deb'));
}

async function apt(args: readonly string[]): Promise<void> {
  await run('apt-get', ['-q', ...args]).catch((error: Error & { stderr?: string }) => {
    throw new Error(error.stderr?.trim() || error.message);
  });
}

/** Some of the packages' scripts want perl, none that is used here; as an installed package it is not downloaded. */
const PERL = `Package: perl
Status: install ok installed
Architecture: ARCHITECTURE
Multi-Arch: allowed
Version: 999
Maintainer: none
Description: none
`;
