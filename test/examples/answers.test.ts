import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, expect, it } from 'vitest';

import { writeSample } from '../../examples/sample.ts';
import { directoryHolds } from '../../src/pipeline/directory.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { settingsForDirectory } from '../../src/settings/directory.ts';
import { askLake } from '../pipeline/ask-lake.ts';
import { tempDir } from '../temp-dir.ts';

const ANSWERS = join(import.meta.dirname, '../../examples/answers');
const folder = tempDir();
const lake = join(folder, 'lake');

beforeAll(async () => {
  const directory = join(folder, 'sample');
  await writeSample({ out: directory, learners: 1500 });
  const holds = await directoryHolds(directory);
  expect(holds).toEqual({ mysql: true, modulestore: true });
  const settings = settingsForDirectory({ directory, lake, holds });
  const { failures } = await extractAndLoad({ settings, selection: { all: true } });
  expect(failures).toEqual([]);
});

it.each(readdirSync(ANSWERS))('%s has an answer', async (name) => {
  const rows = await askLake(lake, readFileSync(join(ANSWERS, name), 'utf8'));
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) expect(row).not.toContain(null);
});

it('every state and completion below a course is of a block that it has, but in the course with an old key', async () => {
  const strange = (table: string, key: string, course: string): string =>
    `SELECT DISTINCT ${course} FROM openedx_table_${table} AS t
     WHERE ${key} NOT LIKE '%+type@course+block@course' AND NOT EXISTS (SELECT 1 FROM openedx_table_course_structures AS b
       WHERE b.module_location = t.${key} AND b.course_id = t.${course})`;
  const old = [['HarborTech/SAFETY1/2025_T1']];
  expect(await askLake(lake, strange('courseware_studentmodule', 'module_id', 'course_id'))).toEqual(old);
  expect(await askLake(lake, strange('completion_blockcompletion', 'block_key', 'course_key'))).toEqual(old);
});
