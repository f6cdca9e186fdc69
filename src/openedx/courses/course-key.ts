/** The key of a course or library, as opaque-keys writes it. */
export interface CourseKey {
  /** The key as text, e.g. `course-v1:edX+DemoX+2024`. */
  readonly id: string;
  readonly organization: string;
  readonly course: string;
  /** `library` for a library, as in the modulestore. */
  readonly run: string;
  /** `old`: `Org/Course/Run`, from the time before the split modulestore. */
  readonly style: 'course' | 'library' | 'old';
}

/** The run that the modulestore gives to libraries. */
const LIBRARY_RUN = 'library';

const STYLES = [
  { style: 'course', pattern: /^course-v1:([^+]+)\+([^+]+)\+([^+]+)$/ },
  { style: 'library', pattern: /^library-v1:([^+]+)\+([^+]+)$/ },
  { style: 'old', pattern: /^([^/+:]+)\/([^/+:]+)\/([^/+:]+)$/ },
] as const;

/** The parts of a key, or undefined for a text that is none. */
export function parseCourseKey(id: string): CourseKey | undefined {
  for (const { style, pattern } of STYLES) {
    const [, organization, course, run = LIBRARY_RUN] = pattern.exec(id) ?? [];
    if (organization !== undefined && course !== undefined) return { id, organization, course, run, style };
  }
  return undefined;
}

/** The key of a course or library of the split modulestore. */
export function courseKey(
  style: 'course' | 'library',
  organization: string,
  course: string,
  run: string,
): CourseKey {
  const id =
    style === 'library'
      ? `library-v1:${organization}+${course}`
      : `course-v1:${organization}+${course}+${run}`;
  return { id, organization, course, run: style === 'library' ? LIBRARY_RUN : run, style };
}

/** The type of the block that stands at the root of a course or library. */
export function rootType(key: CourseKey): string {
  return key.style === 'library' ? 'library' : 'course';
}

/**
 * The usage key of a block, as `module_id` of courseware_studentmodule and `block_key` of completion have it. The root
 * is named by the key of the course, as panorama-elt always did.
 */
export function moduleLocation(key: CourseKey, type: string, id: string): string {
  if (type === rootType(key)) return key.id;
  const { organization, course, run, style } = key;
  if (style === 'old') return `i4x://${organization}/${course}/${type}/${id}`;
  return style === 'library'
    ? `lib-block-v1:${organization}+${course}+type@${type}+block@${id}`
    : `block-v1:${organization}+${course}+${run}+type@${type}+block@${id}`;
}
