import { AS_OF, DAY, sqlTime } from '../clock.ts';
import { usageKey } from '../courses/catalogue.ts';
import { indexEntries } from '../courses/course-index.ts';
import type { Course } from '../courses/tree.ts';
import type { Row } from '../dumps/mysqldump.ts';
import type { Site } from '../site.ts';

/** Rows of course_overviews_courseoverview, by key. */
export function* courseOverviews(site: Site): Generator<Row> {
  const byKey = [...site.courses].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const course of byKey) yield overview(site, course);
}

function overview(site: Site, course: Course): Row {
  const { spec, key } = course;
  const created = Math.min(spec.start - 60 * DAY, AS_OF - 30 * DAY);
  const published = site.versions[course.index]?.published.at(-1)?.at ?? spec.start - 3 * DAY;
  const start = sqlTime(spec.start);
  const end = spec.end === null ? null : sqlTime(spec.end);
  const asset = spec.oldStyle
    ? `/c4x/${spec.org}/${spec.course}/asset/images_course_image.jpg`
    : `/asset-v1:${key.slice('course-v1:'.length)}+type@asset+block@images_course_image.jpg`;
  return [
    sqlTime(created),
    sqlTime(published + 2_500_000),
    19,
    key,
    usageKey(spec, 'course', 'course'),
    spec.name,
    spec.course,
    spec.org,
    start,
    end,
    null,
    asset,
    null,
    null,
    spec.certificates ? (spec.selfPaced ? 'early_no_info' : 'end') : null,
    0,
    spec.certificates ? 1 : 0,
    spec.certificates ? 1 : 0,
    '',
    '',
    spec.passMark.toFixed(2),
    null,
    0,
    0,
    '[]',
    sqlTime(created),
    null,
    null,
    0,
    null,
    null,
    'both',
    null,
    spec.selfPaced ? null : '02:30',
    `About "${spec.name}".\nIt's a made-up course; nobody teaches it.`,
    spec.org,
    spec.selfPaced ? 1 : 0,
    null,
    1,
    spec.language,
    null,
    end,
    start,
    asset,
    0,
    0,
    0,
    null,
    null,
    0,
    '',
    0.65,
    null,
  ];
}

/** Rows of split_modulestore_django_splitmodulestorecourseindex. */
export function* courseIndexes(site: Site): Generator<Row> {
  for (const [i, entry] of indexEntries(site).entries()) {
    const at = sqlTime(entry.editedAt);
    yield [
      i + 1,
      entry.id,
      entry.key,
      entry.org,
      entry.versions.draft ?? '',
      entry.versions.published ?? '',
      entry.versions.library ?? '',
      entry.wikiSlug,
      'mongodb',
      at,
      at,
      entry.editedBy,
    ];
  }
}
