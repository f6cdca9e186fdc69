/**
 * Puts what the tests need onto the machine: MariaDB and its tools, mydumper, openssl, Python, Java, and what
 * builds images. As root on Debian or Ubuntu it installs them; elsewhere it says what to install. All else goes into the
 * user's cache, without any rights but for images.
 * In CI a missing one is a failure.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

import { provisionImages } from '../test/servers/image-base.ts';
import { provisionMongodb } from '../test/servers/mongodb-build.ts';
import { provisionMysql } from '../test/servers/mysql-packages.ts';
import { javaRunsSources, provisionOpencsv } from '../test/servers/opencsv-jars.ts';
import { provisionS3 } from '../test/servers/s3-build.ts';
import { provisionPython, pythonMakesEnvironments } from '../test/servers/python.ts';

interface Need {
  readonly programs: readonly string[];
  /** What must work besides, where the programs are there. */
  works?(): boolean;
  /** Debian packages; none of them starts a service. */
  readonly packages: readonly string[];
  readonly tier: string;
}

const NEEDS: readonly Need[] = [
  {
    programs: ['mariadbd', 'mariadb-install-db', 'mariadb', 'mariadb-dump'],
    packages: ['mariadb-server-core', 'mariadb-client'],
    tier: 'everything that reads a real MariaDB server',
  },
  { programs: ['mydumper'], packages: ['mydumper'], tier: 'what is read of the folders of mydumper' },
  { programs: ['openssl'], packages: ['openssl'], tier: 'TLS connections' },
  {
    programs: ['python3'],
    works: pythonMakesEnvironments,
    packages: ['python3', 'python3-venv'],
    tier: 'what pyarrow reads of our files',
  },
  {
    programs: ['java'],
    works: javaRunsSources,
    packages: ['default-jdk-headless'],
    tier: 'what Hive reads of our CSV files',
  },
  {
    programs: ['buildah', 'debootstrap', 'systemd-analyze'],
    packages: ['buildah', 'debootstrap', 'systemd'],
    tier: 'the container image and the units of systemd',
  },
];

const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin'];

function has(program: string): boolean {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const missing = (): Need[] => NEEDS.filter((need) => !need.programs.every(has) || need.works?.() === false);

function apt(...args: string[]): void {
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

let needs = missing();
if (needs.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
  const packages = needs.flatMap((need) => need.packages);
  console.log(`Installing ${packages.join(', ')}`);
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  needs = missing();
}
for (const need of needs) {
  console.error(`\n*** MISSING: ${need.programs.join(', ')}. ${need.tier} will not be tested.`);
  console.error(`*** Install it as root: apt-get install ${need.packages.join(' ')}\n`);
}
let complete = needs.length === 0;
const cached = [
  { provision: provisionMysql, what: 'a MySQL server. What only MySQL does' },
  { provision: provisionS3, what: 'an S3 server (built with Go). What only S3 does' },
  {
    provision: provisionMongodb,
    what: 'a server that speaks the protocol of MongoDB (built with Go). What course structures need of one',
  },
  {
    provision: provisionPython,
    what: 'Python with pyarrow, moto and linters. What pyarrow reads of our files, what Glue and Athena are told, and deploy/',
  },
  { provision: provisionImages, what: 'the container image' },
  { provision: provisionOpencsv, what: 'opencsv. What Hive reads of our CSV files' },
];
for (const { provision, what } of cached) {
  try {
    await provision();
  } catch (error) {
    complete = false;
    console.error(`\n*** MISSING: ${what} will not be tested.`);
    console.error(`*** ${error instanceof Error ? error.message.trim() : String(error)}\n`);
  }
}
if (!complete && process.env['CI'] === 'true') process.exitCode = 1;
