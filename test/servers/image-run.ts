import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { ImageStore } from './image-base.ts';

/** What an image says of how it is run. */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly WorkingDir: string;
}

/** An image whose files lie in a folder. */
export interface MountedImage {
  readonly root: string;
  readonly config: ImageConfig;
  remove(): Promise<void>;
}

/** Mounts the files of an image of this name. */
export async function mountImage({ buildah }: ImageStore, name: string): Promise<MountedImage> {
  const container = await buildah('from', '--pull-never', name);
  const root = await buildah('mount', container);
  const { OCIv1 } = JSON.parse(await buildah('inspect', '--type', 'image', name)) as {
    OCIv1: { config: ImageConfig };
  };
  return { root, config: OCIv1.config, remove: async () => void (await buildah('rm', container)) };
}

export interface RunOptions {
  /** Folders or files by the path that they have inside. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** In place of the user of the image: `UID:GID`. */
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command that runs, or has run, in an image. */
export interface ImageRun {
  readonly child: ChildProcessWithoutNullStreams;
  /** All that it has printed so far on either output. */
  text(): string;
  /** Sends a signal to its process 1, as the kernel lets a container runtime do. */
  signal(signal: NodeJS.Signals): void;
  /** Its exit code, and what it printed. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

// $1 root, $2 user, $3 working directory, then pairs of outside and inside, '--', environment, '--', command
const SCRIPT = `
set -e
root=$1 user=$2 cwd=$3; shift 3
mount --bind "$root" "$root"
cd "$root"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "./$2"; else mkdir -p "./$(dirname "$2")"; touch "./$2"; fi
  mount --bind "$1" "./$2"; shift 2
done
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777 tmpfs ./tmp
mount -t proc proc ./proc
mount --rbind /dev ./dev
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" /bin/sh -c '
  cd "$1"; shift 2
  unset $(env | sed -n "s/^\\([A-Za-z_0-9]*\\)=.*/\\1/p")
  while [ "$1" != -- ]; do export "$1"; shift; done; shift
  exec "$@"' sh "$cwd" "$@"
`;

/**
 * Runs a command in an image as a container runtime does by the strictest security context that Kubernetes has: as the
 * user of the image, as process 1 of its own, without new privileges, on files that cannot be written but for /tmp and
 * what is mounted. The network is the machine's.
 * @param command that of the image where it is empty
 */
export function runInImage(
  image: MountedImage,
  command: readonly string[],
  options: RunOptions = {},
): ImageRun {
  const { config, root } = image;
  const words = command.length > 0 ? command : config.Cmd;
  const environment = [
    ...config.Env,
    ...Object.entries(options.environment ?? {}).map(([k, v]) => `${k}=${v}`),
  ];
  const child = spawn('unshare', [
    ...'--mount --pid --fork --kill-child sh -c'.split(' '),
    SCRIPT,
    'sh',
    root,
    options.user ?? config.User,
    config.WorkingDir,
    ...Object.entries(options.mounts ?? {}).flatMap(([inside, outside]) => [outside, inside]),
    '--',
    ...environment,
    '--',
    ...(config.Entrypoint ?? []),
    ...words,
  ]);
  const texts = { stdout: '', stderr: '' };
  let text = '';
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      texts[name] += chunk.toString();
      text += chunk.toString();
    });
  child.stdin.end();
  return {
    child,
    text: () => text,
    signal(signal) {
      const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      process.kill(Number(first), signal);
    },
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...texts }));
    }),
  };
}
