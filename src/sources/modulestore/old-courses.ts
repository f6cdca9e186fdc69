import { parseCourseKey } from '../../openedx/courses/course-key.ts';
import type { ActiveVersion } from '../../openedx/courses/rows.ts';
import { blockName, type CourseStructure, type StructureBlock } from '../../openedx/courses/structure.ts';
import { readOldBlock } from './documents.ts';
import { type ModulestoreSession, readAll } from './store.ts';

type OldBlock = NonNullable<ReturnType<typeof readOldBlock>>;

/**
 * The courses with keys like `Org/Course/Run`, one in memory at a time. A course is what its root leads to: blocks that
 * nothing leads to could be of any run of the course.
 * @throws PanoramaError `source-failed` for a document that cannot be read, and as the session
 */
export async function* oldCourses(
  session: ModulestoreSession,
  where: string,
): AsyncGenerator<{ active: ActiveVersion; structure: CourseStructure }> {
  const roots: OldBlock[] = [];
  for await (const found of blocks(session, where, { '_id.category': 'course' }))
    if (found.type === 'course') roots.push(found);
  for (const { organization, course, id: run } of roots) {
    const key = parseCourseKey(`${organization}/${course}/${run}`);
    if (key === undefined) continue;
    const ofCourse = new Map<string, StructureBlock>();
    const narrow = { '_id.org': organization, '_id.course': course };
    for await (const found of blocks(session, where, narrow)) {
      if (found.organization !== organization || found.course !== course) continue;
      if (found.type !== 'course' || found.id === run) ofCourse.set(blockName(found.block), found.block);
    }
    const root = { type: 'course', id: run };
    yield {
      active: { key, branch: 'published', version: null },
      structure: { root, blocks: reachable(blockName(root), ofCourse) },
    };
  }
}

async function* blocks(
  session: ModulestoreSession,
  where: string,
  narrow: Readonly<Record<string, string>>,
): AsyncGenerator<OldBlock> {
  for await (const block of readAll(session, where, 'modulestore', readOldBlock, narrow))
    if (block !== undefined) yield block;
}

/** The blocks that the root leads to, the root first. */
function reachable(root: string, all: ReadonlyMap<string, StructureBlock>): StructureBlock[] {
  const found = new Set<StructureBlock>();
  const waiting = [root];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const block = all.get(name);
    if (block === undefined || found.has(block)) continue;
    found.add(block);
    waiting.push(...block.children.map(blockName).toReversed());
  }
  return [...found];
}
