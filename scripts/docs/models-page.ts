import { loadModels } from '../../src/models/load.ts';
import type { Model } from '../../src/models/model.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/reference/models.md: the models as their files declare them. */
export async function renderModels(): Promise<string> {
  const models = await loadModels();
  return `${[GENERATED, '# Model views', BEFORE, ...models.map(section)].join('\n\n')}\n`;
}

function section(model: Model): string {
  const reads = [
    ...model.needs.map(
      ({ table, columns }) => `- \`${table}\`: ${columns.map((name) => `\`${name}\``).join(', ')}`,
    ),
    ...model.reads.map((name) => `- the view \`openedx_view_${name}\` and what it reads`),
  ];
  return [
    `## openedx_view_${model.name}`,
    model.summary,
    `Reads:\n\n${reads.join('\n')}`,
    table(
      ['column', 'meaning'],
      model.columns.map(({ name, meaning }) => [`\`${name}\``, meaning]),
    ),
  ].join('\n\n');
}

const BEFORE = `Views over the tables of Open edX, for people who would rather not join eight tables. Their names begin with the base
prefix: \`openedx_view_enrollments\` in a lake with \`base_prefix: openedx\`, \`acme_view_enrollments\` with \`acme\`,
\`view_enrollments\` without one.

In Athena they are made after the views that they read, by a load or by \`panorama create-table-views --all\`, and made
anew when one of those changes. In a local lake they are there after a load; \`panorama query "SELECT * FROM openedx_view_enrollments"\` needs no
command before it. A view is not made in a lake that lacks a table or column that it reads, or where a table's view
has its name; a query that names it says what is lacking. A column that you will not have in the lake can stand in the
settings as a constant: \`{ name: email, type: varchar, value: null }\`.

Names, columns and their order are those of the views that came with panorama-elt 0.3. What is different:

- All joins are on every base partition, so that a lake may hold several LMSs. Base partitions besides \`lms\` stand as
  further columns at the end. In a lake without the base partition \`lms\` that column is NULL.
- \`openedx_view_enrollments\` has one row per enrolment, also for learners with roles of several organisations in one
  course, and for enrolments that were changed under several addresses.
- The parts of a course's key come from the key, and the course's name from \`course_overviews_courseoverview\`: the view
  does not need \`course_structures\`, and has keys of all kinds (\`course-v1:\`, \`ccx-v1:\`, \`org/course/run\`).
- Columns that say true or false for roles are never NULL.
- Coordinates ship with the package, for the codes of ISO 3166-1 and \`XK\`.
- Changes at the same time are in the order of their numbers.

As there, roles count where their course is the course of the enrolment: those on a whole organisation or site have no
course and do not. A member of the global staff without a role in the course has \`is_student\` true; leave such people
out with \`NOT user_is_global_staff\`.`;
