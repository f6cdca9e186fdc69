import { buildCourses, buildLibrary, type Course, type LibraryProblem } from './courses/tree.ts';
import { buildVersions, type CourseVersions } from './courses/versions.ts';
import { enrol, type Enrolments } from './learners/enrolments.ts';
import { grade, type Outcomes } from './learners/grading.ts';
import { buildTeam, TEAM_SIZE, type TeamRole } from './learners/team.ts';
import { drawUsers, numberUsers, type Users } from './learners/users.ts';
import { seedOf, type Seed } from './random.ts';

/**
 * The whole fictional site as a plan: courses with their trees, and a few numbers per user and enrolment
 * (about 100 bytes each). The rows of the tables are made from it on the way out.
 */
export interface Site {
  readonly seed: Seed;
  readonly courses: readonly Course[];
  readonly library: readonly LibraryProblem[];
  /** By course; null for the old-style run, which the split modulestore does not hold. */
  readonly versions: readonly (CourseVersions | null)[];
  readonly users: Users;
  /** Keys of users in the order of their ids, and ids by key. */
  readonly order: Uint32Array;
  readonly userId: Uint32Array;
  readonly team: readonly TeamRole[];
  readonly enrolments: Enrolments;
  readonly outcomes: Outcomes;
}

/** Plans a site of that many learners. The same seed and number give the same site. */
export function planSite(options: { learners: number; seed: string }): Site {
  const seed = seedOf(options.seed);
  const library = buildLibrary(seed);
  const courses = buildCourses(seed, library);
  const versions = courses.map((course) => (course.spec.oldStyle ? null : buildVersions(seed, course)));
  const team = buildTeam(courses);
  const users = drawUsers(seed, TEAM_SIZE, options.learners);
  const enrolments = enrol(seed, courses, users, team);
  const { order, id } = numberUsers(users);
  const plan = { seed, courses, library, versions, users, order, userId: id, team, enrolments };
  return { ...plan, outcomes: grade(plan) };
}
