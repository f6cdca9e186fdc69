import { PanoramaError } from '../../errors.ts';
import { COURSE_FAULTS, COURSE_STRUCTURES } from '../../openedx/courses/columns.ts';
import {
  type ActiveVersion,
  courseRows,
  type CourseRow,
  type FaultRow,
  type ResponseCounts,
} from '../../openedx/courses/rows.ts';
import { type CourseStructure, needsCount } from '../../openedx/courses/structure.ts';
import type { Batch } from '../../rows/batch.ts';
import { batchesOf } from '../../rows/batches-of.ts';
import type { TableSchema } from '../../rows/field.ts';
import { checkRequested } from '../files/declared.ts';
import type { LostPart, OpenOptions, ReadRequest, Source, SourceSession } from '../source.ts';
import { documentId, readResponses, readStructure } from './documents.ts';
import { oldCourses } from './old-courses.ts';
import type { Modulestore, ModulestoreSession } from './store.ts';
import {
  type Included,
  type LostVersion,
  type SplitVersion,
  type VersionList,
  versionsFromModulestore,
  versionsFromTable,
} from './versions.ts';

export interface ModulestoreSourceOptions {
  readonly name: string;
  readonly modulestore: Modulestore;
  /** A database, or a dump of one, that holds the active versions. Absent: the modulestore says them itself. */
  readonly versions?: Source;
  /** What is read besides the published branch of courses. */
  readonly include?: readonly Included[];
}

const TABLES: readonly TableSchema[] = [COURSE_STRUCTURES, COURSE_FAULTS];

/**
 * The course trees of Open edX as two tables: the blocks of all courses, and what does not hold together in them. One
 * structure is in memory at a time. A course that cannot be read is told as lost and does not stop the others.
 */
export function modulestoreSource(options: ModulestoreSourceOptions): Source {
  return {
    name: options.name,
    type: 'openedx_course_structures',
    open: async ({ signal }: OpenOptions = {}) =>
      openCourses(options, await options.modulestore.open(signal), signal),
  };
}

function openCourses(
  { name, modulestore: { where }, versions: index, include: included = [] }: ModulestoreSourceOptions,
  store: ModulestoreSession,
  signal: AbortSignal | undefined,
): SourceSession {
  const include: ReadonlySet<Included> = new Set(included);
  let listed: Promise<VersionList> | undefined;
  /** What the last whole read of the courses has found. */
  let faults: readonly FaultRow[] | undefined;
  let progress = { done: 0, total: 0 };

  const list = (): Promise<VersionList> =>
    (listed ??=
      index === undefined
        ? versionsFromModulestore(store, where, include)
        : versionsFromTable(index, include, signal));

  function find(table: string): TableSchema {
    const found = TABLES.find((schema) => schema.table === table);
    if (found !== undefined) return found;
    throw new PanoramaError(
      'unknown-table',
      `Source ${name} has no table ${table}; it has: ${TABLES.map((t) => t.table).join(', ')}.`,
    );
  }

  async function* courses(lost: ReadRequest['lost']): AsyncGenerator<CourseRow> {
    const { versions, bad } = await list();
    progress = { done: 0, total: versions.length };
    const losses: LostVersion[] = [...bad];
    const found: FaultRow[] = [];
    const counts = store.sequential ? await allCounts(versions) : undefined;
    for await (const { active, structure } of structures(versions, losses)) {
      if (signal?.aborted === true)
        throw new PanoramaError('interrupted', `Reading courses of ${where} was interrupted.`);
      const course = courseRows(active, structure, counts ?? (await countsOf(problemDefinitions(structure))));
      found.push(...course.faults);
      yield* course.rows;
      progress.done++;
    }
    if (include.has('old_keys'))
      for await (const { active, structure } of oldCourses(store, where)) {
        const course = courseRows(active, structure, new Map());
        found.push(...course.faults);
        yield* course.rows;
      }
    tellLosses(losses, versions.length + bad.length, lost);
    faults = [
      ...losses.map(({ courseId, branch, version, why }) => [
        courseId,
        branch,
        version,
        null,
        'unreadable-course',
        why,
      ]),
      ...found,
    ];
  }

  /** The versions with their structures; in the order of the versions where the store can look one up. */
  async function* structures(
    versions: readonly SplitVersion[],
    losses: LostVersion[],
  ): AsyncGenerator<{ active: ActiveVersion; structure: CourseStructure }> {
    // A rerun shares the structure of the run that it repeats until one of them is edited.
    const left = groupBy(versions, ({ version }) => version);
    for await (const bytes of store.byId('modulestore.structures', new Set(left.keys()))) {
      const id = documentId(bytes)!;
      const users = left.get(id) ?? [];
      left.delete(id);
      try {
        const structure = readStructure(bytes);
        for (const active of users) yield { active, structure };
      } catch (error) {
        if (error instanceof PanoramaError) throw error;
        const why = `its structure ${id} cannot be read: ${(error as Error).message}`;
        losses.push(...users.map((active) => lossOf(active, why)));
      }
    }
    for (const [id, users] of left) {
      const why = `its structure ${id} is not in modulestore.structures`;
      losses.push(...users.map((active) => lossOf(active, why)));
    }
  }

  /** The questions of all problems without a weight: two passes over the files before the one that gives rows. */
  async function allCounts(versions: readonly SplitVersion[]): Promise<ResponseCounts> {
    const wanted = new Set<string>();
    for await (const { structure } of structures(versions, []))
      for (const id of problemDefinitions(structure)) wanted.add(id);
    return countsOf(wanted);
  }

  async function countsOf(definitions: ReadonlySet<string>): Promise<ResponseCounts> {
    const counts = new Map<string, number | null>();
    if (definitions.size > 0)
      for await (const bytes of store.byId('modulestore.definitions', definitions)) {
        counts.set(documentId(bytes)!, readResponses(bytes));
      }
    return counts;
  }

  function tellLosses(losses: readonly LostVersion[], courses: number, lost: ReadRequest['lost']): void {
    const [first] = losses;
    if (first === undefined) return;
    if (losses.length === courses && courses > 1) {
      throw new PanoramaError(
        'course-unreadable',
        `Source ${name}: not one of ${courses} courses can be read. ${courseError(first).message}`,
        {
          hint: 'Check that mongodb_database and the place of the active versions belong to the same site.',
        },
      );
    }
    if (lost === undefined) throw courseError(first);
    for (const loss of losses) lost(lostPart(loss));
  }

  const courseError = ({ courseId, branch, why }: LostVersion): PanoramaError =>
    new PanoramaError(
      'course-unreadable',
      `Course ${courseId}${branch === 'draft' ? ', draft' : ''}: ${why}.`,
    );

  function lostPart(loss: LostVersion): LostPart {
    const { courseId, branch } = loss;
    // Without drafts the course is told by its key alone, which the table has even with columns of the original.
    const where = include.has('drafts') ? { course_id: courseId, branch } : { course_id: courseId };
    return { where, error: courseError(loss) };
  }

  async function* rowsOf(
    table: string,
    lost: ReadRequest['lost'],
  ): AsyncGenerator<readonly (string | null)[]> {
    if (table === COURSE_STRUCTURES.table) {
      yield* courses(lost);
      return;
    }
    if (faults === undefined) for await (const _ of courses(() => {})) continue;
    yield* faults ?? [];
  }

  return {
    tables: async () => TABLES.map(({ table }) => table),
    describe: async (table) => find(table),
    read: (request) => readRows(name, find, request, rowsOf),
    progress: () => progress,
    async check() {
      const { versions, bad } = await list();
      const reached = await store.check();
      const [first] = versions;
      if (first !== undefined) await tryOne(first);
      const from = index === undefined ? 'modulestore.active_versions' : `source ${index.name}`;
      return [...reached, `${versions.length + bad.length} versions in use, told by ${from}`];
    },
    notices: () => faultNotices(faults ?? []),
    close: () => store.close(),
  };

  /** Reads one structure, for the rights that it takes. */
  async function tryOne({ version }: SplitVersion): Promise<void> {
    if (store.sequential) return;
    for await (const _ of store.byId('modulestore.structures', new Set([version]))) break;
  }
}

function lossOf({ key, branch, version }: ActiveVersion, why: string): LostVersion {
  return { courseId: key.id, branch, version, why };
}

function problemDefinitions({ blocks }: CourseStructure): Set<string> {
  return new Set(
    blocks.flatMap((block) =>
      needsCount(block) && block.definition !== undefined ? [block.definition] : [],
    ),
  );
}

async function* readRows(
  name: string,
  find: (table: string) => TableSchema,
  { table, fields, lost }: ReadRequest,
  rowsOf: (table: string, lost: ReadRequest['lost']) => AsyncIterable<readonly (string | null)[]>,
): AsyncGenerator<Batch> {
  const schema = find(table);
  checkRequested(schema, fields, name);
  const places = fields.map((field) => schema.fields.findIndex((known) => known.name === field.name));
  async function* picked(): AsyncGenerator<(string | null)[]> {
    for await (const row of rowsOf(table, lost)) yield places.map((place) => row[place]!);
  }
  yield* batchesOf(fields.length, picked());
}

/** Map.groupBy of newer versions of Node. */
function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** How many faults of each kind there are; unreadable courses are told one by one. */
function faultNotices(faults: readonly FaultRow[]): string[] {
  const kinds = groupBy(faults, (fault) => fault[4]!);
  kinds.delete('unreadable-course');
  if (kinds.size === 0) return [];
  const counted = [...kinds].map(([kind, rows]) => `${rows.length} ${kind}`).join(', ');
  return [`${counted}; the table ${COURSE_FAULTS.table} has each`];
}
