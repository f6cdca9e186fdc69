import { DAY, FIRST_MONDAY, HOUR, MINUTE, SECOND, WEEK, type Micros } from '../clock.ts';
import { ESSAY_POINTS, type Block, type Subsection } from '../courses/tree.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';

/** What a learner did with one block inside a unit. */
export interface LeafVisit {
  readonly block: Block;
  /** When it was opened first. */
  readonly at: Micros;
  /** When its state changed last. */
  readonly last: Micros;
  /** Completion: read, watched to the end, submitted. */
  readonly complete: boolean;
  /** Submissions of a problem; 0 for one that was only opened, and for other blocks. */
  readonly attempts: number;
  /** The parts of a problem answered right in the last submission, as bits. */
  readonly right: number;
  /** Points, already weighted. */
  readonly earned: number;
  /** Of a library_content block: the children drawn for this learner. */
  readonly drawn?: readonly Block[];
}

/** What a learner did in one sequential. */
export interface SubsectionVisit {
  readonly subsection: Subsection;
  readonly at: Micros;
  readonly last: Micros;
  /** The 1-based place of the unit seen last. */
  readonly position: number;
  readonly leaves: readonly LeafVisit[];
}

/** Relative numbers of study sessions by weekday, Monday first. */
const WEEKDAY_WEIGHTS = [1.2, 1.3, 1.25, 1.15, 0.9, 0.5, 0.65];

/**
 * What enrolment `e` did in section `week` (counted from 0) of its course: the same answer at each call, from
 * a stream of its own. Empty for a skipped section.
 */
export function sectionActivity(site: Site, e: number, week: number): SubsectionVisit[] {
  const random = new Random(site.seed, STREAM.activity, e, week);
  if (week > 0 && random.chance(0.07)) return [];
  const section = site.courses[site.enrolments.course[e]!]!.sections[week]!;
  const user = site.enrolments.user[e]!;
  const learner = {
    ability: site.users.ability[user]!,
    diligence: 0.86 + 0.05 * site.users.engagement[user]!,
  };
  const monday = FIRST_MONDAY + (site.enrolments.startWeek[e]! + week) * WEEK;
  const sessions = sessionTimes(random, monday, 1 + random.int(2));
  const visits: SubsectionVisit[] = [];
  let clock = 0;
  section.subsections.forEach((subsection, i) => {
    if (i > 0 && !random.chance(learner.diligence)) return;
    const session = sessions[Math.min(sessions.length - 1, i)]!;
    const visit = visitSubsection(random, learner, subsection, Math.max(clock, session));
    clock = visit.last + 20 * SECOND;
    visits.push(visit);
  });
  return visits;
}

interface Learner {
  readonly ability: number;
  readonly diligence: number;
}

function sessionTimes(random: Random, monday: Micros, count: number): Micros[] {
  const times = Array.from({ length: count }, () => {
    const hour = 7 + Math.floor((random.float() + random.float()) * 7.5);
    const inHour = random.int(3600) * SECOND + random.int(SECOND);
    return monday + random.weighted(WEEKDAY_WEIGHTS) * DAY + hour * HOUR + inHour;
  });
  return times.sort((a, b) => a - b);
}

function visitSubsection(
  random: Random,
  learner: Learner,
  subsection: Subsection,
  at: Micros,
): SubsectionVisit {
  const leaves: LeafVisit[] = [];
  let clock = at + random.int(30) * SECOND;
  let position = 1;
  subsection.block.children.forEach((vertical, unit) => {
    if (unit > 0 && !random.chance(learner.diligence)) return;
    position = unit + 1;
    for (const block of vertical.children) {
      for (const leaf of visitLeaf(random, learner, block, clock)) {
        leaves.push(leaf);
        clock = leaf.last + (5 + random.int(60)) * SECOND + random.int(SECOND);
      }
    }
  });
  return { subsection, at, last: Math.max(at, ...leaves.map((leaf) => leaf.last)), position, leaves };
}

function visitLeaf(random: Random, learner: Learner, block: Block, at: Micros): LeafVisit[] {
  switch (block.type) {
    case 'problem':
      return [answerProblem(random, learner, block, at)];
    case 'library_content':
      return visitBank(random, learner, block, at);
    case 'openassessment':
      return [writeEssay(random, learner, block, at)];
    case 'video':
      return [watchVideo(random, learner, block, at)];
    default:
      return [{ ...nothing(block, at), complete: random.chance(0.95) }];
  }
}

function nothing(block: Block, at: Micros): LeafVisit {
  return { block, at, last: at, complete: false, attempts: 0, right: 0, earned: 0 };
}

function watchVideo(random: Random, learner: Learner, block: Block, at: Micros): LeafVisit {
  const complete = random.chance(0.75 * learner.diligence);
  const watched = complete ? block.seconds! : Math.floor(block.seconds! * random.float() * 0.9);
  return { ...nothing(block, at), complete, last: at + watched * SECOND };
}

function visitBank(random: Random, learner: Learner, block: Block, at: Micros): LeafVisit[] {
  const left = [...block.children];
  const drawn = Array.from({ length: block.draw! }, () => left.splice(random.int(left.length), 1)[0]!);
  let clock = at;
  const answers = drawn.map((child) => {
    const leaf = answerProblem(random, learner, child, clock);
    clock = leaf.last + (5 + random.int(40)) * SECOND;
    return leaf;
  });
  return [{ ...nothing(block, at), drawn }, ...answers];
}

function writeEssay(random: Random, learner: Learner, block: Block, at: Micros): LeafVisit {
  if (!random.chance(0.7 * learner.diligence)) return nothing(block, at);
  const mark = Math.round(ESSAY_POINTS * logistic(0.6 + 0.9 * learner.ability + 0.6 * random.normal()));
  const last = at + (10 + random.int(50)) * MINUTE;
  return { ...nothing(block, at), complete: true, last, attempts: 1, earned: mark };
}

/** The odds rise with ability, fall with difficulty, and get a little better with each further attempt. */
function answerProblem(random: Random, learner: Learner, block: Block, at: Micros): LeafVisit {
  const problem = block.problem!;
  if (!random.chance(0.94)) return nothing(block, at);
  const all = (1 << problem.parts.length) - 1;
  const limit = problem.maxAttempts ?? 9;
  let attempts = 0;
  let right = 0;
  let last = at;
  while (attempts < limit && right !== all && (attempts === 0 || random.chance(0.85))) {
    const odds = logistic(1.3 * (learner.ability - problem.difficulty) + 0.3 * attempts);
    for (let part = 0; part < problem.parts.length; part++) if (random.chance(odds)) right |= 1 << part;
    attempts++;
    last += (20 + random.int(200)) * SECOND + random.int(SECOND);
  }
  const earned = (problem.possible * bitCount(right)) / problem.parts.length;
  return { block, at, last, complete: true, attempts, right, earned };
}

function bitCount(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left >>= 1) count += left & 1;
  return count;
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
