import { AS_OF, DAY, HOUR, MINUTE, SECOND, sqlTime, type Micros } from '../clock.ts';
import type { Row } from '../dumps/mysqldump.ts';
import { fakePasswordHash, identityOf, retiredUsername, type Identity } from '../learners/names.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';

const COUNTRIES = ['', 'AR', 'BR', 'DE', 'ES', 'FR', 'IN', 'JP', 'KE', 'MX', 'NG', 'US', 'US'];
const EDUCATION = ['', 'p', 'm', 'b', 'a', 'hs', 'jhs', 'el', 'none', 'other'];
const BIOS = [
  'I like samples.',
  'Line one\nline two',
  'Coffee ☕ & "quotes"',
  "Nobody's real",
  'C:\\made\\up',
  'NULL',
];

/** Everything the tables say about a user, before and after retirement. */
export interface Account extends Identity {
  readonly key: number;
  readonly id: number;
  readonly retired: boolean;
  /** What the identity was before retirement. */
  readonly original: Identity;
}

/** The account of a user by key. */
export function accountOf(site: Site, key: number): Account {
  const original = identityOf(site.seed, key, site.users.team);
  const id = site.userId[key]!;
  if (site.users.retiredAt[key] === 0) return { ...original, key, id, retired: false, original };
  const username = retiredUsername(original.username);
  return {
    first: '',
    last: '',
    username,
    email: `${username}@retired.invalid`,
    key,
    id,
    retired: true,
    original,
  };
}

/** The full name of an identity. */
export function fullName(identity: Identity): string {
  return `${identity.first} ${identity.last}`.trim();
}

/** Rows of auth_user. */
export function* authUsers(site: Site): Generator<Row> {
  const lastSeen = lastActivity(site);
  for (const key of site.order) {
    const account = accountOf(site, key);
    const random = new Random(site.seed, STREAM.choice, key, 0);
    const hash = fakePasswordHash(random);
    const joined = site.users.joined[key]!;
    const never = key >= site.users.team && lastSeen[key] === 0 && random.chance(0.3);
    const unconfirmed = never && random.chance(0.2);
    const seen = key === 0 ? AS_OF - DAY : lastSeen[key]!;
    const login = Math.max(joined + 10 * SECOND, seen - random.int(HOUR));
    yield [
      account.id,
      account.retired ? `!${random.hex(40)}` : hash,
      never || account.retired ? null : sqlTime(Math.min(login, AS_OF - SECOND)),
      key === 0 ? 1 : 0,
      account.username,
      account.retired || key % 3 > 0 ? '' : account.first,
      account.retired || key % 3 > 0 ? '' : account.last,
      account.email,
      key === 0 ? 1 : 0,
      account.retired || unconfirmed ? 0 : 1,
      sqlTime(joined),
    ];
  }
}

/** The time of the last activity in any course by user key, or 0. */
function lastActivity({ users, enrolments, outcomes }: Site): Float64Array {
  const last = new Float64Array(users.count);
  for (let e = 0; e < enrolments.count; e++) {
    const user = enrolments.user[e]!;
    last[user] = Math.max(last[user]!, outcomes.lastAt[e]!);
  }
  return last;
}

/** Rows of auth_userprofile. Retirement empties what says something about the person. */
export function* userProfiles(site: Site): Generator<Row> {
  for (const key of site.order) {
    const account = accountOf(site, key);
    const random = new Random(site.seed, STREAM.choice, key, 1);
    const told = !account.retired;
    const optional = <T>(share: number, value: () => T): T | null => {
      const present = random.chance(share);
      const drawn = value();
      return present && told ? drawn : null;
    };
    yield [
      account.id,
      told ? fullName(account) : '',
      told && random.chance(0.3) ? `{"session_id": "${random.hex(8)}"}` : '',
      'course.xml',
      '',
      '',
      optional(0.7, () => 1945 + random.int(63)),
      optional(0.75, () => random.pick(['f', 'm', 'o', ''])),
      optional(0.8, () => random.pick(EDUCATION)),
      optional(0.1, () => `${1 + random.int(99)} Nowhere Lane\nFictionville`),
      optional(0.3, () => random.pick(['Nowhere', 'Sampleton', 'Ühland', '架空市'])),
      optional(0.85, () => random.pick(COUNTRIES)),
      optional(0.2, () => random.pick(['To learn, and to pass', '', 'For "fun"'])),
      1,
      optional(0.12, () => random.pick(BIOS)),
      optional(0.1, () => sqlTime(site.users.joined[key]! + random.int(86_400) * SECOND)),
      account.id,
      null,
      null,
    ];
  }
}

/** The id that stands for a user inside a course, for discussions and essays; `course` -1 is the site. */
export function anonymousId(site: Site, user: number, course: number): string {
  return new Random(site.seed, STREAM.anonymous, user, course + 1).hex(32);
}

/** Rows of student_anonymoususerid: everybody who started a run, once per run. */
export function* anonymousUserIds(site: Site): Generator<Row> {
  const { enrolments, outcomes, userId, courses } = site;
  let id = 0;
  for (let e = 0; e < enrolments.count; e++) {
    if (outcomes.firstAt[e] === 0) continue;
    const user = enrolments.user[e]!;
    const course = enrolments.course[e]!;
    yield [++id, anonymousId(site, user, course), courses[course]!.key, userId[user]!];
  }
}

/** Rows of student_courseaccessrole. */
export function* accessRoles(site: Site): Generator<Row> {
  let id = 0;
  for (const role of site.team) yield [++id, role.org, role.courseId, role.role, site.userId[role.user]!];
}

const STATES = [
  'PENDING',
  'LOCKING_ACCOUNT',
  'LOCKING_COMPLETE',
  'RETIRING_FORUMS',
  'FORUMS_COMPLETE',
  'RETIRING_EMAIL_LISTS',
  'EMAIL_LISTS_COMPLETE',
  'RETIRING_ENROLLMENTS',
  'ENROLLMENTS_COMPLETE',
  'RETIRING_NOTES',
  'NOTES_COMPLETE',
  'RETIRING_LMS',
  'LMS_COMPLETE',
  'ERRORED',
  'ABORTED',
  'COMPLETE',
];
const DEAD_ENDS = ['ERRORED', 'ABORTED', 'COMPLETE'];

/** Rows of user_api_retirementstate: the steps of the retirement pipeline. */
export function* retirementStates(): Generator<Row> {
  for (const [i, state] of STATES.entries()) {
    const dead = DEAD_ENDS.includes(state);
    yield [i + 1, state, i + 1, dead ? 1 : 0, dead || state === 'PENDING' ? 1 : 0];
  }
}

/** Rows of user_api_userretirementstatus: who was retired, all of them COMPLETE. */
export function* retirementStatuses(site: Site): Generator<Row> {
  let id = 0;
  for (const key of site.order) {
    const account = accountOf(site, key);
    if (!account.retired) continue;
    const at = site.users.retiredAt[key]!;
    const done = at + 6 * HOUR + (key % 50) * MINUTE;
    yield [
      ++id,
      sqlTime(at),
      sqlTime(done),
      account.original.username,
      account.original.email,
      fullName(account.original),
      account.username,
      account.email,
      retirementLog(at),
      STATES.indexOf('COMPLETE') + 1,
      STATES.indexOf('LMS_COMPLETE') + 1,
      account.id,
    ];
  }
}

function retirementLog(at: Micros): string {
  const steps = STATES.filter((state) => !DEAD_ENDS.slice(0, 2).includes(state));
  return steps
    .map((state, i) => `Moved to ${state} on day ${Math.floor((at - AS_OF + 600 * DAY) / DAY)}, step ${i}`)
    .join('\n');
}
