import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { readCrontab } from '../../deploy/image/cron/schedule.ts';
import { cli } from '../cli/cli.ts';
import { testPython } from '../servers/python.ts';
import { tellMissing } from '../servers/tell-missing.ts';
import { tempDir } from '../temp-dir.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const DEPLOY = join(PROJECT, 'deploy');
const folder = tempDir();
const run = promisify(execFile);

interface CronJob {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly concurrencyPolicy: string;
    readonly schedule: string;
    readonly jobTemplate: { spec: { template: { spec: { containers: { args: string[] }[] } } } };
  };
}

const kubernetes = async (): Promise<CronJob[]> =>
  parseAllDocuments(await readFile(join(DEPLOY, 'kubernetes/cronjob.yaml'), 'utf8')).map(
    (document) => document.toJS() as CronJob,
  );
const unit = (name: string): Promise<string> => readFile(join(DEPLOY, 'systemd', name), 'utf8');

const python = testPython('linters');

describe.skipIf(python === undefined)('linters find nothing in', () => {
  /** @param name a module of Python, or a program beside it */
  const linter = (name: 'hadolint' | 'yamllint' | 'kubernetes_validate', ...args: string[]) =>
    (name === 'hadolint'
      ? run(join(dirname(python!), name), args, { cwd: PROJECT })
      : run(python!, ['-m', name, ...args], { cwd: PROJECT })
    ).catch((error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(stdout + stderr, { cause: error });
    });

  it('the Dockerfile (hadolint)', async () => {
    expect(await linter('hadolint', 'Dockerfile')).toEqual({ stdout: '', stderr: '' });
  });

  it('the CronJob (yamllint)', async () => {
    const rules = '{extends: default, rules: {line-length: {max: 120}}}';
    expect(await linter('yamllint', '--strict', '-d', rules, 'deploy')).toEqual({ stdout: '', stderr: '' });
  });

  // timeZone is of 1.27.
  it.each(['1.27.0', '1.37.0'])('the CronJob, by the schemas of Kubernetes %s', async (version) => {
    const { stdout, stderr } = await linter(
      'kubernetes_validate',
      '--strict',
      '-k',
      version,
      'deploy/kubernetes/cronjob.yaml',
    );
    const passed = (stdout + stderr).split('\n').filter((line) => line.includes(' passed '));
    expect(passed).toHaveLength(3);
  });

  it('what is right, and much in what is wrong', async () => {
    const wrong = join(folder, 'wrong.yaml');
    const text = await readFile(join(DEPLOY, 'kubernetes/cronjob.yaml'), 'utf8');
    await writeFile(wrong, text.replace('concurrencyPolicy: Forbid', 'concurrencyPolicy: 1'));
    await expect(linter('kubernetes_validate', '--strict', wrong)).rejects.toThrow(
      /concurrencyPolicy|not of type/,
    );
    await writeFile(join(folder, 'Dockerfile'), 'FROM debian\nRUN cd /tmp\n');
    await expect(linter('hadolint', join(folder, 'Dockerfile'))).rejects.toThrow(/DL3006/);
  });
});

const systemd = await run('systemd-analyze', ['--version']).then(
  () => true,
  () => {
    tellMissing('systemd-analyze is not installed: apt-get install systemd');
    return false;
  },
);

describe.skipIf(!systemd)('systemd', () => {
  /** The units with a program that is there. */
  async function units(change: (text: string) => string = (text) => text): Promise<string> {
    const place = join(folder, 'units');
    await mkdir(place, { recursive: true });
    for (const name of await readdir(join(DEPLOY, 'systemd')))
      await writeFile(
        join(place, name),
        change((await unit(name)).replace('/usr/local/bin/panorama', process.execPath)),
      );
    return place;
  }
  const analyze = (...args: string[]) => run('systemd-analyze', ['--no-pager', ...args]);

  it('finds nothing wrong with the units', async () => {
    const place = await units();
    const files = ['panorama-elt.service', 'panorama-elt.timer'].map((name) => join(place, name));
    expect(await analyze('verify', ...files)).toEqual({ stdout: '', stderr: '' });
  });

  it('would', async () => {
    const place = await units((text) =>
      text.replace('OnCalendar=', 'OnCalendar=sometimes ').replace('UMask=', 'UMusk='),
    );
    const { stderr } = await analyze(
      'verify',
      join(place, 'panorama-elt.timer'),
      join(place, 'panorama-elt.service'),
    ).catch((error: unknown) => error as { stderr: string });
    expect(stderr).toMatch(/sometimes/);
    expect(stderr).toMatch(/UMusk/);
  });

  it('calls the service closed', async () => {
    const service = join(await units(), 'panorama-elt.service');
    await expect(analyze('security', '--offline=true', '--threshold=40', service)).resolves.toBeDefined();
  });
});

describe('deploy', () => {
  it('has command lines that the program takes', async () => {
    const lines = [
      ...(await kubernetes())
        .flatMap(({ spec }) => spec?.jobTemplate.spec.template.spec.containers ?? [])
        .map(({ args }) => args.join(' ')),
      ...Array.from(
        (await unit('panorama-elt.service')).matchAll(/^ExecStart=\S*\/(.*)$/gm),
        ([, line]) => line!,
      ),
      ...readCrontab(await readFile(join(DEPLOY, 'crontab'), 'utf8')).jobs.map(
        ({ command }) => /(panorama .*?)(?: >>| 2>)/.exec(command)![1]!,
      ),
    ];
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const [program, ...args] = line.replace('$HOME', '/nowhere').split(' ');
      expect(program).toBe('panorama');
      const { code, stderr } = await cli(args, { cwd: folder });
      // All of them have options and a command that exist; only the settings are not there.
      expect({ code, stderr }, line).toEqual({
        code: 2,
        stderr: expect.stringMatching(/\[settings-missing\]/) as string,
      });
    }
  });

  it('has settings that the program takes', async () => {
    const [data] = (await kubernetes()).flatMap(({ data }) => (data === undefined ? [] : [data]));
    const [[name, text]] = Object.entries(data!) as [[string, string]];
    await writeFile(join(folder, name), text);
    const { code, stderr } = await cli(['--settings', name, 'settings', 'check'], {
      cwd: folder,
      env: { MYSQL_PASSWORD: 'x' },
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(text).not.toMatch(/password: [^$]/);
  });

  it('has shell scripts that a shell can read', async () => {
    const bin = join(DEPLOY, 'image/bin');
    for (const name of await readdir(bin))
      await expect(run('sh', ['-n', join(bin, name)])).resolves.toBeDefined();
  });

  // As cron starts it: the mail is what the line prints.
  it('has a crontab that is quiet where another run is under way, and tells of failures and of an old lake', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const { jobs } = readCrontab(await readFile(join(DEPLOY, 'crontab'), 'utf8'));
    const mail = async (index: number, code: number): Promise<string> => {
      await writeFile(join(bin, 'panorama'), `#!/bin/sh\necho "said $4"\nexit ${code}\n`, { mode: 0o755 });
      const { stdout, stderr } = await run('/bin/sh', ['-c', jobs[index]!.command], {
        env: { HOME: folder, PATH: `${bin}:/usr/bin:/bin` },
      });
      return stdout + stderr;
    };
    expect([await mail(0, 0), await mail(0, 4), await mail(1, 0)]).toEqual(['', '', '']);
    expect(await mail(0, 1)).toMatch(/said --all\n$/);
    expect(await mail(0, 3)).toMatch(/said --all\n$/);
    expect(await mail(1, 1)).toBe('said --max-age\n');
  });
});
