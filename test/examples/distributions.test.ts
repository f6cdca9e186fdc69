import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSample } from '../../examples/sample.ts';
import type { Block } from '../../examples/sample/courses/tree.ts';
import { planSite, type Site } from '../../examples/sample/site.ts';
import { parseSql, readSql, type SampleRow, type SampleTable } from './read-sample.ts';

/*
 * Six distributions of the written sample. What goes into it (ability, difficulty) comes from its plan, what
 * came out of it from the dump alone.
 */

const OPTIONS = { learners: 400, seed: 'distributions' };

let out: string;
let site: Site;
let tables: Map<string, SampleTable>;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'panorama-distributions-'));
  await writeSample({ out, ...OPTIONS });
  site = planSite(OPTIONS);
  tables = parseSql(readSql(out));
});

afterAll(() => rmSync(out, { recursive: true, force: true }));

function rowsOf(table: string): readonly SampleRow[] {
  return tables.get(table)!.rows;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const [mx, my] = [mean(pairs.map(([x]) => x)), mean(pairs.map(([, y]) => y))];
  const sum = (f: (x: number, y: number) => number): number =>
    pairs.reduce((total, [x, y]) => total + f(x - mx, y - my), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

test('1. drop-off: each pair of weeks has fewer learners than the pair before', () => {
  const week = new Map<string, number>();
  for (const course of site.courses) course.sections.forEach(({ block }, i) => week.set(block.key, i));
  const learners = Array.from({ length: 8 }, () => 0);
  for (const { module_type, module_id } of rowsOf('courseware_studentmodule')) {
    const i = week.get(module_id!);
    if (module_type === 'chapter' && i !== undefined && i < learners.length) learners[i]!++;
  }
  const pairs = [0, 2, 4, 6].map((i) => learners[i]! + learners[i + 1]!);
  expect(pairs).toEqual([...pairs].sort((a, b) => b - a));
  expect(pairs[3]! / pairs[0]!).toBeGreaterThan(0.15);
  expect(pairs[3]! / pairs[0]!).toBeLessThan(0.6);
});

test('2. weekday rhythm: every working day is busier than Saturday and than Sunday', () => {
  const days = Array.from({ length: 7 }, () => 0);
  for (const { created } of rowsOf('courseware_studentmodule'))
    days[new Date(`${created!.slice(0, 10)}Z`).getUTCDay()]!++;
  const [sunday, ...rest] = days as [number, ...number[]];
  const saturday = rest.pop()!;
  expect(Math.min(...rest)).toBeGreaterThan(Math.max(saturday, sunday));
  expect(saturday + sunday).toBeGreaterThan(0.1 * days.reduce((sum, n) => sum + n, 0));
});

test('3. harder problems are solved less often and take more attempts', () => {
  const results = new Map<string, { shares: number[]; attempts: number[] }>();
  for (const row of rowsOf('courseware_studentmodule')) {
    if (row['module_type'] !== 'problem' || row['grade'] === null) continue;
    const known = results.get(row['module_id']!) ?? { shares: [], attempts: [] };
    known.shares.push(Number(row['grade']) / Number(row['max_grade']));
    known.attempts.push(JSON.parse(row['state']!).attempts);
    results.set(row['module_id']!, known);
  }
  const solved: [number, number][] = [];
  const tries: [number, number][] = [];
  for (const block of site.courses.flatMap((course) => problemsOf(course.root))) {
    const result = results.get(block.key);
    if (result === undefined || result.shares.length < 10) continue;
    solved.push([block.problem!.difficulty, mean(result.shares)]);
    if ((block.problem!.maxAttempts ?? 9) >= 3)
      tries.push([block.problem!.difficulty, mean(result.attempts)]);
  }
  expect(solved.length).toBeGreaterThan(100);
  expect(correlation(solved)).toBeLessThan(-0.6);
  expect(correlation(tries)).toBeGreaterThan(0.4);
});

function problemsOf(block: Block): Block[] {
  return [...(block.problem ? [block] : []), ...block.children.flatMap(problemsOf)];
}

test('4. abler learners score higher', () => {
  const ability = new Map<string, number>();
  site.userId.forEach((id, key) => ability.set(String(id), site.users.ability[key]!));
  const team = new Set(rowsOf('student_courseaccessrole').map((row) => row['user_id']));
  const scores = new Map<string, number[]>();
  for (const { user_id, earned_all, possible_all } of rowsOf('grades_persistentsubsectiongrade')) {
    if (team.has(user_id!)) continue;
    scores.set(user_id!, [...(scores.get(user_id!) ?? []), Number(earned_all) / Number(possible_all)]);
  }
  const bySection = [...scores].map(([user, values]) => [ability.get(user)!, mean(values)] as const);
  expect(correlation(bySection)).toBeGreaterThan(0.5);
  const grades = rowsOf('grades_persistentcoursegrade').filter((row) => !team.has(row['user_id']!));
  const byCourse = grades.map(
    (row) => [ability.get(row['user_id']!)!, Number(row['percent_grade'])] as const,
  );
  expect(correlation(byCourse)).toBeGreaterThan(0.2);
});

test('5. certificates are downloadable for exactly those who passed a finished run that has them', () => {
  const runs = new Map(rowsOf('course_overviews_courseoverview').map((row) => [row['id']!, row]));
  const due: string[] = [];
  for (const row of rowsOf('grades_persistentcoursegrade')) {
    const run = runs.get(row['course_id']!)!;
    const passing = Number(row['percent_grade']) >= Number(run['lowest_passing_grade']);
    expect(row['letter_grade'] !== '').toBe(passing);
    expect(row['passed_timestamp'] !== null).toBe(passing);
    const closed = run['self_paced'] === '1' || run['end']! < '2026-06-30';
    if (passing && closed && run['has_any_active_web_certificate'] === '1')
      due.push(`${row['user_id']} ${row['course_id']}`);
  }
  const rows = rowsOf('certificates_generatedcertificate');
  const issued = rows
    .filter((row) => row['status'] === 'downloadable')
    .map((row) => `${row['user_id']} ${row['course_id']}`);
  expect(issued.sort()).toEqual(due.sort());
  expect(due.length).toBeGreaterThan(10);
  expect(rows.some((row) => row['status'] === 'notpassing')).toBe(true);
});

test('6. a known share never started, a smaller one left, and the retired are scrubbed everywhere', () => {
  const started = new Set(
    rowsOf('courseware_studentmodule').map((row) => `${row['student_id']} ${row['course_id']}`),
  );
  const open = new Set(
    rowsOf('course_overviews_courseoverview')
      .filter((row) => row['start']! < '2026-06-30')
      .map((row) => row['id']),
  );
  const enrolments = rowsOf('student_courseenrollment').filter((row) => open.has(row['course_id']!));
  const idle = enrolments.filter((row) => !started.has(`${row['user_id']} ${row['course_id']}`)).length;
  const left = enrolments.filter((row) => row['is_active'] === '0').length;
  expect(idle / enrolments.length).toBeGreaterThan(0.15);
  expect(idle / enrolments.length).toBeLessThan(0.35);
  expect(left / enrolments.length).toBeGreaterThan(0.03);
  expect(left / enrolments.length).toBeLessThan(0.15);

  const complete = rowsOf('user_api_retirementstate').find((row) => row['state_name'] === 'COMPLETE')!['id'];
  const retired = rowsOf('user_api_userretirementstatus');
  expect(retired.length).toBeGreaterThan(0);
  for (const status of retired) {
    expect(status['current_state_id']).toBe(complete);
    const user = rowsOf('auth_user').find((row) => row['id'] === status['user_id'])!;
    expect(user).toMatchObject({ is_active: '0', first_name: '', last_name: '', last_login: null });
    expect(user['username']).toMatch(/^retired__user_[0-9a-f]{40}$/);
    expect(user['email']).toBe(`${user['username']}@retired.invalid`);
    const profile = rowsOf('auth_userprofile').find((row) => row['user_id'] === status['user_id'])!;
    expect(profile).toMatchObject({
      name: '',
      year_of_birth: null,
      gender: null,
      country: null,
      bio: null,
      city: null,
    });
    const own = rowsOf('student_courseenrollment').filter((row) => row['user_id'] === status['user_id']);
    expect(own.filter((row) => row['is_active'] === '1')).toEqual([]);
  }
  // The pipeline's own record and certificates keep the old identity, as they do in Open edX.
  const keeps = new Set(['user_api_userretirementstatus', 'certificates_generatedcertificate']);
  const originals = new Set(retired.flatMap((row) => [row['original_username']!, row['original_email']!]));
  for (const [name, { rows }] of tables) {
    if (keeps.has(name)) continue;
    expect(
      rows.filter((row) => Object.values(row).some((cell) => cell !== null && originals.has(cell))),
    ).toEqual([]);
  }
});
