import type { CourseKey } from './course-key.ts';
import { moduleLocation } from './course-key.ts';
import { type BlockKey, blockName, type CourseStructure, type StructureBlock } from './structure.ts';
import { courseTree, type Placement } from './tree.ts';

/** A version of a course or library that is in use. */
export interface ActiveVersion {
  readonly key: CourseKey;
  readonly branch: 'published' | 'draft' | 'library';
  /** The ObjectId of the structure, 24 hexadecimal digits; null for a course with an old key, which has no versions. */
  readonly version: string | null;
}

/** A row of the table of courses, one text per column of COURSE_COLUMNS. */
export type CourseRow = readonly (string | null)[];
/** A row of the table of faults, one text per column of FAULT_COLUMNS. */
export type FaultRow = readonly (string | null)[];

/**
 * How many questions a definition's XML has, by its ObjectId; null for one without XML. A definition that does not exist
 * has no entry.
 */
export type ResponseCounts = ReadonlyMap<string, number | null>;

/** What a structure says of a course: a row per block, in its order, and what is wrong. */
export interface CourseRows {
  readonly rows: Iterable<CourseRow>;
  readonly faults: readonly FaultRow[];
}

/** What blocks take over from those above. */
interface Inherited {
  /** Names of the blocks above by their type, the nearest of each. */
  readonly names: Readonly<Record<string, string | null>>;
  readonly graded: boolean | undefined;
  readonly format: string | undefined;
  readonly due: string | undefined;
  readonly start: string | undefined;
  readonly hidden: boolean;
}

const NOTHING: Inherited = {
  names: {},
  graded: undefined,
  format: undefined,
  due: undefined,
  start: undefined,
  hidden: false,
};

/** Types whose names have a column: their blocks are no components, even without children. */
const LEVELS = ['course', 'chapter', 'sequential', 'vertical', 'library_content'];

/** The rows of a version of a course. */
export function courseRows(
  active: ActiveVersion,
  structure: CourseStructure,
  counts: ResponseCounts,
): CourseRows {
  const { key, branch, version } = active;
  const locate = ({ type, id }: BlockKey): string => moduleLocation(key, type, id);
  const { placements, reading, parents, faults } = courseTree(structure);
  const values = new Map<Placement, Inherited>();
  for (const placement of reading) values.set(placement, valuesOf(placement, values));
  const weights = new Map(
    placements.flatMap(({ block }) =>
      block.type === 'problem' ? [[block, weightOf(block, counts)] as const] : [],
    ),
  );
  const at = (block: BlockKey, fault: string, detail: string | null): FaultRow => [
    key.id,
    branch,
    version,
    locate(block),
    fault,
    detail,
  ];
  return {
    rows: rowsOf(),
    faults: [
      ...faults.map(({ fault, at: block, other }) =>
        at(block, fault, other === undefined ? null : locate(other)),
      ),
      ...[...weights].flatMap(([block, { fault }]) =>
        fault === undefined ? [] : [at(block, fault, block.definition ?? null)],
      ),
      ...placements.flatMap(({ block }) =>
        block.unreadable.map((field) => at(block, 'unreadable-value', field)),
      ),
    ],
  };

  function* rowsOf(): Generator<CourseRow> {
    for (const placement of placements) {
      const { block, parent, depth, order } = placement;
      const inTree = depth !== undefined;
      const own = values.get(placement) ?? withOwn(block, NOTHING);
      const names = parent === undefined ? {} : namesBelow(parent, values.get(parent)!);
      const above = (parents.get(blockName(block)) ?? []).map(locate);
      const isComponent = inTree && block.children.length === 0 && !LEVELS.includes(block.type);
      yield [
        locate(block),
        key.id,
        key.organization,
        key.course,
        key.run,
        parent === undefined ? null : locate(parent.block),
        block.type,
        block.id,
        block.displayName ?? null,
        ...LEVELS.map((level) => names[level] ?? null),
        isComponent ? (block.displayName ?? null) : null,
        weights.get(block)?.weight ?? null,
        order === undefined ? null : String(order),
        depth === undefined ? null : String(depth),
        flag(own.graded ?? (inTree ? false : undefined)),
        own.format ?? null,
        own.due ?? null,
        own.start ?? null,
        flag(own.hidden),
        block.editedOn ?? null,
        above.length === 0 ? null : JSON.stringify(above),
        branch,
        version,
      ];
    }
  }
}

const flag = (value: boolean | undefined): string | null => (value === undefined ? null : value ? '1' : '0');

/** The values of a block in the tree. Blocks above come before it. */
function valuesOf({ block, parent }: Placement, values: ReadonlyMap<Placement, Inherited>): Inherited {
  if (parent === undefined) return withOwn(block, NOTHING);
  const above = values.get(parent)!;
  return withOwn(block, { ...above, names: namesBelow(parent, above) });
}

function withOwn(block: StructureBlock, above: Inherited): Inherited {
  return {
    names: above.names,
    graded: block.graded ?? above.graded,
    format: block.format ?? above.format,
    due: block.due ?? above.due,
    start: block.start ?? above.start,
    hidden: above.hidden || block.visibleToStaffOnly === true,
  };
}

/** The names that the children of a block see above them. */
function namesBelow({ block }: Placement, { names }: Inherited): Inherited['names'] {
  return LEVELS.includes(block.type) ? { ...names, [block.type]: block.displayName ?? null } : names;
}

function weightOf(
  block: StructureBlock,
  counts: ResponseCounts,
): { weight: string | null; fault?: 'missing-definition' | 'no-problem-data' } {
  if (block.weight !== undefined) return { weight: block.weight };
  const { responses, definition } = block;
  const counted = responses !== undefined ? responses : definition && counts.get(definition);
  if (counted === undefined) return { weight: null, fault: 'missing-definition' };
  return counted === null ? { weight: null, fault: 'no-problem-data' } : { weight: String(counted) };
}
