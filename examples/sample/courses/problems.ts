import type { Random } from '../random.ts';

/** One input of a problem: how its response element is written and what learners answer. */
type PartKind = 'choice' | 'number' | 'text' | 'dropdown' | 'checkbox';

/** A gradable problem: its parts, points, and how hard it is. */
export interface Problem {
  readonly parts: readonly PartKind[];
  /** The `weight` field, or null where the number of parts counts. */
  readonly weight: number | null;
  /** The points of a fully right answer. */
  readonly possible: number;
  /** Location on the scale of ability: a learner of equal ability has an even chance. */
  readonly difficulty: number;
  /** How many tries are allowed, or null for no limit. */
  readonly maxAttempts: number | null;
  readonly seed: number;
}

const SHAPES: readonly (readonly PartKind[])[] = [
  ['choice'],
  ['choice'],
  ['number'],
  ['text'],
  ['dropdown'],
  ['checkbox'],
  ['choice', 'number'],
  ['dropdown', 'dropdown', 'text'],
];

/** Draws a problem around a mean difficulty. */
export function drawProblem(random: Random, mean: number): Problem {
  const parts = random.pick(SHAPES);
  const weight = random.chance(0.2) ? random.pick([2, 3, 5]) : null;
  const tries = random.pick([1, 2, 3, 3, null]);
  return {
    parts,
    weight,
    possible: weight ?? parts.length,
    difficulty: mean + random.normal(),
    maxAttempts: tries,
    seed: 1 + random.int(999),
  };
}

/** The OLX text of a problem, as its definition holds it. */
export function problemXml(problem: Problem, title: string): string {
  const parts = problem.parts.map((kind, index) => partXml(kind, index, problem.seed));
  return `<problem>\n  <p>${escapeXml(title)}: choose or compute &amp; submit.</p>\n${parts.join('')}</problem>\n`;
}

function partXml(kind: PartKind, index: number, seed: number): string {
  const n = seed + index;
  switch (kind) {
    case 'choice':
      return `  <multiplechoiceresponse>\n    <label>Which one?</label>\n    <choicegroup type="MultipleChoice">\n${options(n, 'choice')}    </choicegroup>\n  </multiplechoiceresponse>\n`;
    case 'checkbox':
      return `  <choiceresponse>\n    <label>Tick all that hold.</label>\n    <checkboxgroup>\n${options(n, 'choice')}    </checkboxgroup>\n  </choiceresponse>\n`;
    case 'number':
      return `  <numericalresponse answer="${n}.5">\n    <label>What is ${n} + 0.5?</label>\n    <responseparam type="tolerance" default="1%"/>\n    <formulaequationinput/>\n  </numericalresponse>\n`;
    case 'text':
      return `  <stringresponse answer="it's term ${n}" type="ci">\n    <label>Name it — don't "guess".</label>\n    <textline size="20"/>\n  </stringresponse>\n`;
    case 'dropdown':
      return `  <optionresponse>\n    <label>Pick.</label>\n    <optioninput options="('up','down')" correct="${n % 2 === 0 ? 'up' : 'down'}"/>\n  </optionresponse>\n`;
  }
}

function options(n: number, tag: string): string {
  const right = n % 4;
  return [0, 1, 2, 3]
    .map((i) => `      <${tag} correct="${i === right}">Option ${'ABCD'[i]!}</${tag}>\n`)
    .join('');
}

const WRONG_TEXTS = [
  '',
  "I don't know",
  'größer?',
  'C:\\temp',
  'first\nsecond',
  'say "yes"',
  '日本',
  'NULL',
  '½ ☂',
];

/** The answer to one part as JSON text, right or wrong, as a learner's state holds it. */
export function answerJson(problem: Problem, index: number, right: boolean, random: Random): string {
  const n = problem.seed + index;
  switch (problem.parts[index]!) {
    case 'choice':
      return `"choice_${right ? n % 4 : (n + 1 + random.int(3)) % 4}"`;
    case 'checkbox':
      return right ? `["choice_${n % 4}"]` : `["choice_${n % 4}", "choice_${(n + 1 + random.int(3)) % 4}"]`;
    case 'number':
      return right ? `"${n}.5"` : `"${n - 1 - random.int(20)}"`;
    case 'text':
      return pythonJson(right ? `it's term ${n}` : random.pick(WRONG_TEXTS));
    case 'dropdown':
      return right === (n % 2 === 0) ? '"up"' : '"down"';
  }
}

/** JSON text in ASCII, as Python's json.dumps writes it by default. */
export function pythonJson(text: string): string {
  const json = JSON.stringify(text);
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
