import type { Micros } from '../clock.ts';
import type { Course } from '../courses/tree.ts';
import type { Site } from '../site.ts';
import { sectionActivity, type SubsectionVisit } from './activity.ts';

/** The outcome of each enrolment; entries of learners who did nothing stay 0. */
export interface Outcomes {
  /** The grade from 0 to 1 in steps of a hundredth, as Open edX rounds it. */
  readonly percent: Float64Array;
  /** When the pass mark was reached first, or 0. */
  readonly passedAt: Float64Array;
  readonly firstAt: Float64Array;
  readonly lastAt: Float64Array;
  /** The last section that was opened, counted from 1. */
  readonly lastSection: Uint8Array;
}

/** The share of a type of assignment in the course grade. */
export const ASSIGNMENT_WEIGHT = { Homework: 0.6, 'Final Exam': 0.4 } as const;

/** Follows every enrolment through its course once and keeps what it came to. */
export function grade(site: Omit<Site, 'outcomes'>): Outcomes {
  const { enrolments } = site;
  const outcomes: Outcomes = {
    percent: new Float64Array(enrolments.count),
    passedAt: new Float64Array(enrolments.count),
    firstAt: new Float64Array(enrolments.count),
    lastAt: new Float64Array(enrolments.count),
    lastSection: new Uint8Array(enrolments.count),
  };
  for (let e = 0; e < enrolments.count; e++) gradeOne(site as Site, e, outcomes);
  return outcomes;
}

function gradeOne(site: Site, e: number, outcomes: Outcomes): void {
  const course = site.courses[site.enrolments.course[e]!]!;
  let total = 0;
  for (let week = 0; week < site.enrolments.sections[e]!; week++) {
    for (const visit of sectionActivity(site, e, week)) {
      outcomes.lastSection[e] = week + 1;
      if (outcomes.firstAt[e] === 0) outcomes.firstAt[e] = visit.at;
      outcomes.lastAt[e] = Math.max(outcomes.lastAt[e]!, visit.last);
      total += share(course, visit);
      const percent = roundPercent(total);
      outcomes.percent[e] = percent;
      if (percent >= course.spec.passMark && outcomes.passedAt[e] === 0) outcomes.passedAt[e] = visit.last;
    }
  }
}

/** What a visit adds to the course grade. */
function share(course: Course, { subsection, leaves }: SubsectionVisit): number {
  if (subsection.format === null) return 0;
  const count = subsection.format === 'Homework' ? course.homeworks : 1;
  return (ASSIGNMENT_WEIGHT[subsection.format] * pointsEarned(leaves)) / subsection.possible / count;
}

/** The points of a visit, rounded so that thirds add up to whole numbers. */
export function pointsEarned(leaves: SubsectionVisit['leaves']): number {
  const earned = leaves.reduce((sum, leaf) => sum + leaf.earned, 0);
  return Math.round(earned * 1e9) / 1e9;
}

/** Open edX rounds to whole percents, a twentieth of a percent in the learner's favour. */
function roundPercent(total: number): number {
  return Math.round(total * 100 + 0.05) / 100;
}

/** The letter of a grade: empty below the pass mark, otherwise by the cut-offs of the run. */
export function letterOf(course: Course, percent: number): string {
  for (const [letter, cutoff] of Object.entries(cutoffsOf(course))) if (percent >= cutoff) return letter;
  return '';
}

/** The grade cut-offs of a run, highest first. */
export function cutoffsOf({ spec }: Course): Record<string, number> {
  if (spec.course === 'STAT110') return { A: 0.9, B: 0.75, C: spec.passMark };
  return { Pass: spec.passMark };
}

/** When certificates of a run may be issued: on passing where self-paced, else at its end; null for never. */
export function certificateTime({ spec }: Course, passedAt: Micros): Micros | null {
  if (!spec.certificates || passedAt === 0) return null;
  return spec.end === null ? passedAt : Math.max(spec.end, passedAt);
}
