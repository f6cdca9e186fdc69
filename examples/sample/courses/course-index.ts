import { ObjectId, type Document } from 'bson';
import { AS_OF, DAY, jsDate, type Micros } from '../clock.ts';
import { instructorOf } from '../learners/team.ts';
import { Random, STREAM, type Seed } from '../random.ts';
import type { Site } from '../site.ts';
import { LIBRARY } from './catalogue.ts';
import { objectId } from './versions.ts';

const BRANCH = { draft: 'draft-branch', published: 'published-branch', library: 'library' } as const;
/** A row of the index of courses and libraries: what both the collection and the MySQL table hold. */
export interface IndexEntry {
  readonly id: string;
  readonly org: string;
  readonly course: string;
  readonly run: string;
  readonly key: string;
  readonly versions: Readonly<Partial<Record<'draft' | 'published' | 'library', string>>>;
  readonly wikiSlug: string;
  readonly editedAt: Micros;
  readonly editedBy: number;
}

/** The index: every run but the old-style one, then the content library. */
export function indexEntries(site: Site): IndexEntry[] {
  const random = new Random(site.seed, STREAM.version, 2000);
  const entries = site.courses.flatMap((course): IndexEntry[] => {
    const versions = site.versions[course.index];
    if (!versions) return [];
    const { org, course: number, run } = course.spec;
    const draft = versions.draft.at(-1)!;
    return [
      {
        id: objectId(versions.draft[0]!.at, random),
        org,
        course: number,
        run,
        key: course.key,
        versions: { draft: draft.id, published: versions.published.at(-1)!.id },
        wikiSlug: `${org}.${number}.${run}`,
        editedAt: draft.at,
        editedBy: site.userId[instructorOf(course.spec)]!,
      },
    ];
  });
  const libraryVersions = libraryStructureIds(site.seed);
  entries.push({
    id: objectId(LIBRARY_EDITS[0], random),
    org: LIBRARY.org,
    course: LIBRARY.library,
    run: 'library',
    key: `library-v1:${LIBRARY.org}+${LIBRARY.library}`,
    versions: { library: libraryVersions.at(-1)! },
    wikiSlug: '',
    editedAt: LIBRARY_EDITS[1],
    editedBy: librarian(site),
  });
  return entries;
}

/** The documents of `modulestore.active_versions`. */
export function activeVersions(site: Site): Document[] {
  return indexEntries(site).map((entry) => ({
    _id: new ObjectId(entry.id),
    org: entry.org,
    course: entry.course,
    run: entry.run,
    edited_by: entry.editedBy,
    edited_on: jsDate(entry.editedAt),
    last_update: jsDate(entry.editedAt),
    versions: Object.fromEntries(
      Object.entries(entry.versions).map(([branch, id]) => [
        BRANCH[branch as keyof typeof BRANCH],
        new ObjectId(id),
      ]),
    ),
    schema_version: 1,
    search_targets: entry.wikiSlug === '' ? {} : { wiki_slug: entry.wikiSlug },
  }));
}

/** When the two versions of the library were made. */
export const LIBRARY_EDITS = [AS_OF - 330 * DAY, AS_OF - 280 * DAY] as const;

/** The ObjectIds of the versions of the library, oldest first. */
export function libraryStructureIds(seed: Seed): string[] {
  return LIBRARY_EDITS.map((at, i) => objectId(at, new Random(seed, STREAM.version, 2100, i)));
}

/** The id of the user who keeps the library. */
export function librarian(site: Site): number {
  return site.userId[instructorOf({ org: LIBRARY.org })]!;
}
