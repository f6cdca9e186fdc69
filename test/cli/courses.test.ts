import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { type Collections, ODD, writeFolder } from '../sources/modulestore/site.ts';
import { tempDir } from '../temp-dir.ts';
import { cli } from './cli.ts';
import { DUMP } from './dump-text.ts';

const folder = tempDir();

/** Without the structure that two courses share. */
const BROKEN: Collections = { ...ODD, structures: ODD['structures']!.slice(0, -1) };

const SETTINGS = `datalake:
  path: ./lake
datasources:
  - type: openedx_course_structures
    location: ./mongo
`;

describe('course structures on the command line', () => {
  it('a folder with a dump and a modulestore is loaded whole', async () => {
    await writeFolder(join(folder, 'backup', 'mongo'), ODD);
    await writeFile(join(folder, 'backup', 'site.sql'), DUMP);
    const { code, stdout, stderr } = await cli(['load', 'backup', '--lake', 'both'], { cwd: folder });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/course_structures +15 rows/)]);
    expect(stderr).toMatch(/auth_user +3 rows/);
    expect(stderr).toContain(
      '! courses: 1 duplicate-block, 1 missing-child, 1 cycle, 1 missing-definition, 1 no-problem-data, 1 unreadable-value; the table course_structures_faults has each',
    );
    expect(stdout).toMatch(/^5 tables, 27 rows, /);
  });

  it('one with a modulestore alone, of which a table is chosen', async () => {
    await writeFolder(join(folder, 'courses'), ODD);
    const args = ['load', 'courses', '--lake', 'one', '--tables', 'course_structures'];
    const { code, stdout } = await cli(args, { cwd: folder });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^1 table, 15 rows, /)]);
    const sql = `SELECT display_name FROM openedx_table_course_structures WHERE weight = 0`;
    expect((await cli(['query', '--lake', 'one', '--csv', sql], { cwd: folder })).stdout).toBe(
      'display_name\r\nZero\r\n',
    );
  });

  it('courses that cannot be read are named and kept, and the run ends with 3 (D26)', async () => {
    await writeFile(join(folder, 'panorama_settings.yaml'), SETTINGS);
    await writeFolder(join(folder, 'mongo'), ODD);
    expect((await cli(['extract-and-load', '--all'], { cwd: folder })).code).toBe(0);
    await writeFolder(join(folder, 'mongo'), BROKEN);
    const { code, stdout, stderr } = await cli(['extract-and-load', '--all', '--json'], { cwd: folder });
    expect(code).toBe(3);
    for (const run of ['ü', 'again'])
      expect(stderr).toContain(
        `course_structures: Course course-v1:Org+B+${run}: its structure 00000000000000000000000e is not in modulestore.structures.`,
      );
    const report = JSON.parse(stdout) as {
      tables: { rows: number }[];
      failures: { table: string; code: string }[];
    };
    expect(report.tables.map(({ rows }) => rows)).toEqual([15, 8]);
    expect(report.failures.map(({ table, code }) => [table, code])).toEqual([
      ['course_structures', 'course-unreadable'],
      ['course_structures', 'course-unreadable'],
    ]);
    const again = await cli(['extract-and-load', '--all'], { cwd: folder });
    expect(again.stdout).toMatch(/^2 tables, 23 rows, .* 1 failed: course_structures\.\n$/);
  });

  it('test-connections tells what is there', async () => {
    const { code, stdout } = await cli(['test-connections'], { cwd: folder });
    expect(stdout).toContain('3 versions in use, told by modulestore.active_versions');
    expect(code).toBe(0);
  });

  it('a folder that is none is told as before', async () => {
    await mkdir(join(folder, 'empty'));
    const { code, stderr } = await cli(['load', 'empty', '--lake', 'none'], { cwd: folder });
    expect([code, stderr]).toEqual([1, expect.stringContaining('holds no .sql, .sql.gz or .sql.zst file')]);
  });
});
