import { dateOf, DAY, type Micros } from '../clock.ts';

/** What a course run is, before its blocks. Ends are midnight after the last day. */
export interface CourseSpec {
  readonly org: string;
  readonly course: string;
  readonly run: string;
  readonly name: string;
  readonly language: string;
  readonly topics: readonly string[];
  readonly start: Micros;
  readonly end: Micros | null;
  readonly selfPaced: boolean;
  /** Key and blocks in the form `Org/Course/Run` and `i4x://…` of the old Mongo modulestore. */
  readonly oldStyle: boolean;
  /** The index of the run that this one is a rerun of: same block ids, other key. */
  readonly rerunOf: number | null;
  /** Certificates are configured. Without them the only mode is audit. */
  readonly certificates: boolean;
  readonly passMark: number;
  readonly cohorts: readonly string[];
  /** Some problems are drawn per learner from the content library. */
  readonly randomized: boolean;
  /** Has an open response assessment. */
  readonly essay: boolean;
  /** How popular the run is, relative to the others. */
  readonly weight: number;
}

/** Made-up organisations: no such institution exists. */
export const ORGANISATIONS = [
  { org: 'NorthlightU', name: 'Northlight University (fictional)' },
  { org: 'HarborTech', name: 'Harbor Technical College (fictional)' },
  { org: 'Polyglotta', name: 'Académie Polyglotta (fictional)' },
] as const;

/** The content library that randomized courses draw from. */
export const LIBRARY = {
  org: 'HarborTech',
  library: 'NETLIB',
  name: 'Networking question bank',
  problems: 12,
};

const SKY = ['Looking up', 'The Moon', 'Planets', 'The Sun', 'Stars', 'Galaxies', 'Cosmology', 'Telescopes'];
const DATA = ['Samples', 'Charts', 'Averages', 'Spread', 'Chance', 'Inference', 'Regression', 'Reporting'];
const MONEY = ['Needs', 'Markets', 'Prices', 'Firms', 'Public goods', 'Trade', 'Growth', 'Money & banks'];
const SHOP = ['Gloves and goggles', 'Lifting', 'Noise', 'Fire', 'Chemicals', 'First aid'];
const WELD = ['Metals', 'Arcs', 'Joints', 'Gas shielding', 'Positions', 'Inspection'];
const NET = ['Cables', 'Frames', 'Addresses', 'Routes', 'Names', 'Transport', 'Wireless', 'Faults'];
const VIAJE = [
  '¡Hola!',
  'En el café',
  '¿Dónde está…?',
  'La estación',
  'El mañana',
  'Añoranza',
  'Güeros',
  'Adiós',
];
const LANG = ['Sounds', 'Words', 'Sentences', 'Meaning', 'Change', 'Dialects', 'Writing systems', 'Signs'];
const NIHONGO = [
  'はじめまして',
  'これは何ですか',
  '駅はどこですか',
  'いくらですか',
  '天気',
  '家族',
  '旅行 ✈️',
  'またね',
];

const defaults = {
  language: 'en',
  selfPaced: false,
  oldStyle: false,
  rerunOf: null,
  certificates: true,
  passMark: 0.6,
  cohorts: [],
  randomized: false,
  essay: false,
  weight: 1,
} as const;

function weeks(start: string, count: number): { start: Micros; end: Micros } {
  return { start: dateOf(start), end: dateOf(start) + count * 7 * DAY };
}

/** The twelve course runs of the sample. Starts are Mondays. */
export const CATALOGUE: readonly CourseSpec[] = [
  {
    ...defaults,
    org: 'NorthlightU',
    course: 'ASTRO101',
    run: '2025_Spring',
    name: 'Sky "at a glance", part 1',
    topics: SKY,
    ...weeks('2025-01-13', 12),
    cohorts: ['Default Group', 'Telescope owners'],
    weight: 1.4,
  },
  {
    ...defaults,
    org: 'HarborTech',
    course: 'SAFETY1',
    run: '2025_T1',
    name: 'Workshop safety',
    topics: SHOP,
    ...weeks('2025-01-27', 10),
    oldStyle: true,
    passMark: 0.7,
    weight: 0.7,
  },
  {
    ...defaults,
    org: 'HarborTech',
    course: 'WELD20',
    run: 'SelfPaced',
    name: 'Welding at your own pace',
    topics: WELD,
    start: dateOf('2025-02-03'),
    end: null,
    selfPaced: true,
    weight: 1.5,
  },
  {
    ...defaults,
    org: 'Polyglotta',
    course: 'LING1',
    run: '2025',
    name: "Linguistics: what's in a word?",
    topics: LANG,
    ...weeks('2025-03-03', 12),
    certificates: false,
    essay: true,
  },
  {
    ...defaults,
    org: 'Polyglotta',
    course: 'Español_B1',
    run: '2025_Otoño',
    name: 'Español para viajeros — ¿dónde está el baño?',
    language: 'es',
    topics: VIAJE,
    ...weeks('2025-09-01', 12),
    weight: 1.1,
  },
  {
    ...defaults,
    org: 'NorthlightU',
    course: 'STAT110',
    run: '2025_Fall',
    name: 'Statistics for the curious',
    topics: DATA,
    ...weeks('2025-09-15', 12),
    cohorts: ['Default Group', 'Group A', 'Group B'],
    weight: 1.6,
  },
  {
    ...defaults,
    org: 'HarborTech',
    course: 'NET200',
    run: '2025_T3',
    name: 'Networks: from cable to route',
    topics: NET,
    ...weeks('2025-09-29', 12),
    randomized: true,
    passMark: 0.5,
    weight: 1.2,
  },
  {
    ...defaults,
    org: 'NorthlightU',
    course: 'ASTRO101',
    run: '2026_Spring',
    name: 'Sky "at a glance", part 1',
    topics: SKY,
    ...weeks('2026-01-12', 12),
    rerunOf: 0,
    weight: 1.3,
  },
  {
    ...defaults,
    org: 'Polyglotta',
    course: '日本語1',
    run: '2026_春',
    name: '日本語入門 🗾',
    language: 'ja',
    topics: NIHONGO,
    ...weeks('2026-02-02', 12),
    certificates: false,
  },
  {
    ...defaults,
    org: 'HarborTech',
    course: 'NET201',
    run: '2026_T1',
    name: 'Networks & services\\hosts',
    topics: NET,
    ...weeks('2026-02-16', 12),
    randomized: true,
  },
  {
    ...defaults,
    org: 'NorthlightU',
    course: 'ECO150',
    run: '2026_Summer',
    name: 'Economics, quickly',
    topics: MONEY,
    ...weeks('2026-05-11', 12),
    essay: true,
    weight: 1.2,
  },
  {
    ...defaults,
    org: 'Polyglotta',
    course: 'LING2',
    run: '2026_Fall',
    name: 'Linguistics, part two',
    topics: LANG,
    ...weeks('2026-09-14', 12),
    weight: 0.4,
  },
];

/** The key of a run as Open edX writes it, e.g. `course-v1:Org+Course+Run`. */
export function courseKey(spec: CourseSpec): string {
  if (spec.oldStyle) return `${spec.org}/${spec.course}/${spec.run}`;
  return `course-v1:${spec.org}+${spec.course}+${spec.run}`;
}

/** The key of a block of a run as Open edX writes it. */
export function usageKey(spec: CourseSpec, type: string, id: string): string {
  if (!spec.oldStyle) return `block-v1:${spec.org}+${spec.course}+${spec.run}+type@${type}+block@${id}`;
  return `i4x://${spec.org}/${spec.course}/${type}/${type === 'course' ? spec.run : id}`;
}
