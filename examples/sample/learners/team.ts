import type { CourseSpec } from '../courses/catalogue.ts';
import { LIBRARY, ORGANISATIONS } from '../courses/catalogue.ts';
import type { Course } from '../courses/tree.ts';

/** A row of student_courseaccessrole. */
export interface TeamRole {
  /** The key of the user. */
  readonly user: number;
  readonly org: string;
  /** The course run, or -1 where the role is for the whole organisation, the library or the site. */
  readonly course: number;
  readonly courseId: string;
  readonly role: string;
}

/** Users 1 to 10 work for the first organisation, and so on; user 0 is the global staff. */
const MEMBERS_PER_ORG = 10;

/** The number of users who are on a course team. */
export const TEAM_SIZE = 1 + ORGANISATIONS.length * MEMBERS_PER_ORG;

/** The member of the team who enrols learners by hand and publishes the run. */
export function instructorOf(spec: Pick<CourseSpec, 'org'>): number {
  return 1 + ORGANISATIONS.findIndex(({ org }) => org === spec.org) * MEMBERS_PER_ORG;
}

/** All roles: per run an instructor, two staff and three beta testers, and org-wide ones. */
export function buildTeam(courses: readonly Course[]): TeamRole[] {
  const roles: TeamRole[] = [];
  for (const [index, { org }] of ORGANISATIONS.entries()) {
    const first = 1 + index * MEMBERS_PER_ORG;
    roles.push({ user: first + 9, org, course: -1, courseId: '', role: 'staff' });
    roles.push({ user: first + 8, org, course: -1, courseId: '', role: 'data_researcher' });
    roles.push({ user: first, org: '', course: -1, courseId: '', role: 'course_creator_group' });
  }
  const libraryKey = `library-v1:${LIBRARY.org}+${LIBRARY.library}`;
  const librarian = 1 + ORGANISATIONS.findIndex(({ org }) => org === LIBRARY.org) * MEMBERS_PER_ORG;
  roles.push({ user: librarian, org: LIBRARY.org, course: -1, courseId: libraryKey, role: 'instructor' });
  for (const { index, spec, key } of courses) {
    const first = instructorOf(spec);
    const add = (offset: number, role: string): void => {
      roles.push({ user: first + offset, org: spec.org, course: index, courseId: key, role });
    };
    add(0, 'instructor');
    add(0, 'staff');
    add(1 + (index % 3), 'staff');
    for (let i = 0; i < 3; i++) add(4 + ((index + i) % 4), 'beta_testers');
  }
  return roles;
}
