import {
  AS_OF,
  CALENDAR_WEEKS,
  DAY,
  FIRST_MONDAY,
  HOUR,
  MINUTE,
  SECOND,
  WEEK,
  type Micros,
} from '../clock.ts';
import type { Course } from '../courses/tree.ts';
import { Random, STREAM, type Seed } from '../random.ts';
import type { TeamRole } from './team.ts';
import type { Users } from './users.ts';

/**
 * One entry per enrolment, in the order of `created`, so that entry `e` has the id `e + 1`. Everything else
 * about an enrolment is made from its stream when it is needed; this is all that is held in memory.
 */
export interface Enrolments {
  readonly count: number;
  /** The key of the user. */
  readonly user: Uint32Array;
  readonly course: Uint8Array;
  readonly created: Float64Array;
  /** When an honor learner moved to the verified mode, or 0. */
  readonly upgradedAt: Float64Array;
  /** The calendar week of the first section. */
  readonly startWeek: Int16Array;
  /** How many sections were reached; 0 for learners who never started. */
  readonly sections: Uint8Array;
  /** When the learner unenrolled, or 0, and came back, or 0. */
  readonly leftAt: Float64Array;
  readonly backAt: Float64Array;
}

interface Draft {
  user: number;
  course: number;
  created: Micros;
  upgradedAt: Micros;
  startWeek: number;
  sections: number;
  leftAt: Micros;
  backAt: Micros;
}

/** Chances to stop after the first, second, … section, for somebody of middling engagement. */
const HAZARD = [0.27, 0.21, 0.16, 0.13, 0.11, 0.1, 0.09, 0.08];
const COURSES_PER_LEARNER = [0.06, 0.62, 0.22, 0.07, 0.03];

/** Enrols everybody, and dates the joining and the retirement of users around it. */
export function enrol(
  seed: Seed,
  courses: readonly Course[],
  users: Users,
  team: readonly TeamRole[],
): Enrolments {
  const weights = courses.map((course) => course.spec.weight);
  const drafts: Draft[] = [];
  for (let user = 0; user < users.count; user++) {
    const random = new Random(seed, STREAM.enrolment, user);
    const chosen = user < users.team ? teamCourses(user, team) : chooseCourses(random, weights);
    const own = chosen.map((index) => draftEnrolment(random, users, user, courses[index]!));
    dateUser(random, users, user, own);
    for (const draft of own) {
      settle(draft, random, users.retiredAt[user]!, courses[draft.course]!);
      drafts.push(draft);
    }
  }
  drafts.sort((a, b) => a.created - b.created || a.user - b.user);
  return pack(drafts);
}

function teamCourses(user: number, team: readonly TeamRole[]): number[] {
  const indexes = team.filter((role) => role.user === user).map((role) => role.course);
  return [...new Set(indexes.filter((index) => index >= 0))];
}

function chooseCourses(random: Random, weights: readonly number[]): number[] {
  const left = [...weights];
  return Array.from({ length: random.weighted(COURSES_PER_LEARNER) }, () => {
    const index = random.weighted(left);
    left[index] = 0;
    return index;
  });
}

function draftEnrolment(random: Random, users: Users, user: number, course: Course): Draft {
  const { spec } = course;
  const member = user < users.team;
  const created = member ? teamTime(random, course) : enrolTime(random, course);
  const startWeek = Math.ceil((Math.max(created, spec.start) - FIRST_MONDAY) / WEEK);
  let sections = 0;
  if (member) sections = 1 + random.int(2);
  else if (!random.chance(0.24 - 0.06 * users.engagement[user]!)) {
    sections = survive(random, users.engagement[user]!, course.sections.length);
  }
  sections = Math.max(0, Math.min(sections, CALENDAR_WEEKS - startWeek));
  const upgraded = spec.certificates && random.chance(0.22);
  const upgradedAt = upgraded ? created + random.int(9 * 86_400) * SECOND + 90 * SECOND : 0;
  return {
    user,
    course: course.index,
    created,
    upgradedAt: upgradedAt < AS_OF ? upgradedAt : 0,
    startWeek,
    sections,
    leftAt: 0,
    backAt: 0,
  };
}

function teamTime(random: Random, { spec }: Course): Micros {
  return Math.min(spec.start - 70 * DAY, AS_OF - 30 * DAY) + random.int(20 * DAY);
}

/** Most enrol in the weeks before the start, some up to three weeks late, and any day in a self-paced run. */
function enrolTime(random: Random, { spec }: Course): Micros {
  const inDay = (7 + random.int(15)) * HOUR + random.int(3600) * SECOND + random.int(SECOND);
  const latest = AS_OF - 3 * DAY;
  let day: number;
  if (spec.selfPaced) day = spec.start + random.int((latest - spec.start) / DAY) * DAY;
  else if (spec.start > AS_OF) day = AS_OF - (3 + random.int(45)) * DAY;
  else if (random.chance(0.12)) day = spec.start + random.int(20) * DAY;
  else day = spec.start - (1 + Math.floor(60 * random.float() * random.float())) * DAY;
  return day + inDay;
}

function survive(random: Random, engagement: number, sections: number): number {
  const scale = Math.exp(-0.5 * engagement);
  let reached = 1;
  while (reached < sections && !random.chance(HAZARD[Math.min(reached, HAZARD.length) - 1]! * scale))
    reached++;
  return reached;
}

function dateUser(random: Random, users: Users, user: number, own: readonly Draft[]): void {
  if (user < users.team) {
    users.joined[user] = FIRST_MONDAY - (90 - user) * DAY + random.int(86_400) * SECOND + random.int(SECOND);
    return;
  }
  let first = FIRST_MONDAY + random.int(CALENDAR_WEEKS * 7) * DAY + random.int(86_400) * SECOND;
  let last = first;
  if (own.length > 0) {
    first = Math.min(...own.map((draft) => draft.created));
    last = Math.max(...own.map((draft) => draft.created));
  }
  const before = random.chance(0.2) ? random.int(60 * 86_400) : 0;
  users.joined[user] = first - before * SECOND - MINUTE - random.int(1800) * SECOND - random.int(SECOND);
  const room = AS_OF - 2 * DAY - (last + 10 * DAY);
  if (room > 0 && random.chance(0.01)) {
    users.retiredAt[user] = last + 10 * DAY + random.int(room);
  }
}

/** Ends an enrolment: by the learner's own will while the run is open, or because the user was retired. */
function settle(draft: Draft, random: Random, retiredAt: Micros, { spec, sections }: Course): void {
  if (retiredAt > 0) {
    const weeks = Math.floor((retiredAt - FIRST_MONDAY) / WEEK) - draft.startWeek;
    draft.sections = Math.max(0, Math.min(draft.sections, weeks));
    if (draft.upgradedAt > retiredAt) draft.upgradedAt = 0;
    draft.leftAt = retiredAt;
  } else if (draft.sections < sections.length / 2 && random.chance(0.13)) {
    const quiet = FIRST_MONDAY + (draft.startWeek + draft.sections) * WEEK;
    const from = draft.sections > 0 ? quiet : draft.created + 10 * DAY;
    const leftAt = from + random.int(20 * 86_400) * SECOND + random.int(SECOND);
    if (leftAt >= Math.min(spec.end ?? AS_OF, AS_OF - 30 * DAY)) return;
    draft.leftAt = leftAt;
    if (random.chance(0.08)) draft.backAt = leftAt + (1 + random.int(20)) * DAY;
  }
}

function pack(drafts: readonly Draft[]): Enrolments {
  return {
    count: drafts.length,
    user: Uint32Array.from(drafts, (draft) => draft.user),
    course: Uint8Array.from(drafts, (draft) => draft.course),
    created: Float64Array.from(drafts, (draft) => draft.created),
    upgradedAt: Float64Array.from(drafts, (draft) => draft.upgradedAt),
    startWeek: Int16Array.from(drafts, (draft) => draft.startWeek),
    sections: Uint8Array.from(drafts, (draft) => draft.sections),
    leftAt: Float64Array.from(drafts, (draft) => draft.leftAt),
    backAt: Float64Array.from(drafts, (draft) => draft.backAt),
  };
}
