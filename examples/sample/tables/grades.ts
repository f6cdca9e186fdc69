import { AS_OF, DAY, MINUTE, sqlTime, type Micros } from '../clock.ts';
import { versionAt } from '../courses/versions.ts';
import type { Row } from '../dumps/mysqldump.ts';
import type { SubsectionVisit } from '../learners/activity.ts';
import { certificateTime, letterOf, pointsEarned } from '../learners/grading.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';
import { sectionVisits } from './courseware.ts';
import { currentMode } from './enrolments.ts';
import { accountOf, fullName } from './users.ts';

/** Version and edit time of a course at a time; the old modulestore has neither. */
function edition(site: Site, course: number, at: Micros): [edited: string | null, version: string] {
  const versions = site.versions[course];
  if (!versions) return [null, ''];
  const version = versionAt(versions, at);
  return [sqlTime(version.at), version.id];
}

/** Rows of grades_persistentcoursegrade: everybody who opened the run. */
export function* courseGrades(site: Site): Generator<Row> {
  const { enrolments, outcomes, courses, userId } = site;
  let id = 0;
  for (let e = 0; e < enrolments.count; e++) {
    if (outcomes.firstAt[e] === 0) continue;
    const course = courses[enrolments.course[e]!]!;
    const percent = outcomes.percent[e]!;
    const passed = outcomes.passedAt[e]!;
    const [edited, version] = edition(site, course.index, outcomes.lastAt[e]!);
    yield [
      sqlTime(outcomes.firstAt[e]!),
      sqlTime(outcomes.lastAt[e]!),
      ++id,
      userId[enrolments.user[e]!]!,
      course.key,
      edited,
      version,
      new Random(site.seed, STREAM.course, course.index).hex(27) + '=',
      percent,
      letterOf(course, percent),
      passed > 0 ? sqlTime(passed) : null,
    ];
  }
}

/** Rows of grades_persistentsubsectiongrade: every sequential that somebody answered something in. */
export function* subsectionGrades(site: Site): Generator<Row> {
  const { enrolments, courses, userId } = site;
  let id = 0;
  for (const { e, visits } of sectionVisits(site)) {
    const course = courses[enrolments.course[e]!]!;
    for (const visit of visits) {
      const first = firstAttempt(visit);
      if (first === null) continue;
      const { block, format, possible, blocksHash } = visit.subsection;
      const earned = pointsEarned(visit.leaves);
      const [edited, version] = edition(site, course.index, visit.last);
      yield [
        sqlTime(first),
        sqlTime(visit.last),
        ++id,
        userId[enrolments.user[e]!]!,
        course.key,
        block.key,
        edited,
        version,
        earned,
        possible,
        format === null ? 0 : earned,
        format === null ? 0 : possible,
        sqlTime(first),
        blocksHash,
      ];
    }
  }
}

function firstAttempt({ leaves }: SubsectionVisit): Micros | null {
  return leaves.find((leaf) => leaf.attempts > 0)?.last ?? null;
}

/**
 * Rows of certificates_generatedcertificate: `downloadable` for exactly those who passed a run with
 * certificates that has ended or is self-paced, and `notpassing` for some who asked too early. Names stay
 * after retirement, as they do in Open edX.
 */
export function* certificates(site: Site): Generator<Row> {
  const { enrolments, outcomes, courses } = site;
  let id = 0;
  for (let e = 0; e < enrolments.count; e++) {
    const course = courses[enrolments.course[e]!]!;
    const random = new Random(site.seed, STREAM.certificate, e);
    const issuedAt = certificateTime(course, outcomes.passedAt[e]!);
    const issued = issuedAt !== null && issuedAt < AS_OF;
    const tried = course.spec.certificates && outcomes.passedAt[e] === 0 && outcomes.percent[e]! > 0.3;
    if (!issued && !(tried && random.chance(0.3))) continue;
    const asked = issued ? issuedAt : outcomes.lastAt[e]!;
    const at = asked + (5 + random.int(50)) * MINUTE + random.int(MINUTE);
    const account = accountOf(site, enrolments.user[e]!);
    yield [
      ++id,
      course.key,
      issued ? random.hex(32) : '',
      '',
      '',
      String(outcomes.percent[e]!),
      random.hex(32),
      0,
      issued ? 'downloadable' : 'notpassing',
      currentMode(site, e),
      fullName(account.original),
      sqlTime(at),
      sqlTime(Math.min(at + random.int(2) * DAY, AS_OF - MINUTE)),
      '',
      account.id,
    ];
  }
}
