import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { testConnections } from '../../src/pipeline/check.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { textRow, workbookOf } from '../sources/xls/write-workbook.ts';
import { tempDir } from '../temp-dir.ts';
import { askLake } from './ask-lake.ts';

const root = tempDir();
let folders = 0;

/** Settings beside some files. */
async function siteOf(yaml: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<Settings> {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'settings.yaml'), yaml);
  return loadSettings({ file: join(folder, 'settings.yaml'), env: {} });
}

/** All files below the tables of a lake, by their paths. */
function filesIn({ datalake }: Settings): string[] {
  const path = datalake.type === 'local' ? datalake.path : '';
  const names = readdirSync(path, { recursive: true }) as string[];
  return names.filter((name) => /\.(csv|parquet)$/.test(name)).sort();
}

const query = ({ datalake }: Settings, sql: string): Promise<unknown[]> => askLake(datalake, sql);

const GRADES = `
datalake:
  path: lake
  base_prefix: school
  base_partitions: [{ name: campus, value: north }]
datasources:
  - type: csv
    location: '*.csv'
    tables:
      - name: grades
        location: grades-*.csv
        fields:
          - { name: student, type: int }
          - { name: course_id }
          - { name: grade, type: 'decimal(5,2)' }
          - { name: graded, type: date }
          - { name: origin, type: varchar, value: registry }
        partitions: { partition_fields: [course_id] }
      - name: students
        exclude: [email]
`;

const FILES = {
  'grades-1.csv':
    'student,course_id,grade,graded\n1,Maths/I,0.5,2024-01-02\n2,Maths/I,,\n007,"a,b",99.95,2024-02-29\n',
  'grades-2.csv': 'graded,grade,course_id,student\n2024-03-01,100,Maths/I,4\n',
  'students.csv': 'id,name,email\n1,ada,a@x\n007,"",b@x\n',
};

it('CSV files into partitions of columns and of the installation, with types, constants and exclusions', async () => {
  const settings = await siteOf(GRADES, FILES);
  const report = await extractAndLoad({ settings, selection: { all: true } });
  expect(report.failures).toEqual([]);
  expect(filesIn(settings)).toEqual([
    'school/grades/campus=north/course_id=Maths%2FI/grades.parquet',
    'school/grades/campus=north/course_id=a,b/grades.parquet',
    'school/students/campus=north/students.parquet',
  ]);
  expect(
    await query(
      settings,
      'select student, course_id, grade, graded, origin, campus from school_table_grades order by student',
    ),
  ).toEqual([
    ['1', 'Maths/I', '0.50', '2024-01-02', 'registry', 'north'],
    ['2', 'Maths/I', null, null, 'registry', 'north'],
    ['4', 'Maths/I', '100.00', '2024-03-01', 'registry', 'north'],
    ['7', 'a,b', '99.95', '2024-02-29', 'registry', 'north'],
  ]);
  expect(await query(settings, 'select * from school_table_students order by id')).toEqual([
    ['007', '', 'north'],
    ['1', 'ada', 'north'],
  ]);
});

it('a table that fails is told by its place and leaves the others, and what was loaded before', async () => {
  const settings = await siteOf(GRADES, FILES);
  await extractAndLoad({ settings, selection: { all: true } });
  const before = await query(settings, 'select count(*)::int from school_table_grades');
  const folder = join(settings.file!, '..');
  writeFileSync(
    join(folder, 'grades-2.csv'),
    'student,course_id,grade,graded\n1,x,1.0,2024-01-01\n2,x,one,\n',
  );
  writeFileSync(join(folder, 'students.csv'), 'id,name,email\n9,new,n@x\n1,ada,a@x\n');
  const report = await extractAndLoad({ settings, selection: { all: true } });
  expect(report.failures.map(({ table, error }) => [table, error.code, error.message])).toEqual([
    [
      'grades',
      'bad-value',
      `${join(folder, 'grades-2.csv')}:3: the value of grades.grade is not decimal(5,2).`,
    ],
  ]);
  expect(await query(settings, 'select count(*)::int from school_table_grades')).toEqual(before);
  expect(await query(settings, "select name from school_table_students where id = '9'")).toEqual([['new']]);
});

it('a ragged row ends its table only', async () => {
  const settings = await siteOf(GRADES, { ...FILES, 'students.csv': 'id,name,email\n1,ada\n' });
  const report = await extractAndLoad({ settings, selection: { all: true } });
  expect(report.failures.map(({ table, error }) => [table, error.code])).toEqual([
    ['students', 'file-syntax'],
  ]);
  expect(report.failures[0]!.error.message).toMatch(
    /students\.csv:2: a record has 2 fields where there are 3 columns\.$/,
  );
  expect(await query(settings, 'select count(*)::int from school_table_grades')).toEqual([['4']]);
});

const PLANNING = workbookOf({
  sheets: {
    weights:
      textRow(1, ['course', 'weight', 'note']) +
      textRow(2, ['c1', '0.5', 'say "hi"']) +
      '<row r="3"><c r="A3" t="str"><v>c2</v></c><c r="B3"><v>2</v></c><c r="C3" t="str"><v>a\\b,c</v></c></row>',
    dates: `${textRow(1, ['id', 'from'])}<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>45292.25</v></c></row>`,
  },
  formats: [0, 22],
});

it('a workbook into CSV files in the layout of panorama-elt in Python, byte by byte', async () => {
  const settings = await siteOf(
    `
datalake:
  path: lake
  format: csv
  layout: original
  base_prefix: extra
  base_partitions: [{ name: lms, value: 'lms.example.com' }]
datasources:
  - type: xls
    location: planning.xlsx
    tables:
      - name: weights
        fields: [{ name: course, type: varchar }, { name: weight, type: double }, { name: note, type: VARCHAR }]
      - name: dates
        fields: [{ name: id, type: int }, { name: from, type: datetime }]
        partitions: { partition_fields: [id] }
`,
    { 'planning.xlsx': PLANNING },
  );
  const report = await extractAndLoad({ settings, selection: { all: true } });
  expect(report.failures).toEqual([]);
  const read = (name: string): string => readFileSync(join(settings.file!, '..', 'lake', name), 'utf8');
  expect(filesIn(settings)).toEqual([
    'extra/dates/lms=lms.example.com/id=1/dates.csv',
    'extra/weights/lms=lms.example.com/weights.csv',
  ]);
  expect(read('extra/weights/lms=lms.example.com/weights.csv')).toBe(
    'course,weight,note\r\nc1,0.5,"say \\"hi\\""\r\nc2,2,"a\\\\b,c"\r\n',
  );
  expect(read('extra/dates/lms=lms.example.com/id=1/dates.csv')).toBe(
    'from\r\n2024-01-01 06:00:00.000000\r\n',
  );
});

it('what the lake writes as CSV comes back through a source, and a workbook beside it', async () => {
  const settings = await siteOf(
    `
datalake: { path: lake }
datasources:
  - { type: csv, location: weights.csv, escape: \\ }
  - { type: xls, location: planning.xlsx, tables: [{ name: plan, sheet: dates }] }
`,
    {
      'weights.csv': 'course,weight,note\r\nc1,0.5,"say \\"hi\\""\r\nc2,,"a\\\\b,c"\r\n',
      'planning.xlsx': PLANNING,
    },
  );
  const report = await extractAndLoad({ settings, selection: { all: true } });
  expect(report.failures).toEqual([]);
  expect(await query(settings, 'select * from table_weights order by course')).toEqual([
    ['c1', '0.5', 'say "hi"'],
    ['c2', null, 'a\\b,c'],
  ]);
  expect(await query(settings, 'select * from table_plan')).toEqual([['1', '2024-01-01 06:00:00']]);
});

it('a research data package, with the partitions that Open edX tables have', async () => {
  const settings = await siteOf('datalake: { path: lake }\ndatasources: [{ type: dump, location: . }]', {
    'U-C1-R-courseware_studentmodule-prod-analytics.sql':
      'id\tmodule_type\tcourse_id\tgrade\n1\tproblem\tcourse-v1:U+C1+R\t0.5\n',
    'U-C2-R-courseware_studentmodule-prod-analytics.sql':
      'id\tmodule_type\tcourse_id\tgrade\n2\tproblem\tcourse-v1:U+C2+R\tNULL\n',
    'U-C1-R-auth_user-prod-analytics.sql': 'id\tusername\tpassword\tlast_login\n4\tada\tHASH\tNULL\n',
  });
  const report = await extractAndLoad({ settings, selection: { all: true } });
  expect(report.failures).toEqual([]);
  expect(filesIn(settings)).toEqual([
    'auth_user/auth_user.parquet',
    'courseware_studentmodule/course_id=course-v1%3AU+C1+R/courseware_studentmodule.parquet',
    'courseware_studentmodule/course_id=course-v1%3AU+C2+R/courseware_studentmodule.parquet',
  ]);
  expect(await query(settings, 'select * from table_courseware_studentmodule order by id')).toEqual([
    ['1', 'problem', '0.5', 'course-v1:U+C1+R'],
    ['2', 'problem', null, 'course-v1:U+C2+R'],
  ]);
  expect(await query(settings, 'select * from table_auth_user')).toEqual([['4', 'ada', null, null]]);
});

it('test-connections tells what is there, and what is wrong, of every table', async () => {
  const settings = await siteOf(GRADES, { ...FILES, 'students.csv': 'id,ID\n' });
  const found: (readonly [string, string | undefined])[] = [];
  for await (const { name, check, error } of testConnections(settings))
    if (name === 'csv') found.push([check, error?.code]);
  expect(found).toEqual([
    [expect.stringContaining('3 files'), undefined],
    ['read grades', undefined],
    ['read students', 'file-syntax'],
  ]);
});
