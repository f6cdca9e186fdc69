import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { beginRun } from '../../src/lake/run-ledger.ts';
import { localStorage } from '../../src/storage/local.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult } from './cli.ts';
import { DUMP } from './dump-text.ts';

const folder = tempDir();
const run = (...args: string[]): Promise<CliResult> => cli(args, { cwd: folder });
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await run(...args, '--json')).stdout);

const settings = (fields: string): string => `datalake: { path: lake, base_prefix: openedx }
datasources:
  - type: dump
    name: backup
    location: dumps
    tables:
      - name: auth_user
      - name: courseware_studentmodule
        fields: [${fields}]
`;

describe('runs and status', () => {
  beforeAll(async () => {
    await mkdir(join(folder, 'dumps'));
    await mkdir(join(folder, 'lake'));
    await writeFile(join(folder, 'dumps/site.sql'), DUMP);
    await writeFile(join(folder, 'panorama_settings.yaml'), settings('{ name: id }, { name: grade }'));
  });

  it('of an empty lake', async () => {
    expect((await run('runs')).stdout).toBe('The lake has no record of a run yet.\n');
    expect(await json('runs')).toEqual([]);
    const status = await run('status');
    expect([status.code, status.stdout]).toEqual([0, '✗ the lake holds no table\n']);
    expect((await run('status', '--max-age', '1h')).code).toBe(1);
    expect(await run('runs', 'show', '1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The lake has no record of a run 1.') as string,
    });
  });

  it('of a run that did all', async () => {
    expect((await run('extract-and-load', '--all')).code).toBe(0);
    const { stdout } = await run('runs');
    expect(stdout).toMatch(
      /^run {2}started .*\n {2}1 {2}\d{4}-\S+Z .* 2 +6 +0 {2}done +extract-and-load --all\n$/,
    );
    expect(await json('runs', 'show', '1')).toMatchObject({
      number: 1,
      command: 'extract-and-load --all',
      state: 'ended',
      exit: 0,
      tables: [
        { source: 'backup', table: 'auth_user', rows: 3, files: 1, rejected: { last_login: 1 } },
        { source: 'backup', table: 'courseware_studentmodule', rows: 3 },
      ],
      failures: [],
      events: expect.arrayContaining([
        expect.objectContaining({
          type: 'notice',
          table: 'auth_user',
          text: expect.stringContaining('never extracted') as string,
        }),
        expect.objectContaining({ type: 'table-staged', table: 'auth_user', rows: 3 }),
      ]) as unknown,
    });
    const status = await run('status', '--max-age', '1h');
    expect([status.code, status.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^table .*\nauth_user +0 min +3 [^]*\n\nLast run: 1, started .*, done\n\nNothing is wrong\.\n$/,
      ) as string,
    ]);
  });

  it('of a run in which a table failed, and of the one that makes it good', async () => {
    await writeFile(join(folder, 'panorama_settings.yaml'), settings('{ name: id }'));
    expect((await run('extract-and-load', '--all')).code).toBe(5);
    const shown = await run('runs', 'show', '2');
    expect(shown.stdout).toMatch(/✗ courseware_studentmodule: .*grade is gone.* \[guard-schema\]/);
    const status = await run('status', '--max-age', '1h');
    expect([status.code, status.stdout]).toEqual([
      1,
      expect.stringMatching(/✗ courseware_studentmodule: run 2 failed: .*\[guard-schema\]\n$/) as string,
    ]);
    // Another run that does not try the table says nothing of it.
    expect((await run('extract-and-load', '--tables', 'auth_user')).code).toBe(0);
    expect(await json('status')).toMatchObject({
      tables: [
        { table: 'auth_user', rows: 3 },
        { table: 'courseware_studentmodule', failure: { run: 2, code: 'guard-schema' } },
      ],
      problems: [{ table: 'courseware_studentmodule' }],
      lastRun: { number: 3, exit: 0 },
      unfinished: [],
    });
    expect((await run('extract-and-load', '--all', '--allow-schema-change')).code).toBe(0);
    expect((await run('status')).stdout).toContain('Nothing is wrong.');
  });

  it('of a run that ended without a word', async () => {
    await beginRun(localStorage(join(folder, 'lake')), {
      command: 'extract-and-load --all',
      program: '0.1.0',
      host: 'pod-1',
      pid: 7,
      startedAt: '2026-01-01T00:00:00Z',
    });
    expect(await json('runs', '--limit', '1')).toMatchObject([{ number: 5, state: 'running' }]);
    expect((await run('extract-and-load', '--tables', 'auth_user')).code).toBe(0);
    expect((await run('runs', 'show', '5')).stdout).toContain('Outcome: without a word');
  });

  it('of tables that are too old', async () => {
    expect(await run('status', '--max-age', '0s')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('✗ auth_user: it is too old') as string,
    });
    expect(await run('status', '--max-age', 'soon')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '--max-age must be a duration such as 90m, 2h or 1d, not soon',
      ) as string,
    });
    expect((await run('runs', '--limit', '0')).code).toBe(2);
    expect((await run('runs', 'show', 'x')).code).toBe(2);
  });

  it('of a run that no table of the lake has seen, because it could not begin', async () => {
    const before = ((await json('runs')) as unknown[]).length;
    expect((await run('extract-and-load', '--tables', 'nothing')).code).toBe(2);
    expect((await json('runs')) as unknown[]).toHaveLength(before);
  });
});
