import { Double, ObjectId, type Document } from 'bson';
import { isoTime, jsDate } from '../clock.ts';
import { instructorOf } from '../learners/team.ts';
import type { Seed } from '../random.ts';
import type { Site } from '../site.ts';
import { LIBRARY } from './catalogue.ts';
import { LIBRARY_EDITS, librarian, libraryStructureIds } from './course-index.ts';
import { definitionId, libraryDefinitionId, unpublishedUnit } from './definitions.ts';
import type { Block, Course, Section, Subsection } from './tree.ts';
import type { CourseVersions, Version } from './versions.ts';

/*
 * Shapes as Open edX writes them: xmodule/modulestore/split_mongo, structure_to_mongo.
 */

/** The documents of `modulestore.structures`: all versions of both branches, then the library's. */
export function* structures(site: Site): Generator<Document> {
  for (const course of site.courses) {
    const versions = site.versions[course.index];
    if (!versions) continue;
    const editor = site.userId[instructorOf(course.spec)]!;
    yield* branchStructures(site.seed, course, versions, 'draft', editor);
    yield* branchStructures(site.seed, course, versions, 'published', editor);
  }
  yield* libraryStructures(site);
}

function* branchStructures(
  seed: Seed,
  course: Course,
  versions: CourseVersions,
  branch: 'draft' | 'published',
  editor: number,
): Generator<Document> {
  const list = versions[branch];
  for (const [i, version] of list.entries()) {
    yield {
      _id: new ObjectId(version.id),
      root: ['course', 'course'],
      blocks: new StructureBuilder(seed, course, version, editor, branch).blocks(),
      previous_version: i === 0 ? null : new ObjectId(list[i - 1]!.id),
      original_version: new ObjectId(list[0]!.id),
      edited_by: editor,
      edited_on: jsDate(version.at),
      schema_version: 1,
    };
  }
}

class StructureBuilder {
  readonly #course: Course;
  readonly #version: Version;
  readonly #editor: number;
  readonly #branch: 'draft' | 'published';
  readonly #seed: Seed;
  readonly #blocks: Document[] = [];

  constructor(seed: Seed, course: Course, version: Version, editor: number, branch: 'draft' | 'published') {
    this.#seed = seed;
    this.#course = course;
    this.#version = version;
    this.#editor = editor;
    this.#branch = branch;
  }

  blocks(): Document[] {
    const { spec, root, sections } = this.#course;
    const shown = sections.slice(0, this.#version.sections);
    const end = spec.end === null ? {} : { end: isoTime(spec.end) };
    this.#add(
      root,
      shown.map((section) => section.block),
      {
        start: isoTime(spec.start),
        ...end,
        self_paced: spec.selfPaced,
        language: spec.language,
        cert_html_view_enabled: spec.certificates,
        advanced_modules: [],
        ...(spec.rerunOf === null ? {} : { wiki_slug: `${spec.org}.${spec.course}.${spec.run}` }),
      },
    );
    shown.forEach((section, week) => this.#addSection(section, week));
    return this.#blocks;
  }

  #addSection(section: Section, week: number): void {
    const children = section.subsections.map((subsection) => subsection.block);
    this.#add(section.block, children, { start: isoTime(section.start) });
    for (const subsection of section.subsections) this.#addSubsection(subsection, week);
  }

  #addSubsection(subsection: Subsection, week: number): void {
    const { block, format, due } = subsection;
    const verticals = [...block.children];
    const extra =
      this.#version.unpublished && format === null && week === 0
        ? unpublishedUnit(this.#seed, this.#course)
        : null;
    if (extra !== null) verticals.push(extra);
    this.#add(block, verticals, {
      ...(format === null ? {} : { graded: true, format }),
      ...(due === null ? {} : { due: isoTime(due) }),
    });
    for (const vertical of verticals) {
      // A correction of the second round swaps the first two blocks of the first unit.
      const swap = this.#version.edits >= 2 && week === 0 && vertical === block.children[0];
      const [first, second, ...rest] = vertical.children;
      const children = swap ? [second!, first!, ...rest] : vertical.children;
      this.#add(vertical, children, {});
      for (const leaf of children) this.#addLeaf(leaf, week);
    }
  }

  #addLeaf(leaf: Block, week: number): void {
    const fields: Document = {};
    if (leaf.problem?.weight != null) fields['weight'] = new Double(leaf.problem.weight);
    if (leaf.problem?.maxAttempts != null) fields['max_attempts'] = leaf.problem.maxAttempts;
    if (leaf.type === 'video') fields['youtube_id_1_0'] = '';
    if (leaf.type === 'discussion') fields['discussion_id'] = leaf.id;
    if (leaf.type === 'library_content') {
      fields['source_library_id'] = `library-v1:${LIBRARY.org}+${LIBRARY.library}`;
      fields['max_count'] = leaf.draw;
    }
    this.#add(leaf, leaf.children, fields, this.#version.edits >= 1 && week === 0);
    for (const child of leaf.children) this.#addLeaf(child, week);
  }

  #add(block: Block, children: readonly Block[], fields: Document, renamed = false): void {
    const container =
      children.length > 0 || ['course', 'chapter', 'sequential', 'vertical'].includes(block.type);
    const entry: Document = {
      block_type: block.type,
      block_id: block.id,
      fields: {
        display_name: renamed && block.type === 'html' ? `${block.name} (rev.)` : block.name,
        ...fields,
        ...(container ? { children: children.map((child) => [child.type, child.id]) } : {}),
      },
      definition: new ObjectId(definitionId(this.#seed, this.#course, block)),
      defaults: {},
      edit_info: this.#editInfo(block),
    };
    this.#blocks.push(entry);
  }

  #editInfo(block: Block): Document {
    const version = new ObjectId(this.#version.id);
    const copied =
      block.original === undefined
        ? {}
        : {
            original_usage: `lib-block-v1:${LIBRARY.org}+${LIBRARY.library}+type@${block.type}+block@${block.original}`,
            original_usage_version: libraryStructureIds(this.#seed)[1],
          };
    return {
      edited_by: this.#editor,
      edited_on: jsDate(this.#version.at),
      previous_version: null,
      update_version: version,
      source_version: this.#branch === 'published' ? version : null,
      ...copied,
    };
  }
}

function* libraryStructures(site: Site): Generator<Document> {
  const ids = libraryStructureIds(site.seed);
  for (const [i, id] of ids.entries()) {
    const edit = { edited_by: librarian(site), edited_on: jsDate(LIBRARY_EDITS[i]!) };
    const entry = (type: string, block: string, definition: string, fields: Document): Document => ({
      block_type: type,
      block_id: block,
      fields,
      definition: new ObjectId(definition),
      defaults: {},
      edit_info: { ...edit, previous_version: null, update_version: new ObjectId(id), source_version: null },
    });
    // The first version had only half of the problems.
    const items = site.library.slice(0, i === 0 ? site.library.length / 2 : undefined);
    const children = items.map((item) => ['problem', item.id]);
    const root = { display_name: LIBRARY.name, children };
    yield {
      _id: new ObjectId(id),
      root: ['library', 'library'],
      blocks: [
        entry('library', 'library', libraryDefinitionId(site.seed, -1), root),
        ...items.map((item, place) =>
          entry('problem', item.id, libraryDefinitionId(site.seed, place), { display_name: item.name }),
        ),
      ],
      previous_version: i === 0 ? null : new ObjectId(ids[i - 1]!),
      original_version: new ObjectId(ids[0]!),
      ...edit,
      schema_version: 1,
    };
  }
}
