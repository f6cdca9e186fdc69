import { HOUR, sqlTime } from '../clock.ts';
import { ESSAY_POINTS } from '../courses/tree.ts';
import { pythonJson } from '../courses/problems.ts';
import type { Row } from '../dumps/mysqldump.ts';
import type { LeafVisit } from '../learners/activity.ts';
import { instructorOf } from '../learners/team.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';
import { sectionVisits } from './courseware.ts';
import { submissionUuid } from './module-state.ts';
import { anonymousId } from './users.ts';

/*
 * An essay is one student item, one submission and one score, so the three share their id; some
 * marks were set by staff.
 */

interface Essay {
  readonly id: number;
  readonly e: number;
  readonly leaf: LeafVisit;
  readonly overridden: boolean;
}

function* essays(site: Site): Generator<Essay> {
  let id = 0;
  for (const { e, visits } of sectionVisits(site)) {
    if (!site.courses[site.enrolments.course[e]!]!.spec.essay) continue;
    for (const { leaves } of visits) {
      for (const leaf of leaves) {
        if (leaf.block.type !== 'openassessment' || leaf.attempts === 0) continue;
        id++;
        yield { id, e, leaf, overridden: id % 17 === 0 };
      }
    }
  }
}

/** Rows of submissions_studentitem. */
export function* studentItems(site: Site): Generator<Row> {
  for (const { id, e, leaf } of essays(site)) {
    const course = site.enrolments.course[e]!;
    const student = anonymousId(site, site.enrolments.user[e]!, course);
    yield [id, student, site.courses[course]!.key, leaf.block.key, 'openassessment'];
  }
}

const SENTENCES = [
  'Words change because people do.',
  'I would say: "it depends".\nThen again, it\'s not simple.',
  'See path C:\\essays\\draft.txt for more.',
  'Größe und Übung — schön!',
  '言葉は生きている。',
  'First,\tsecond,\tthird.',
  'Nobody reads this 🙂',
];

/** Rows of submissions_submission. */
export function* submissions(site: Site): Generator<Row> {
  for (const { id, e, leaf } of essays(site)) {
    const random = new Random(site.seed, STREAM.submission, e, 1);
    const text = Array.from({ length: 2 + random.int(5) }, () => random.pick(SENTENCES)).join(' ');
    const answer = `{"parts": [{"text": ${pythonJson(text)}}], "file_keys": []}`;
    const at = sqlTime(leaf.last);
    yield [id, submissionUuid(site, e), 1, at, at, answer, id, 'A', null];
  }
}

/** Rows of submissions_score. */
export function* scores(site: Site): Generator<Row> {
  for (const { id, leaf } of essays(site)) {
    yield [id, leaf.earned, ESSAY_POINTS, sqlTime(leaf.last + 5 * HOUR), 0, id, id];
  }
}

/** Rows of submissions_scoresummary. */
export function* scoreSummaries(site: Site): Generator<Row> {
  for (const { id } of essays(site)) yield [id, id, id, id];
}

/** Rows of submissions_scoreannotation: marks that staff set. */
export function* scoreAnnotations(site: Site): Generator<Row> {
  let count = 0;
  for (const { id, e, overridden } of essays(site)) {
    if (!overridden) continue;
    const course = site.courses[site.enrolments.course[e]!]!;
    const creator = anonymousId(site, instructorOf(course.spec), course.index);
    yield [++count, 'staff_defined', creator, 'A staff member has defined the score for this submission', id];
  }
}

/** Rows of submissions_teamsubmission: a few drafts that teams began. */
export function* teamSubmissions(site: Site): Generator<Row> {
  const random = new Random(site.seed, STREAM.submission);
  let id = 0;
  for (const { e, leaf, id: essay } of essays(site)) {
    if (essay % 23 !== 0) continue;
    const course = site.courses[site.enrolments.course[e]!]!;
    const at = sqlTime(leaf.last);
    const team = `team-${1 + random.int(9)}-${random.hex(32)}`;
    yield [
      ++id,
      at,
      at,
      random.hex(32),
      1,
      at,
      course.key,
      leaf.block.key,
      team,
      'A',
      site.userId[site.enrolments.user[e]!]!,
    ];
  }
}
