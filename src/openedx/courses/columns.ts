import type { Field, FieldType, TableSchema } from '../../rows/field.ts';

/** A column and what it holds; one line for docs/reference/types.md. */
export interface CourseColumn extends Field {
  readonly meaning: string;
}

const TYPES = {
  varchar: { kind: 'text' },
  double: { kind: 'float64' },
  int: { kind: 'int32' },
  boolean: { kind: 'boolean' },
  datetime: { kind: 'timestamp' },
} as const satisfies Record<string, FieldType>;

function column(name: string, declared: keyof typeof TYPES, meaning: string, nullable = true): CourseColumn {
  return { name, declared, type: TYPES[declared], nullable, meaning };
}

/** The column as a source describes it. */
function fieldOf({ name, type, nullable, declared }: CourseColumn): Field {
  return { name, type, nullable, declared };
}

/** The columns of {@link COURSE_STRUCTURES}: the first sixteen are those of panorama-elt 0.3 in Python, in its order. */
export const COURSE_COLUMNS = [
  column(
    'module_location',
    'varchar',
    'Usage key of the block: `module_id` of courseware_studentmodule, `block_key` of completion. The key of the course for its root.',
    false,
  ),
  column('course_id', 'varchar', 'Key of the course or library.', false),
  column('organization', 'varchar', 'First part of the key.'),
  column('course_code', 'varchar', 'Second part of the key.'),
  column('course_edition', 'varchar', 'Third part of the key, the run; `library` for a library.'),
  column(
    'parent',
    'varchar',
    'Usage key of the block above: the last in reading order where there are several. NULL for the root and for blocks that no path from the root leads to.',
  ),
  column('block_type', 'varchar', 'E.g. `vertical`, `problem`, `video`.'),
  column('block_id', 'varchar', 'The last part of the usage key.'),
  column('display_name', 'varchar', 'Its name, where it has one of its own.'),
  column(
    'course_name',
    'varchar',
    'Name of the course; NULL for the course itself, as below for each level.',
  ),
  column('chapter', 'varchar', 'Name of the section above.'),
  column('sequential', 'varchar', 'Name of the subsection above.'),
  column('vertical', 'varchar', 'Name of the unit above.'),
  column(
    'library',
    'varchar',
    'Name of the `library_content` block above, which draws problems from a library.',
  ),
  column(
    'component',
    'varchar',
    'Name of the block itself where it is a leaf and of none of the types that have a column.',
  ),
  column(
    'weight',
    'double',
    'Points of a problem: the weight that its author gave, also 0, else the number of questions in its XML. NULL for other types and where there is no XML.',
  ),
  column('block_order', 'int', 'Place in reading order within the course, from 0.'),
  column('depth', 'int', 'Steps from the root of the course, which has 0.'),
  column(
    'graded',
    'boolean',
    'Whether it counts for the grade: its own value, else that of the nearest block above that has one.',
  ),
  column('format', 'varchar', 'Type of assignment, e.g. `Homework`; inherited in the same way.'),
  column('due', 'datetime', 'When it is due, UTC; inherited in the same way.'),
  column('start', 'datetime', 'From when learners see it, UTC; inherited in the same way.'),
  column('visible_to_staff_only', 'boolean', 'Whether it or any block above is hidden from learners.'),
  column('edited_on', 'datetime', 'When it was last edited, UTC.'),
  column(
    'parents',
    'varchar',
    'Usage keys of all blocks that have it among their children, a JSON list; NULL where there is none.',
  ),
  column(
    'branch',
    'varchar',
    '`published`, or where the settings ask for them `draft` and `library`.',
    false,
  ),
  column(
    'published_version',
    'varchar',
    'The version of the structure that the row comes from: `course_version` of grades_persistentcoursegrade. NULL for courses with old keys, which have no versions.',
  ),
] as const;

/** The blocks of all courses. */
export const COURSE_STRUCTURES: TableSchema = {
  table: 'course_structures',
  fields: COURSE_COLUMNS.map(fieldOf),
  primaryKey: ['module_location', 'branch'],
};

/** The columns of {@link COURSE_FAULTS}. */
export const FAULT_COLUMNS = [
  column('course_id', 'varchar', 'Key of the course or library.', false),
  column('branch', 'varchar', '`published`, `draft` or `library`.', false),
  column('published_version', 'varchar', 'The version of the structure.'),
  column(
    'module_location',
    'varchar',
    'The block at which it was found; NULL where it is the course as a whole.',
  ),
  column(
    'fault',
    'varchar',
    '`missing-child`, `cycle`, `duplicate-block`, `missing-definition`, `no-problem-data`, `unreadable-value`, `unreadable-course`.',
    false,
  ),
  column(
    'detail',
    'varchar',
    'The block that is missing or that the path comes back to, the field, or the reason.',
  ),
] as const;

/** What does not hold together in the courses; see docs/how-to/course-structures.md. */
export const COURSE_FAULTS: TableSchema = {
  table: 'course_structures_faults',
  fields: FAULT_COLUMNS.map(fieldOf),
  primaryKey: [],
};
