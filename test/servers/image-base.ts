import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CACHE, exists, makeOnce, run } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

/*
 * Images are built by buildah, which needs no daemon, from the Dockerfile as it is and without a network. Official base
 * images come from a registry, which a test must not need. What stands in for them is made of the same parts: Debian
 * by debootstrap, and the programs of Node and npm, as their packages in the npm registry have them.
 */

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

const DEBIAN = 'bookworm';
const NODE = '24.21.0';
const NPM = '11.21.2';
/** To be raised when the images below are made in another way. */
const VERSION = 1;

const ROOTFS = join(CACHE, `debian-${DEBIAN}-${VERSION}`);
const DEBIAN_IMAGE = `docker.io/library/debian:${DEBIAN}-slim`;
const NODE_IMAGE = `docker.io/library/node:24-${DEBIAN}-slim`;

const PROGRAMS = ['/usr/bin/buildah', '/usr/bin/unshare', '/usr/sbin/chroot', '/usr/sbin/debootstrap'];

/** Another lock file has caches of its own. */
function lockHash(): string {
  const lock = readFileSync(join(PROJECT, 'package-lock.json'));
  return createHash('sha256').update(lock).digest('hex').slice(0, 12);
}

/** Tarballs of what the lock file names. */
const npmCache = (): string => join(CACHE, `npm-${lockHash()}`);

/** Base images, and the layers with the packages of the lock file. Tests only read it, for several may run at a time. */
const sharedStore = (): string => join(CACHE, `images-${VERSION}-${lockHash()}`);

/** A place of buildah's for images and containers. */
export interface ImageStore {
  /** Runs buildah on it. @returns what it prints, @throws Error with its message */
  buildah(...args: readonly string[]): Promise<string>;
  /** Builds an image without asking any registry. */
  build(folder: string, ...args: readonly string[]): Promise<string>;
}

/** @param root its folder, @param images that of another store, whose images it has, too */
function imageStore(root: string, images?: string): ImageStore {
  const options = ['--root', root, '--runroot', join(root, 'run'), '--storage-driver', 'overlay'];
  if (images !== undefined) options.push('--storage-opt', `overlay.imagestore=${images}`);
  const buildah = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('buildah', [...options, ...args], {
      env: { ...process.env, BUILDAH_ISOLATION: 'chroot' },
      maxBuffer: 2 ** 26,
    });
    return stdout.trim();
  };
  const offline = ['--pull-never', '--network=none', '--volume', `${npmCache()}:/root/.npm:rw`];
  return {
    buildah,
    build: (folder, ...args) => buildah('build', '--layers', '--quiet', ...offline, ...args, folder),
  };
}

/** A store of one's own in a folder that does not exist yet, with the base images. Containers are to be removed from it. */
export const ownImageStore = (root: string): ImageStore => imageStore(root, sharedStore());

function programsMissing(): string[] {
  return PROGRAMS.filter((program) => {
    try {
      accessSync(program, constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

/**
 * True where images can be built: as root, with the programs and what {@link provisionImages} has made. Where not,
 * suites skip with a loud line, except in CI, where that is a failure.
 */
export async function canBuildImages(): Promise<boolean> {
  const missing = programsMissing();
  const why =
    process.getuid?.() !== 0
      ? 'images are built as root'
      : missing.length > 0
        ? `${missing.join(', ')} is missing: apt-get install buildah debootstrap`
        : (await exists(join(sharedStore(), 'complete'))) && (await exists(npmCache()))
          ? undefined
          : 'the base images or the packages of the lock file are missing: npm run provision';
  if (why !== undefined) tellMissing(`the container image is not built: ${why}`);
  return why === undefined;
}

/**
 * Makes the base images unless that was done before: some minutes, which need Debian's archive and the npm
 * registry. Where root or the programs are missing, nothing is done and {@link canBuildImages} says so.
 * @throws Error that says what went wrong
 */
export async function provisionImages(): Promise<void> {
  const missing = programsMissing();
  if (process.getuid?.() !== 0) throw new Error('images are built as root only');
  if (missing.length > 0) throw new Error(`${missing.join(', ')} is missing`);
  await makeOnce(npmCache(), async (fresh) => {
    const folder = await mkdtemp(join(tmpdir(), 'panorama-npm-'));
    try {
      for (const file of ['package.json', 'package-lock.json'])
        await cp(join(PROJECT, file), join(folder, file));
      await run('npm', ['ci', '--ignore-scripts', '--cache', fresh], { cwd: folder });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  await makeOnce(ROOTFS, async (fresh) => {
    await run('debootstrap', ['--variant=minbase', DEBIAN, fresh], { maxBuffer: 2 ** 26 });
    const superfluous = [
      'var/cache/apt',
      'var/lib/apt/lists',
      ...['doc', 'man', 'locale', 'info'].map((f) => `usr/share/${f}`),
    ];
    for (const path of superfluous) await rm(join(fresh, path), { recursive: true, force: true });
    // A folder that was made for oneself only would be closed to the user of the image.
    await run('chmod', ['755', fresh]);
  });
  if (await exists(join(sharedStore(), 'complete'))) return;
  const store = imageStore(sharedStore());
  await buildBase(store, DEBIAN_IMAGE, ROOTFS, 'FROM scratch\nCOPY . /\nCMD ["bash"]\n');
  const parts = await mkdtemp(join(tmpdir(), 'panorama-node-'));
  try {
    for (const [name, version] of [
      [`node-linux-${process.arch}`, NODE],
      ['npm', NPM],
    ] as const) {
      await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: parts });
      await run(
        'tar',
        [
          '-xzf',
          `${name}-${version}.tgz`,
          '--one-top-level=' + (name === 'npm' ? 'npm' : 'node'),
          '--strip-components=1',
        ],
        { cwd: parts },
      );
    }
    // npm is told that there is no network, so that it takes what it has; the ENTRYPOINT is that of the official image.
    await writeFile(join(parts, 'npmrc'), 'offline=true\naudit=false\nfund=false\nupdate-notifier=false\n');
    await buildBase(
      store,
      NODE_IMAGE,
      parts,
      `FROM ${DEBIAN_IMAGE}
COPY node/bin/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY npmrc /usr/local/etc/npmrc
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENTRYPOINT ["docker-entrypoint.sh"]
`,
    );
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
  // Their layers with packages are taken by the tests as long as package.json is the same.
  for (const stage of ['dependencies', 'build']) await store.build(PROJECT, '--target', stage);
  await writeFile(join(sharedStore(), 'complete'), '');
}

async function buildBase(store: ImageStore, name: string, folder: string, dockerfile: string): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'panorama-base-'));
  try {
    const file = join(place, 'Dockerfile');
    await writeFile(file, dockerfile);
    await store.build(folder, '--tag', name, '--file', file);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
