import { PanoramaError } from '../../errors.ts';
import { type CourseKey, parseCourseKey } from '../../openedx/courses/course-key.ts';
import type { ActiveVersion } from '../../openedx/courses/rows.ts';
import { type Batch, cellBytes } from '../../rows/batch.ts';
import type { Field, TableSchema } from '../../rows/field.ts';
import type { Source, SourceSession } from '../source.ts';
import { readActiveVersions } from './documents.ts';
import { type ModulestoreSession, readAll } from './store.ts';

/** What is read besides the published branch of courses. */
export type Included = 'drafts' | 'libraries' | 'old_keys';

/** A version of a course that is in use and cannot be read, or not even be looked for. */
export interface LostVersion {
  readonly courseId: string;
  readonly branch: ActiveVersion['branch'];
  readonly version: string | null;
  /** Plain text without an end mark. */
  readonly why: string;
}

/** A version of the split modulestore. */
export type SplitVersion = ActiveVersion & { readonly version: string };

export interface VersionList {
  readonly versions: readonly SplitVersion[];
  readonly bad: readonly LostVersion[];
}

/** The index of courses that Open edX has kept in MySQL since Maple (common/djangoapps/split_modulestore_django). */
const INDEX = 'split_modulestore_django_splitmodulestorecourseindex';

const COLUMNS = [
  { column: 'published_version', branch: 'published', when: undefined },
  { column: 'draft_version', branch: 'draft', when: 'drafts' },
  { column: 'library_version', branch: 'library', when: 'libraries' },
] as const;

function wantedColumns(include: ReadonlySet<Included>): (typeof COLUMNS)[number][] {
  return COLUMNS.filter(({ when }) => when === undefined || include.has(when));
}

/**
 * The versions in the index of courses of a database or of a dump of one.
 * @throws PanoramaError of the source; `unknown-table`, `unknown-column`
 */
export async function versionsFromTable(
  source: Source,
  include: ReadonlySet<Included>,
  signal: AbortSignal | undefined,
): Promise<VersionList> {
  const wanted = wantedColumns(include);
  const session = await source.open(signal === undefined ? {} : { signal });
  const versions: SplitVersion[] = [];
  const bad: LostVersion[] = [];
  try {
    const names = ['course_id', ...wanted.map(({ column }) => column)];
    for await (const batch of readTable(session, source, names)) {
      try {
        for (let row = 0; row < batch.rows; row++) {
          const [id, ...found] = batch.columns.map((column) => cellBytes(column, row)?.toString() ?? '');
          wanted.forEach(({ branch }, i) => noteVersion(id!, branch, found[i]!));
        }
      } finally {
        batch.release();
      }
    }
  } finally {
    await session.close();
  }
  return { versions, bad };

  function noteVersion(id: string, branch: ActiveVersion['branch'], version: string): void {
    if (version === '') return;
    const key = parseCourseKey(id);
    if (!isWanted(key, id, branch)) return;
    const refuse = (why: string): void => void bad.push({ courseId: id, branch, version, why });
    if (key === undefined) refuse('its key is not course-v1:Org+Course+Run');
    else if (!/^[0-9a-f]{24}$/i.test(version)) refuse(`its version ${version.slice(0, 40)} is no ObjectId`);
    else versions.push({ key, branch, version: version.toLowerCase() });
  }
}

function isWanted(key: CourseKey | undefined, id: string, branch: ActiveVersion['branch']): boolean {
  return key?.style === 'library' ? branch === 'library' : id.startsWith('course');
}

async function* readTable(
  session: SourceSession,
  source: Source,
  names: readonly string[],
): AsyncGenerator<Batch> {
  const pick = (schema: TableSchema): Field[] =>
    names.map((name) => {
      const field = schema.fields.find((candidate) => candidate.name === name);
      if (field !== undefined) return field;
      throw new PanoramaError(
        'unknown-column',
        `Source ${source.name}: the table ${INDEX} has no column ${name}.`,
      );
    });
  if (session.sweep === undefined) {
    yield* session.read({ table: INDEX, fields: pick(await session.describe(INDEX)) });
    return;
  }
  let isThere = false;
  for await (const stream of session.sweep((schema) => (schema.table === INDEX ? pick(schema) : undefined))) {
    isThere = true;
    yield* stream.batches;
  }
  if (isThere) return;
  throw new PanoramaError('unknown-table', `Source ${source.name}: the dump holds no table ${INDEX}.`, {
    hint: 'Remove mysql_dump, so that the active versions come from MongoDB.',
  });
}

/**
 * The versions in the collection `active_versions`.
 * @throws PanoramaError `source-failed` where it holds nothing
 */
export async function versionsFromModulestore(
  session: ModulestoreSession,
  where: string,
  include: ReadonlySet<Included>,
): Promise<VersionList> {
  const versions: SplitVersion[] = [];
  const wanted = new Set<string>(wantedColumns(include).map(({ branch }) => branch));
  let isEmpty = true;
  for await (const found of readAll(session, where, 'modulestore.active_versions', readActiveVersions)) {
    isEmpty = false;
    versions.push(...found.filter(({ branch }) => wanted.has(branch)));
  }
  if (!isEmpty) return { versions, bad: [] };
  throw new PanoramaError('source-failed', `${where}: modulestore.active_versions holds no course.`, {
    hint: 'Check mongodb_database. Where MySQL holds the active versions, set mysql_host, or mysql_dump for a dump of it.',
  });
}
