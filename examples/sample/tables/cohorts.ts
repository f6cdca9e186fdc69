import { DAY, sqlTime } from '../clock.ts';
import type { Course } from '../courses/tree.ts';
import type { Row } from '../dumps/mysqldump.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';
import { isEnrolled } from './enrolments.ts';

interface Cohort {
  readonly id: number;
  readonly name: string;
  readonly course: Course;
  readonly place: number;
}

function cohorts(site: Site): Cohort[] {
  const list = site.courses.flatMap((course) =>
    course.spec.cohorts.map((name, place) => ({ name, course, place })),
  );
  return list.map((cohort, i) => ({ ...cohort, id: i + 1 }));
}

/** Rows of course_groups_courseusergroup. */
export function* courseUserGroups(site: Site): Generator<Row> {
  for (const { id, name, course } of cohorts(site)) yield [id, name, course.key, 'cohort'];
}

/** Rows of course_groups_coursecohort. */
export function* courseCohorts(site: Site): Generator<Row> {
  for (const { id, place } of cohorts(site)) yield [id, place === 0 ? 'random' : 'manual', id];
}

/** Rows of course_groups_coursecohortssettings: one per run, most of them without cohorts. */
export function* cohortSettings(site: Site): Generator<Row> {
  for (const { index, spec, key } of site.courses)
    yield [index + 1, spec.cohorts.length > 0 ? 1 : 0, key, '[]', 0];
}

/** Rows of course_groups_courseusergrouppartitiongroup: cohorts that content can be limited to. */
export function* partitionGroups(site: Site): Generator<Row> {
  let id = 0;
  for (const cohort of cohorts(site)) {
    if (cohort.place === 0) continue;
    const at = sqlTime(cohort.course.spec.start - 9 * DAY);
    yield [++id, 50, cohort.place, at, at, cohort.id];
  }
}

/** Everybody in a cohorted run who visited it is in one of its cohorts: user id, cohort. */
function* members(site: Site): Generator<{ user: number; cohort: Cohort }> {
  const { enrolments, outcomes, userId } = site;
  const byCourse = site.courses.map((course) => cohorts(site).filter((cohort) => cohort.course === course));
  for (let e = 0; e < enrolments.count; e++) {
    const choices = byCourse[enrolments.course[e]!]!;
    if (choices.length === 0 || outcomes.firstAt[e] === 0 || !isEnrolled(site, e)) continue;
    yield {
      user: userId[enrolments.user[e]!]!,
      cohort: new Random(site.seed, STREAM.cohort, e).pick(choices),
    };
  }
}

/** Rows of course_groups_courseusergroup_users. */
export function* groupUsers(site: Site): Generator<Row> {
  let id = 0;
  for (const { user, cohort } of members(site)) yield [++id, cohort.id, user];
}

/** Rows of course_groups_cohortmembership. */
export function* cohortMemberships(site: Site): Generator<Row> {
  let id = 0;
  for (const { user, cohort } of members(site)) yield [++id, cohort.course.key, cohort.id, user];
}

/** Rows of course_groups_unregisteredlearnercohortassignments: invited, without an account yet. */
export function* unregisteredAssignments(site: Site): Generator<Row> {
  let id = 0;
  for (const cohort of cohorts(site)) {
    if (cohort.place === 0) continue;
    yield [++id, `invited_${cohort.course.index}_${id}@example.org`, cohort.course.key, cohort.id];
  }
}
