import { ObjectId, type Document } from 'bson';
import { DAY, jsDate, type Micros } from '../clock.ts';
import { ASSIGNMENT_WEIGHT, cutoffsOf } from '../learners/grading.ts';
import { instructorOf } from '../learners/team.ts';
import { Random, STREAM, type Seed } from '../random.ts';
import type { Site } from '../site.ts';
import { LIBRARY_EDITS, librarian } from './course-index.ts';
import { problemXml } from './problems.ts';
import type { Block, Course } from './tree.ts';
import { objectId } from './versions.ts';

/** A rerun shares the definitions of the run it repeats, apart from its root. */
export function definitionId(seed: Seed, { index, spec }: Course, block: Block): string {
  const owner = block.type === 'course' ? index : (spec.rerunOf ?? index);
  const digits =
    block.type === 'course'
      ? [0]
      : [...block.id.slice(0, 20).matchAll(/.{5}/g)].map((m) => parseInt(m[0], 16));
  return objectId(spec.start - 60 * DAY, new Random(seed, STREAM.block, 5000 + owner, ...digits));
}

/** The documents of `modulestore.definitions`. */
export function* definitions(site: Site): Generator<Document> {
  const seen = new Set<string>();
  for (const course of site.courses) {
    if (course.spec.oldStyle) continue;
    const editor = site.userId[instructorOf(course.spec)]!;
    for (const block of [...walk(course.root), ...walk(unpublishedUnit(site.seed, course))]) {
      const id = definitionId(site.seed, course, block);
      if (seen.has(id)) continue;
      seen.add(id);
      yield definition(id, block.type, definitionFields(course, block), editor, course.spec.start - 60 * DAY);
    }
  }
  for (const [i, item] of site.library.entries()) {
    const fields = { data: problemXml(item.problem, item.name) };
    yield definition(libraryDefinitionId(site.seed, i), 'problem', fields, librarian(site), LIBRARY_EDITS[0]);
  }
  yield definition(libraryDefinitionId(site.seed, -1), 'library', {}, librarian(site), LIBRARY_EDITS[0]);
}

/** The ObjectId of the definition of a library problem by its place; -1 stands for the library itself. */
export function libraryDefinitionId(seed: Seed, place: number): string {
  return objectId(LIBRARY_EDITS[0], new Random(seed, STREAM.version, 2200, place + 1));
}

/** A unit that the team is still writing: it is in the draft only. */
export function unpublishedUnit(seed: Seed, course: Course): Block {
  const random = new Random(seed, STREAM.version, 3000 + course.index);
  const block = (type: string, name: string, children: readonly Block[] = []): Block => ({
    type,
    id: random.hex(32),
    key: '',
    name,
    children,
  });
  return block('vertical', 'Draft unit', [block('html', 'Not ready yet'), block('problem', 'Blank problem')]);
}

function* walk(block: Block): Generator<Block> {
  yield block;
  for (const child of block.children) yield* walk(child);
}

function definition(id: string, type: string, fields: Document, editor: number, at: Micros): Document {
  const _id = new ObjectId(id);
  const edit = { edited_by: editor, edited_on: jsDate(at), previous_version: null, original_version: _id };
  return { _id, block_type: type, fields, edit_info: edit, schema_version: 1 };
}

function definitionFields(course: Course, block: Block): Document {
  switch (block.type) {
    case 'course':
      return { wiki_slug: wikiSlug(course), grading_policy: gradingPolicy(course) };
    case 'html':
      return { data: `<h3>${block.name}</h3>\n<p>Made-up text, "quoted" &amp; wrapped.</p>\n` };
    case 'problem':
      return { data: block.problem ? problemXml(block.problem, block.name) : '<problem>\n</problem>\n' };
    default:
      return {};
  }
}

function wikiSlug({ spec }: Course): string {
  return `${spec.org}.${spec.course}.${spec.run}`;
}

function gradingPolicy(course: Course): Document {
  const grader = (type: 'Homework' | 'Final Exam', count: number, label: string): Document => ({
    type,
    min_count: count,
    drop_count: 0,
    short_label: label,
    weight: ASSIGNMENT_WEIGHT[type],
  });
  return {
    GRADER: [grader('Homework', course.homeworks, 'HW'), grader('Final Exam', 1, 'Final')],
    GRADE_CUTOFFS: cutoffsOf(course),
  };
}
