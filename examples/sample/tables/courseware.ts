import { CALENDAR_WEEKS, sqlTime } from '../clock.ts';
import type { Section } from '../courses/tree.ts';
import type { Row } from '../dumps/mysqldump.ts';
import { sectionActivity, type LeafVisit, type SubsectionVisit } from '../learners/activity.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';
import { essayState, problemState, selectionState, videoState } from './module-state.ts';

/** One section of one enrolment, with what was done in it. */
interface SectionVisit {
  readonly e: number;
  readonly week: number;
  readonly section: Section;
  readonly visits: readonly SubsectionVisit[];
}

/**
 * All section visits in the order of calendar weeks, so that rows of different courses and learners mix and
 * ids grow with time, as on a real site. Only the list of enrolments under way is held.
 */
export function* sectionVisits(site: Site): Generator<SectionVisit> {
  const { enrolments, courses } = site;
  const starts = Array.from({ length: CALENDAR_WEEKS }, () => [] as number[]);
  for (let e = 0; e < enrolments.count; e++) {
    if (enrolments.sections[e]! > 0) starts[enrolments.startWeek[e]!]!.push(e);
  }
  let active: number[] = [];
  for (let calendar = 0; calendar < CALENDAR_WEEKS; calendar++) {
    active = active.filter((e) => calendar - enrolments.startWeek[e]! < enrolments.sections[e]!);
    for (const e of starts[calendar]!) active.push(e);
    for (const e of active) {
      const week = calendar - enrolments.startWeek[e]!;
      const visits = sectionActivity(site, e, week);
      if (visits.length === 0) continue;
      yield { e, week, section: courses[enrolments.course[e]!]!.sections[week]!, visits };
    }
  }
}

/** Rows of courseware_studentmodule. */
export function* studentModules(site: Site): Generator<Row> {
  const { enrolments, outcomes, courses, userId } = site;
  let id = 0;
  for (const { e, week, section, visits } of sectionVisits(site)) {
    const course = courses[enrolments.course[e]!]!;
    const student = userId[enrolments.user[e]!]!;
    const plain = (type: string, key: string, position: number, at: number, last: number): Row => {
      const state = `{"position": ${position}}`;
      return [++id, type, key, course.key, state, null, null, 'na', sqlTime(at), sqlTime(last), student];
    };
    const first = visits[0]!.at;
    if (week === 0) {
      yield plain('course', course.root.key, outcomes.lastSection[e]!, first, outcomes.lastAt[e]!);
    }
    yield plain('chapter', section.block.key, visits.length, first, visits.at(-1)!.last);
    for (const visit of visits) {
      yield plain('sequential', visit.subsection.block.key, visit.position, visit.at, visit.last);
      for (const leaf of visit.leaves) {
        const module = leafModule(site, e, leaf);
        if (module === null) continue;
        const [state, earned, possible] = module;
        const { type, key } = leaf.block;
        yield [
          ++id,
          type,
          key,
          course.key,
          state,
          earned,
          possible,
          'na',
          sqlTime(leaf.at),
          sqlTime(leaf.last),
          student,
        ];
      }
    }
  }
}

/** State, grade and maximum of a block that keeps state, or null for one that keeps none. */
function leafModule(site: Site, e: number, leaf: LeafVisit): [string, number | null, number | null] | null {
  const { block } = leaf;
  switch (block.type) {
    case 'problem': {
      const random = new Random(site.seed, STREAM.answer, e, Math.floor(leaf.at / 1e6), leaf.at % 1e6);
      const state = problemState(block, leaf, random);
      return leaf.attempts > 0 ? [state, leaf.earned, block.problem!.possible] : [state, null, null];
    }
    case 'video':
      return [videoState(block, leaf), null, null];
    case 'library_content':
      return [selectionState(leaf), null, null];
    case 'openassessment':
      return leaf.attempts > 0 ? [essayState(site, e), null, null] : null;
    default:
      return null;
  }
}

/** Rows of completion_blockcompletion. */
export function* blockCompletions(site: Site): Generator<Row> {
  const { enrolments, courses, userId } = site;
  let id = 0;
  for (const { e, visits } of sectionVisits(site)) {
    const key = courses[enrolments.course[e]!]!.key;
    const user = userId[enrolments.user[e]!]!;
    for (const { leaves } of visits) {
      for (const { complete, block, last } of leaves) {
        if (!complete) continue;
        const at = sqlTime(last);
        yield [at, at, ++id, key, block.key, block.type, 1, user];
      }
    }
  }
}
