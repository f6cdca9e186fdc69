import { DAY, WEEK, type Micros } from '../clock.ts';
import { Random, STREAM, type Seed } from '../random.ts';
import { CATALOGUE, courseKey, LIBRARY, usageKey, type CourseSpec } from './catalogue.ts';
import { drawProblem, type Problem } from './problems.ts';

/** A block of a course tree as learners meet it. */
export interface Block {
  readonly type: string;
  readonly id: string;
  /** The usage key, as the tables name the block. */
  readonly key: string;
  readonly name: string;
  readonly children: readonly Block[];
  readonly problem?: Problem;
  /** Length of a video, in seconds. */
  readonly seconds?: number;
  /** Of a library_content block: how many of its children each learner gets. */
  readonly draw?: number;
  /** Of a copy from the library: the id of the block there. */
  readonly original?: string;
}

/** A sequential: the unit of grading. */
export interface Subsection {
  readonly block: Block;
  /** The blocks inside the verticals, in order. */
  readonly leaves: readonly Block[];
  /** The assignment type, or null where it does not count. */
  readonly format: 'Homework' | 'Final Exam' | null;
  readonly due: Micros | null;
  /** The points that can be earned in it. */
  readonly possible: number;
  readonly blocksHash: string;
}

/** A chapter: what learners do in one week. */
export interface Section {
  readonly block: Block;
  readonly start: Micros;
  readonly subsections: readonly Subsection[];
}

/** A course run with its tree. */
export interface Course {
  readonly index: number;
  readonly spec: CourseSpec;
  readonly key: string;
  readonly root: Block;
  readonly sections: readonly Section[];
  readonly homeworks: number;
}

/** A problem of the content library, by its block id. */
export interface LibraryProblem {
  readonly id: string;
  readonly name: string;
  readonly problem: Problem;
}

interface Words {
  readonly lesson: string;
  readonly homework: string;
  readonly exam: string;
  readonly unit: string;
  readonly video: string;
  readonly reading: string;
  readonly question: string;
  readonly talk: string;
}

const WORDS: Record<string, Words> = {
  en: {
    lesson: 'Lesson',
    homework: 'Homework',
    exam: 'Final exam',
    unit: 'Unit',
    video: 'Video',
    reading: 'Reading',
    question: 'Question',
    talk: 'Discussion',
  },
  es: {
    lesson: 'Lección',
    homework: 'Práctica',
    exam: 'Examen final',
    unit: 'Unidad',
    video: 'Vídeo',
    reading: 'Lectura',
    question: 'Pregunta',
    talk: 'Debate',
  },
  ja: {
    lesson: '講義',
    homework: '宿題',
    exam: '期末試験',
    unit: 'ユニット',
    video: '動画',
    reading: '読み物',
    question: '問題',
    talk: '話し合い',
  },
};

/** The problems of the content library. */
export function buildLibrary(seed: Seed): LibraryProblem[] {
  const random = new Random(seed, STREAM.block, 1000);
  return Array.from({ length: LIBRARY.problems }, (_, i) => ({
    id: random.hex(32),
    name: `Bank question ${i + 1}`,
    problem: { ...drawProblem(random, 0), parts: ['choice'] as const, weight: null, possible: 1 },
  }));
}

/** All course runs of the catalogue. A rerun has the block ids of the run it repeats. */
export function buildCourses(seed: Seed, library: readonly LibraryProblem[]): Course[] {
  return CATALOGUE.map((spec, index) => {
    const random = new Random(seed, STREAM.block, spec.rerunOf ?? index);
    return new TreeBuilder(spec, random, library).build(index);
  });
}

class TreeBuilder {
  readonly #spec: CourseSpec;
  readonly #random: Random;
  readonly #words: Words;
  readonly #library: readonly LibraryProblem[];
  #questions = 0;

  constructor(spec: CourseSpec, random: Random, library: readonly LibraryProblem[]) {
    this.#spec = spec;
    this.#random = random;
    this.#words = WORDS[spec.language]!;
    this.#library = library;
  }

  build(index: number): Course {
    const { topics, name } = this.#spec;
    const sections = topics.map((topic, week) => this.#topicSection(topic, week));
    sections.push(this.#examSection(topics.length));
    const root = this.#block(
      'course',
      name,
      { children: sections.map((section) => section.block) },
      'course',
    );
    return { index, spec: this.#spec, key: courseKey(this.#spec), root, sections, homeworks: topics.length };
  }

  #block(type: string, name: string, rest: Partial<Block> = {}, id = this.#random.hex(32)): Block {
    return { type, id, key: usageKey(this.#spec, type, id), name, children: [], ...rest };
  }

  #topicSection(topic: string, week: number): Section {
    const words = this.#words;
    const lesson = [
      [this.#block('html', `${words.reading}: ${topic}`), this.#video(topic), this.#question(-0.6)],
      [
        this.#video(`${topic} II`),
        this.#question(-0.3),
        this.#block('discussion', `${words.talk}: ${topic}`),
      ],
    ];
    if (this.#spec.essay && week === 2) lesson.push([this.#block('openassessment', 'Short essay')]);
    const homework = [[this.#question(0), this.#question(0.2)], [this.#lastQuestion()]];
    return this.#section(topic, week, [
      this.#subsection(`${words.lesson} ${week + 1}`, lesson, null, week),
      this.#subsection(`${words.homework} ${week + 1}`, homework, 'Homework', week),
    ]);
  }

  #examSection(week: number): Section {
    const units = [
      [this.#question(0.2), this.#question(0.3), this.#question(0.4)],
      [this.#question(0.5), this.#question(0.6)],
    ];
    return this.#section(this.#words.exam, week, [
      this.#subsection(this.#words.exam, units, 'Final Exam', week + 2),
    ]);
  }

  #section(name: string, week: number, subsections: Subsection[]): Section {
    const block = this.#block('chapter', name, { children: subsections.map((part) => part.block) });
    const start = this.#spec.selfPaced ? this.#spec.start : this.#spec.start + week * WEEK;
    return { block, start, subsections };
  }

  #subsection(name: string, units: Block[][], format: Subsection['format'], week: number): Subsection {
    const verticals = units.map((children, i) =>
      this.#block('vertical', `${this.#words.unit} ${i + 1}`, { children }),
    );
    const leaves = units.flat();
    const possible = leaves.reduce((sum, leaf) => sum + pointsOf(leaf), 0);
    const dated = format !== null && !this.#spec.selfPaced;
    return {
      block: this.#block('sequential', name, { children: verticals }),
      leaves,
      format,
      due: dated ? this.#spec.start + (week + 2) * WEEK - DAY : null,
      possible,
      blocksHash: this.#random.hex(27) + '=',
    };
  }

  #question(mean: number): Block {
    const problem = drawProblem(this.#random, mean);
    this.#questions++;
    return this.#block('problem', `${this.#words.question} ${this.#questions}`, { problem });
  }

  /** The last question of a homework: in randomized courses drawn from the library. */
  #lastQuestion(): Block {
    if (!this.#spec.randomized) return this.#question(0.4);
    const children = this.#library.map(({ id, name, problem }) =>
      this.#block('problem', name, { problem, original: id }, this.#random.hex(20)),
    );
    return this.#block('library_content', 'Questions from the bank', { children, draw: 2 });
  }

  #video(topic: string): Block {
    return this.#block('video', `${this.#words.video}: ${topic}`, { seconds: 120 + this.#random.int(600) });
  }
}

/** What an essay is marked out of. */
export const ESSAY_POINTS = 10;

function pointsOf(leaf: Block): number {
  if (leaf.type === 'openassessment') return ESSAY_POINTS;
  if (leaf.draw !== undefined) return leaf.draw;
  return leaf.problem?.possible ?? 0;
}
