import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { inOrder, loadModels, readModels } from '../../src/models/load.ts';
import type { Model } from '../../src/models/model.ts';
import { parseModel } from '../../src/models/parse.ts';
import { tempDir } from '../temp-dir.ts';

/** The columns of the views that came with panorama-elt 0.3, in their order. */
const COLUMNS: Readonly<Record<string, string>> = {
  student_courseaccessrole:
    'org course_id user_id is_course_staff is_course_instructor is_course_creator_group is_course_beta_testers lms',
  student_manualenrollmentaudit:
    'enrollment_id count_of_transitions enrolled_email lms last_state_transition last_time_stamp first_time_stamp first_reason state_transitions reasons enrolled_by_ids transitions_time_stamps',
  enrollments:
    'user_id username user_fullname user_email user_country latitude longitude lms organization course_code course_edition course_name course_id course_start_date course_end_date enrollment_id days_since_enrolled enrollment_is_active enrollment_mode date_enrolled date_unenrolled percent_grade letter_grade date_graded user_is_active user_is_global_staff user_is_course_staff user_is_course_instructor user_is_course_beta_tester user_is_course_creator_group is_student last_state_transition last_state_transition_time_stamp count_of_transitions transitions_time_stamps state_transitions reasons enrolled_by_ids',
};

describe('the models of the package', () => {
  test.each(Object.entries(COLUMNS))('%s has the columns that it always had', async (name, columns) => {
    const model = (await loadModels()).find((model) => model.name === name)!;
    expect(model.columns.map((column) => column.name)).toEqual(columns.split(' '));
    expect(model.columns.every(({ meaning }) => meaning !== '')).toBe(true);
    expect(model.summary).toMatch(/^[A-Z].*\.$/);
  });

  test('come after those that they read', async () => {
    const names = (await loadModels()).map(({ name }) => name);
    expect(names.indexOf('student_courseaccessrole')).toBeLessThan(names.indexOf('enrollments'));
    expect(names).toHaveLength(Object.keys(COLUMNS).length);
  });
});

const TEXT = `-- Users
-- of a site.
--
-- needs auth_user (id, email)
-- needs auth_userprofile (user_id)
-- reads other
--
-- column id: its number: unique

-- Not part of the head.
SELECT id FROM {{ref auth_user}} JOIN {{ref auth_userprofile}} JOIN {{view other}}, (VALUES {{rows places}}), {{ref auth_user}}
`;
const DATA = { places: "code,x\nAD,-1.50\nO'K,12\n1e5,.5\n", unused: 'a\nb\n' };

test('a file is taken apart', () => {
  const model = parseModel('users', TEXT, DATA);
  expect(model).toEqual({
    name: 'users',
    summary: 'Users of a site.',
    needs: [
      { table: 'auth_user', columns: ['id', 'email'] },
      { table: 'auth_userprofile', columns: ['user_id'] },
    ],
    reads: ['other'],
    columns: [{ name: 'id', meaning: 'its number: unique' }],
    template: TEXT.slice(TEXT.indexOf('-- Not')).trim(),
    rows: { places: "('AD', -1.50E0), ('O''K', 12E0), ('1e5', '.5')" },
  });
});

const faults: [text: string, message: string][] = [
  ['-- Users.\nSELECT 1', 'has no empty line between its comments and its statement'],
  ['SELECT 1\n\nSELECT 2', 'begins with a line that is no comment: SELECT 1'],
  [TEXT.replace('-- needs auth_user (id, email)\n', ''), 'does not declare auth_user'],
  [TEXT.replace('-- reads other\n', ''), 'does not declare other'],
  [TEXT.replace('{{view other}}', 'x'), 'declares other and does not read it'],
  [TEXT.replaceAll('{{ref auth_user}}', 'x'), 'declares auth_user and does not read it'],
  [TEXT.replace('{{rows places}}', '{{rows gone}}'), 'reads gone.csv, which is not beside it'],
];

test.each(faults)('a file that is no model is refused', (text, message) => {
  expect(() => parseModel('users', text, DATA)).toThrow(`The model users ${message}.`);
});

const model = (name: string, ...reads: string[]): Model => ({
  name,
  summary: '',
  needs: [],
  reads,
  columns: [],
  template: '',
  rows: {},
});

test('models are ordered by what they read', () => {
  const models = [model('a', 'c', 'b'), model('b', 'd'), model('c', 'd'), model('d'), model('e')];
  expect(inOrder(models).map(({ name }) => name)).toEqual(['d', 'c', 'b', 'a', 'e']);
  expect(() => inOrder([model('a', 'b'), model('b', 'a')])).toThrow('The model a reads itself.');
  expect(() => inOrder([model('a', 'b')])).toThrow('The model a reads b, which is no model.');
});

test('a model finds its data beside it only', async () => {
  const folder = tempDir();
  await mkdir(join(folder, 'one'));
  await mkdir(join(folder, 'two'));
  const text = (data: string): string => `-- Rows.\n\nSELECT * FROM (VALUES {{rows ${data}}})\n`;
  await writeFile(join(folder, 'one/a.sql'), text('data'));
  await writeFile(join(folder, 'one/data.csv'), 'x\n1\n');
  await writeFile(join(folder, 'two/README.md'), 'no model');
  expect((await readModels(folder)).map(({ rows }) => rows)).toEqual([{ data: '(1E0)' }]);
  await writeFile(join(folder, 'two/b.sql'), text('data'));
  await expect(readModels(folder)).rejects.toThrow('The model b reads data.csv, which is not beside it.');
});

describe('country_coordinates.csv', async () => {
  const text = await readFile(
    new URL('../../models/openedx/country_coordinates.csv', import.meta.url),
    'utf8',
  );
  const [head, ...lines] = text.trimEnd().split('\n');
  const rows = lines.map((line) => line.split(','));

  test('has the countries of ISO 3166-1 and Kosovo, each once, in order', () => {
    expect(head).toBe('alpha2_code,latitude,longitude');
    const codes = rows.map(([code]) => code!);
    expect(codes).toHaveLength(250);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes.every((code) => /^[A-Z]{2}$/.test(code))).toBe(true);
  });

  test('has places on earth', () => {
    for (const [code, latitude, longitude] of rows) {
      expect(Math.abs(Number(latitude)), code).toBeLessThanOrEqual(90);
      expect(Math.abs(Number(longitude)), code).toBeLessThanOrEqual(180);
      expect(`${latitude} ${longitude}`, code).toMatch(/^-?\d+(\.\d{1,2})? -?\d+(\.\d{1,2})?$/);
    }
  });

  // Capitals or large cities: a sign or an order of columns that is wrong is thousands of kilometres off.
  const known: [code: string, latitude: number, longitude: number][] = [
    ['BR', -15.8, -47.9],
    ['US', 38.9, -94.6],
    ['NZ', -43.5, 172.6],
    ['JP', 35.7, 139.7],
    ['IS', 64.1, -21.9],
    ['ZA', -29.1, 26.2],
    ['GP', 16.0, -61.7],
    ['SJ', 78.2, 15.6],
  ];
  test.each(known)('%s is where it is', (code, latitude, longitude) => {
    const [, lat, lon] = rows.find(([own]) => own === code)!;
    expect(Math.abs(Number(lat) - latitude)).toBeLessThan(6);
    expect(Math.abs(Number(lon) - longitude)).toBeLessThan(8);
  });
});
