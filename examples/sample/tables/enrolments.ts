import { AS_OF, DAY, SECOND, sqlTime, type Micros } from '../clock.ts';
import type { Row } from '../dumps/mysqldump.ts';
import { instructorOf } from '../learners/team.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';
import { accountOf } from './users.ts';

/** The mode an enrolment began in. */
function firstMode(site: Site, e: number): string {
  return site.courses[site.enrolments.course[e]!]!.spec.certificates ? 'honor' : 'audit';
}

/** The mode of an enrolment at the time of the backup. */
export function currentMode(site: Site, e: number): string {
  return site.enrolments.upgradedAt[e]! > 0 ? 'verified' : firstMode(site, e);
}

/** True where the learner is still enrolled. */
export function isEnrolled(site: Site, e: number): boolean {
  return site.enrolments.leftAt[e] === 0 || site.enrolments.backAt[e]! > 0;
}

/** Rows of student_courseenrollment. */
export function* courseEnrollments(site: Site): Generator<Row> {
  const { enrolments, courses, userId } = site;
  for (let e = 0; e < enrolments.count; e++) {
    yield [
      e + 1,
      courses[enrolments.course[e]!]!.key,
      sqlTime(enrolments.created[e]!),
      isEnrolled(site, e) ? 1 : 0,
      currentMode(site, e),
      userId[enrolments.user[e]!]!,
    ];
  }
}

/** Rows of student_courseenrollment_history: one per change, by their UUID, a sixteenth at a time. */
export function* enrollmentHistory(site: Site): Generator<Row> {
  const uuid = 4;
  for (let digit = 0; digit < 16; digit++) {
    const rows = [...historyRows(site, digit.toString(16))];
    yield* rows.sort((a, b) => (a[uuid]! < b[uuid]! ? -1 : 1));
  }
}

function* historyRows(site: Site, prefix: string): Generator<Row> {
  const { enrolments, courses, userId } = site;
  for (let e = 0; e < enrolments.count; e++) {
    const random = new Random(site.seed, STREAM.history, e);
    for (const change of changesOf(site, e)) {
      const uuid = random.hex(32);
      if (!uuid.startsWith(prefix)) continue;
      const created = sqlTime(enrolments.created[e]!);
      const course = courses[enrolments.course[e]!]!.key;
      const user = userId[enrolments.user[e]!]!;
      const actor = change.type === '+' ? (manualActor(site, e) ?? user) : change.byService ? null : user;
      const { active, mode, at, type } = change;
      yield [e + 1, created, active, mode, uuid, sqlTime(at), null, type, course, actor, user];
    }
  }
}

interface Change {
  readonly at: Micros;
  readonly type: '+' | '~';
  readonly active: 0 | 1;
  readonly mode: string;
  readonly byService?: true;
}

function changesOf(site: Site, e: number): Change[] {
  const { enrolments, users } = site;
  const first = firstMode(site, e);
  const changes: Change[] = [{ at: enrolments.created[e]!, type: '+', active: 1, mode: first }];
  const upgraded = enrolments.upgradedAt[e]!;
  const left = enrolments.leftAt[e]!;
  const back = enrolments.backAt[e]!;
  const modeAt = (at: Micros): string => (upgraded > 0 && upgraded <= at ? 'verified' : first);
  if (upgraded > 0) changes.push({ at: upgraded, type: '~', active: 1, mode: 'verified' });
  if (left > 0) {
    const retired = left === users.retiredAt[enrolments.user[e]!];
    const byService = retired ? { byService: true as const } : {};
    changes.push({ at: left, type: '~', active: 0, mode: modeAt(left), ...byService });
  }
  if (back > 0) changes.push({ at: back, type: '~', active: 1, mode: modeAt(back) });
  return changes.sort((a, b) => a.at - b.at);
}

/** The id of the instructor who enrolled a learner by hand, or null where the learner did it. */
function manualActor(site: Site, e: number): number | null {
  const { enrolments, courses, users, userId } = site;
  if (enrolments.user[e]! < users.team) return null;
  if (!new Random(site.seed, STREAM.history, e, 1).chance(0.04)) return null;
  return userId[instructorOf(courses[enrolments.course[e]!]!.spec)]!;
}

/** Rows of student_manualenrollmentaudit: enrolments by hand, and invitations of addresses without account. */
export function* manualEnrollmentAudits(site: Site): Generator<Row> {
  const { enrolments, courses } = site;
  let id = 0;
  for (let e = 0; e < enrolments.count; e++) {
    const actor = manualActor(site, e);
    if (actor === null) continue;
    const account = accountOf(site, enrolments.user[e]!);
    const reason = account.retired
      ? ''
      : ['Company list', 'Asked by mail, "urgent"', 'Transfer;\nsee ticket', null][e % 4]!;
    const created = enrolments.created[e]!;
    yield [
      ++id,
      account.email,
      sqlTime(created),
      'from unenrolled to enrolled',
      reason,
      actor,
      e + 1,
      'Learner',
    ];
    const left = enrolments.leftAt[e]!;
    if (left > 0 && !account.retired) {
      yield [
        ++id,
        account.email,
        sqlTime(left),
        'from enrolled to unenrolled',
        reason,
        actor,
        e + 1,
        'Learner',
      ];
    }
  }
  for (const invitation of invitations(site)) {
    const course = courses[invitation.course]!;
    const actor = site.userId[instructorOf(course.spec)]!;
    yield [
      ++id,
      invitation.email,
      sqlTime(invitation.at),
      'from unenrolled to allowed to enroll',
      'Invited',
      actor,
      null,
      'Learner',
    ];
  }
}

interface Invitation {
  readonly email: string;
  readonly course: number;
  readonly at: Micros;
}

function invitations(site: Site): Invitation[] {
  const random = new Random(site.seed, STREAM.site, 0);
  return site.courses.flatMap(({ index, spec }) =>
    Array.from({ length: 2 + random.int(5) }, (_, i) => ({
      email: `invited_${index}_${i}@example.org`,
      course: index,
      at: Math.min(spec.start - (20 + i) * DAY, AS_OF - (5 + i) * DAY) + random.int(86_400) * SECOND,
    })),
  );
}

/** Rows of student_courseenrollmentallowed: the invitations, none of them taken up yet. */
export function* enrollmentsAllowed(site: Site): Generator<Row> {
  let id = 0;
  for (const { email, course, at } of invitations(site)) {
    yield [++id, email, site.courses[course]!.key, id % 2, sqlTime(at), null];
  }
}
