import { chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { canBuildImages, ownImageStore, PROJECT } from '../servers/image-base.ts';
import {
  type ImageRun,
  type MountedImage,
  mountImage,
  runInImage,
  type RunOptions,
} from '../servers/image-run.ts';
import { mariadbAvailable, type MariadbServer, startMariadb } from '../servers/mariadb.ts';
import { run } from '../servers/server-process.ts';
import { tempDir } from '../temp-dir.ts';

const PANORAMA = '/panorama-elt/panorama.py --settings /config/panorama_openedx_settings.yaml';
const UID = 10001;

describe.skipIf(!(await canBuildImages()) || !mariadbAvailable())('the image', () => {
  const folder = tempDir();
  const store = ownImageStore(join(folder, 'images'));
  let image: MountedImage;
  let server: MariadbServer;
  let cron: ImageRun;

  /** A folder of the machine that the user of the image may write. */
  async function owned(name: string, uid = UID): Promise<string> {
    const path = join(folder, name);
    await mkdir(path);
    await chown(path, uid, uid);
    return path;
  }

  async function settings(name: string, port: number): Promise<string> {
    const config = join(folder, name);
    await mkdir(config);
    await writeFile(
      join(config, 'panorama_openedx_settings.yaml'),
      `datalake: {path: /data/lake, base_prefix: openedx}
datasources:
  - type: mysql
    mysql_host: 127.0.0.1
    mysql_port: ${port}
    mysql_username: panorama
    mysql_password: \${MYSQL_PASSWORD}
    mysql_database: edxapp
`,
    );
    return config;
  }

  const start = (command: string, options: RunOptions): ImageRun =>
    runInImage(image, ['/bin/sh', '-c', command], {
      ...options,
      environment: { MYSQL_PASSWORD: server.password },
    });

  beforeAll(async () => {
    await store.build(PROJECT, '--target', 'build', '--tag', 'localhost/panorama-elt-build');
    await store.build(PROJECT, '--tag', 'localhost/panorama-elt');
    image = await mountImage(store, 'localhost/panorama-elt');
    server = await startMariadb();
    await server.exec(`CREATE DATABASE edxapp; USE edxapp;
      CREATE TABLE auth_user (id INT PRIMARY KEY, username VARCHAR(150), password VARCHAR(128));
      INSERT INTO auth_user VALUES (1, 'ada', 'secret'), (2, 'bob', NULL);`);
    // As the plugin of Tutor starts it: `restart: unless-stopped`, and a file for crontab.
    const crontab = join(folder, 'crontab');
    await writeFile(crontab, `* * * * * python ${PANORAMA} extract-and-load --all\n`);
    cron = runInImage(image, ['bash', '-c', 'crontab /etc/cron.d/crontab && exec cron -f'], {
      mounts: {
        '/config': await settings('cron', server.port),
        '/data': await owned('cron-data'),
        '/etc/cron.d/crontab': crontab,
      },
      environment: { MYSQL_PASSWORD: server.password },
    });
  }, 600_000);

  afterAll(async () => {
    cron?.child.kill('SIGKILL');
    await server?.stop();
    await image?.remove();
    // Else the store stays mounted, and its folder cannot be removed.
    await run('umount', [join(folder, 'images', 'overlay')]).catch(() => undefined);
  });

  it('runs as a user that is not root and says so by number, without an entry point', () => {
    expect(image.config).toMatchObject({
      User: `${UID}:${UID}`,
      WorkingDir: '/data',
      Cmd: ['panorama', '--help'],
    });
    expect(image.config.Entrypoint ?? []).toEqual([]);
  });

  it('holds what runs and nothing to build with', async () => {
    expect((await readdir(join(image.root, 'usr/local/bin'))).sort()).toEqual([
      'cron',
      'crontab',
      'node',
      'panorama',
      'python',
    ]);
    const { files } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as {
      files: string[];
    };
    expect((await readdir(join(image.root, 'panorama-elt'))).sort()).toEqual(
      [...files, 'cron', 'node_modules', 'package.json'].sort(),
    );
    const modules = await readdir(join(image.root, 'panorama-elt/node_modules'));
    expect(modules).toContain('mysql2');
    expect(modules).not.toContain('typescript');
    expect(modules).not.toContain('vitest');
    const [{ size }] = JSON.parse(await store.buildah('images', '--json', 'localhost/panorama-elt')) as [
      { size: string },
    ];
    expect(size).toMatch(/^[23]\d\d MB$/);
  });

  it('is built from sources alone: no lake, backup or settings file of a checkout gets near it', async () => {
    const build = await mountImage(store, 'localhost/panorama-elt-build');
    try {
      expect((await readdir(join(build.root, 'build'))).sort()).toEqual([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'asconfig.json',
        'assembly',
        'bin',
        'deploy',
        'dist',
        'models',
        'node_modules',
        'package-lock.json',
        'package.json',
        'scripts',
        'src',
        'tsconfig.build.json',
        'tsconfig.json',
      ]);
    } finally {
      await build.remove();
    }
  });

  it('answers panorama, and its help where no command is given', async () => {
    const { code, stdout } = await runInImage(image, []).ended;
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Usage: panorama /) as string,
    });
  });

  it.each([
    ['cron', `python ${PANORAMA} extract-and-load --all`],
    ['a CronJob', `python ${PANORAMA} --debug extract-and-load --all`],
    ['a command of Tutor', `/usr/local/bin/python ${PANORAMA} extract-and-load --tables auth_user --force`],
    ['its own name', 'panorama --settings /config/panorama_openedx_settings.yaml extract-and-load --all'],
  ])('loads as %s calls it, on read-only files', async (name, command) => {
    const data = await owned(`${name} data`);
    const mounts = { '/config': await settings(`${name} config`, server.port), '/data': data };
    const load = await start(command, { mounts }).ended;
    expect(load, load.stderr).toMatchObject({ code: 0 });
    const query =
      'panorama query --lake /data/lake --csv "SELECT * FROM openedx_table_auth_user ORDER BY id"';
    expect(await start(query, { mounts }).ended).toMatchObject({
      code: 0,
      stdout: 'id,username,password\r\n1,ada,\r\n2,bob,\r\n',
    });
    const file = await stat(join(data, 'lake/openedx/auth_user/auth_user.parquet'));
    expect(file.uid).toBe(UID);
  });

  it('loads as any other user, as OpenShift wants it', async () => {
    const mounts = {
      '/config': await settings('other', server.port),
      '/data': await owned('other-data', 4711),
    };
    const load = await start(`python ${PANORAMA} extract-and-load --all`, { mounts, user: '4711:0' }).ended;
    expect(load, load.stderr).toMatchObject({ code: 0 });
  });

  it.each(['python -c "print(1)"', 'python', 'python /panorama-elt/other.py', 'python -m pip'])(
    'refuses %s, for there is no Python',
    async (command) => {
      const { code, stderr } = await start(command, {}).ended;
      expect({ code, stderr }).toEqual({ code: 127, stderr: expect.stringMatching(/no Python/) as string });
    },
  );

  it.each([
    [
      'panorama',
      ['panorama', '--settings', '/config/panorama_openedx_settings.yaml', 'extract-and-load', '--all'],
    ],
    ['python', ['python', ...PANORAMA.split(' '), 'extract-and-load', '--all']],
    ['a shell', ['/bin/sh', '-c', `python ${PANORAMA} extract-and-load --all`]],
  ])('stops for SIGTERM as process 1 behind %s', async (name, command) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const mounts = {
      '/config': await settings(`stop ${name}`, port),
      '/data': await owned(`stop data ${name}`),
    };
    const stopped = runInImage(image, command, { mounts, environment: { MYSQL_PASSWORD: 'x' } });
    await once(silent, 'connection');
    stopped.signal('SIGTERM');
    expect(await stopped.ended).toMatchObject({ code: 143 });
    silent.close();
  });

  it('refuses a crontab that is none', async () => {
    const file = join(folder, 'wrong');
    await writeFile(file, '61 * * * * python\n');
    const refused = start('crontab /wrong && exec cron -f', { mounts: { '/wrong': file } });
    expect(await refused.ended).toMatchObject({
      code: 1,
      stderr: 'cron: /wrong: line 1: the field of the minute cannot be read: 61\n',
    });
  });

  it('runs a crontab without root, and stops for SIGTERM', async () => {
    // Only the beginning of a minute starts a command.
    while (!/line 1 ended/.test(cron.text())) {
      if (cron.child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(cron.text()).toMatch(
      /^cron: 1 command\ncron: line 1 starts\n[^]*cron: line 1 ended with exit code 0\n/,
    );
    expect((await readdir(join(folder, 'cron-data/lake/openedx'))).sort()).toContain('auth_user');
    cron.signal('SIGTERM');
    expect(await cron.ended).toMatchObject({ code: 0 });
  });
});
