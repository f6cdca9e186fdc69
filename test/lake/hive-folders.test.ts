import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { extractAndLoad, settingsForDirectory } from '../../src/index.ts';
import { pyarrowDataset } from '../formats/pyarrow.ts';
import { testPython } from '../servers/python.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();

/** Values of the partition column, with one row each for every second of them. */
const COURSES = [
  'course-v1:A+B+C',
  'Org/Old/Run',
  '50% off',
  'a=b',
  'é 日本',
  'dot.',
  "it's",
  '[x]^{y}',
  'NULL',
];

describe.skipIf(testPython() === undefined)('a partitioned table of the lake', () => {
  it('is read by pyarrow as it lies, with the values of its folders', async () => {
    const quoted = (value: string | null): string =>
      value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
    const rows = [...COURSES, null].flatMap((course, i) => [
      [String(2 * i), course],
      [String(2 * i + 1), course],
    ]);
    const dump = `SET NAMES utf8mb4;
CREATE TABLE \`courseware_studentmodule\` (\`id\` bigint NOT NULL, \`course_id\` varchar(255), \`grade\` decimal(5,2));
INSERT INTO \`courseware_studentmodule\` VALUES ${rows.map(([id, course]) => `(${id},${quoted(course!)},${id}.50)`).join()};
-- Dump completed
`;
    await writeFile(join(folder, 'site.sql'), dump);
    const settings = settingsForDirectory({
      directory: join(folder, 'site.sql'),
      lake: join(folder, 'lake'),
    });
    const report = await extractAndLoad({ settings, selection: { all: true } });
    expect(report.tables.map(({ files }) => files)).toEqual([COURSES.length + 1]);

    const found = await pyarrowDataset(join(folder, 'lake', 'openedx', 'courseware_studentmodule'));
    expect(found.names).toEqual(['id', 'grade', 'course_id']);
    expect(found.rows.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
      rows.map(([id, course]) => [id, `${id}.50`, course]),
    );
  });
});
