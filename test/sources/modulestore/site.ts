import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { BSON, type Document, Double, Int32, Long, ObjectId } from 'bson';

import type { ExpectedTable } from '../../../src/contracts/source.ts';
import { COURSE_FAULTS, COURSE_STRUCTURES } from '../../../src/openedx/courses/columns.ts';

/** The documents of a modulestore by collection, without the `modulestore.` before the names that have it. */
export type Collections = Readonly<Record<string, readonly Document[]>>;

/** The full name of a collection. */
export const fullName = (name: string): string => (name === 'modulestore' ? name : `modulestore.${name}`);

/** An ObjectId that ends with a number. */
export const id = (number: number): ObjectId => new ObjectId(number.toString(16).padStart(24, '0'));
const hex = (number: number): string => id(number).toHexString();

type Key = readonly [type: string, id: string];

/** A block of a structure; `fields` lie beside its children. */
export function block([type, name]: Key, fields: Document = {}, more: Document = {}): Document {
  return { block_type: type, block_id: name, fields, defaults: {}, ...more };
}

export function structure(
  number: number,
  blocks: readonly Document[],
  root: Key = ['course', 'course'],
): Document {
  return { _id: id(number), root: [...root], blocks, schema_version: 1 };
}

const definition = (number: number): Document => ({ definition: id(number) });

/** A course in which much is odd, its draft, a library, and a course that shares the structure of another. */
export const ODD: Collections = {
  active_versions: [
    {
      _id: id(1),
      org: 'Org',
      course: 'A',
      run: '1',
      versions: { 'published-branch': id(11), 'draft-branch': id(12) },
    },
    { _id: id(2), org: 'Org', course: 'L', run: 'library', versions: { library: id(13) } },
    { _id: id(3), org: 'Org', course: 'New', run: '1', versions: { 'draft-branch': id(12) } },
    { _id: id(4), org: 'Org', course: 'B', run: 'ü', versions: { 'published-branch': id(14) } },
    { _id: id(5), org: 'Org', course: 'B', run: 'again', versions: { 'published-branch': id(14) } },
  ],
  structures: [
    structure(99, [block(['course', 'course'], { display_name: 'an old version' })]),
    structure(11, [
      block(
        ['course', 'course'],
        { display_name: 'A, "quoted"', start: '2024-01-02T00:00:00Z', children: [['chapter', 'c']] },
        { edit_info: { edited_on: new Date('2024-05-01T10:00:00.123Z') } },
      ),
      block(['chapter', 'c'], {
        display_name: 'C',
        children: [
          ['sequential', 's'],
          ['sequential', 'gone'],
        ],
      }),
      block(['sequential', 's'], {
        display_name: 'S',
        graded: true,
        format: 'Homework',
        due: '2024-02-03T04:05:06.000007+02:00',
        children: [
          ['vertical', 'v'],
          ['vertical', 'w'],
        ],
      }),
      block(['vertical', 'v'], {
        display_name: 'V',
        children: [
          ['problem', 'zero'],
          ['html', 'h'],
        ],
      }),
      block(['vertical', 'w'], {
        display_name: 'W\nline',
        visible_to_staff_only: true,
        children: [
          ['html', 'h'],
          ['problem', 'lost'],
          ['sequential', 's'],
          ['problem', 'three'],
          ['problem', 'empty'],
          ['problem', 'five'],
        ],
      }),
      block(['problem', 'zero'], { display_name: 'Zero', weight: new Double(0) }, definition(21)),
      block(['html', 'h'], { display_name: 'H', graded: false }, definition(22)),
      block(['problem', 'lost'], {}, definition(29)),
      block(['problem', 'three'], { display_name: '', due: 'soon', weight: null }, definition(21)),
      block(['problem', 'empty'], { display_name: new Int32(7) }, definition(22)),
      block(['problem', 'five'], { weight: new Long(5n) }),
      block(['html', 'orphan'], { display_name: 'Orphan', children: [['html', 'below']] }),
      block(['html', 'below'], {}),
      block(['html', 'below'], { display_name: 'twice' }),
    ]),
    structure(12, [block(['course', 'course'], { display_name: 'draft' })]),
    structure(
      13,
      [
        block(['library', 'library'], { display_name: 'L', children: [['problem', 'p']] }),
        block(['problem', 'p'], { display_name: 'P' }, definition(21)),
      ],
      ['library', 'library'],
    ),
    structure(14, [block(['course', 'course'], { display_name: 'B' })]),
  ],
  definitions: [
    {
      _id: id(21),
      block_type: 'problem',
      fields: { data: '<problem><stringresponse/><optionresponse a="1"/><choiceresponse/></problem>' },
    },
    { _id: id(22), block_type: 'html', fields: {} },
    { _id: id(23), fields: { data: '<stringresponse/>' } },
  ],
};

const A = 'course-v1:Org+A+1';
const usage = (type: string, name: string): string => `block-v1:Org+A+1+type@${type}+block@${name}`;
const START = '2024-01-02 00:00:00';
const DUE = '2024-02-03 02:05:06.000007';

type Row = readonly (string | null)[];

/** One row; absent columns are NULL. */
function row(columns: Readonly<Record<string, string | null>>): Row {
  return COURSE_STRUCTURES.fields.map(({ name }) => columns[name] ?? null);
}

function oddRow(type: string, name: string, rest: Readonly<Record<string, string | null>>): Row {
  return row({
    module_location: type === 'course' ? A : usage(type, name),
    course_id: A,
    organization: 'Org',
    course_code: 'A',
    course_edition: '1',
    block_type: type,
    block_id: name,
    start: START,
    graded: '0',
    visible_to_staff_only: '0',
    branch: 'published',
    published_version: hex(11),
    ...rest,
  });
}

const inCourse = { course_name: 'A, "quoted"' };
const inChapter = { ...inCourse, chapter: 'C' };
const inHomework = { ...inChapter, sequential: 'S', graded: '1', format: 'Homework', due: DUE };
const inV = {
  ...inHomework,
  vertical: 'V',
  parent: usage('vertical', 'v'),
  parents: `["${usage('vertical', 'v')}"]`,
  depth: '4',
};
const inW = {
  ...inHomework,
  vertical: 'W\nline',
  parent: usage('vertical', 'w'),
  parents: `["${usage('vertical', 'w')}"]`,
  depth: '4',
  visible_to_staff_only: '1',
};

const PUBLISHED: readonly Row[] = [
  oddRow('course', 'course', {
    display_name: 'A, "quoted"',
    block_order: '0',
    depth: '0',
    edited_on: '2024-05-01 10:00:00.123000',
  }),
  oddRow('chapter', 'c', {
    ...inCourse,
    display_name: 'C',
    parent: A,
    parents: `["${A}"]`,
    block_order: '1',
    depth: '1',
  }),
  oddRow('sequential', 's', {
    ...inChapter,
    display_name: 'S',
    parent: usage('chapter', 'c'),
    parents: `["${usage('chapter', 'c')}","${usage('vertical', 'w')}"]`,
    block_order: '2',
    depth: '2',
    graded: '1',
    format: 'Homework',
    due: DUE,
  }),
  oddRow('vertical', 'v', {
    ...inHomework,
    display_name: 'V',
    parent: usage('sequential', 's'),
    parents: `["${usage('sequential', 's')}"]`,
    block_order: '3',
    depth: '3',
  }),
  oddRow('vertical', 'w', {
    ...inHomework,
    display_name: 'W\nline',
    parent: usage('sequential', 's'),
    parents: `["${usage('sequential', 's')}"]`,
    block_order: '5',
    depth: '3',
    visible_to_staff_only: '1',
  }),
  oddRow('problem', 'zero', {
    ...inV,
    display_name: 'Zero',
    component: 'Zero',
    weight: '0.0',
    block_order: '4',
  }),
  oddRow('html', 'h', {
    ...inW,
    display_name: 'H',
    component: 'H',
    graded: '0',
    parents: `["${usage('vertical', 'v')}","${usage('vertical', 'w')}"]`,
    block_order: '6',
  }),
  oddRow('problem', 'lost', { ...inW, block_order: '7' }),
  oddRow('problem', 'three', { ...inW, display_name: '', component: '', weight: '3', block_order: '8' }),
  oddRow('problem', 'empty', { ...inW, display_name: '7', component: '7', block_order: '9' }),
  oddRow('problem', 'five', { ...inW, weight: '5', block_order: '10' }),
  oddRow('html', 'orphan', { display_name: 'Orphan', start: null, graded: null }),
  oddRow('html', 'below', { start: null, graded: null, parents: `["${usage('html', 'orphan')}"]` }),
  ...['ü', 'again'].map((run) =>
    row({
      module_location: `course-v1:Org+B+${run}`,
      course_id: `course-v1:Org+B+${run}`,
      organization: 'Org',
      course_code: 'B',
      course_edition: run,
      block_type: 'course',
      block_id: 'course',
      display_name: 'B',
      block_order: '0',
      depth: '0',
      graded: '0',
      visible_to_staff_only: '0',
      branch: 'published',
      published_version: hex(14),
    }),
  ),
];

const drafted = (course: string): Row =>
  row({
    module_location: `course-v1:Org+${course}+1`,
    course_id: `course-v1:Org+${course}+1`,
    organization: 'Org',
    course_code: course,
    course_edition: '1',
    block_type: 'course',
    block_id: 'course',
    display_name: 'draft',
    block_order: '0',
    depth: '0',
    graded: '0',
    visible_to_staff_only: '0',
    branch: 'draft',
    published_version: hex(12),
  });

const inLibrary = {
  course_id: 'library-v1:Org+L',
  organization: 'Org',
  course_code: 'L',
  course_edition: 'library',
  graded: '0',
  visible_to_staff_only: '0',
  branch: 'library',
  published_version: hex(13),
};

/** What is read besides, where the settings ask for drafts and libraries. */
export const BESIDES: readonly Row[] = [
  drafted('A'),
  drafted('New'),
  row({
    ...inLibrary,
    module_location: 'library-v1:Org+L',
    block_type: 'library',
    block_id: 'library',
    display_name: 'L',
    block_order: '0',
    depth: '0',
  }),
  row({
    ...inLibrary,
    module_location: 'lib-block-v1:Org+L+type@problem+block@p',
    block_type: 'problem',
    block_id: 'p',
    display_name: 'P',
    component: 'P',
    weight: '3',
    parent: 'library-v1:Org+L',
    parents: '["library-v1:Org+L"]',
    block_order: '1',
    depth: '1',
  }),
];

const fault = (type: string, name: string, kind: string, detail: string | null): Row => [
  A,
  'published',
  hex(11),
  usage(type, name),
  kind,
  detail,
];

const types = (schema: typeof COURSE_STRUCTURES): ExpectedTable['fields'] =>
  schema.fields.map(({ name, type, nullable }) => [name, type, nullable] as const);

/** What {@link ODD} comes out as. */
export const ODD_TABLES: readonly ExpectedTable[] = [
  {
    table: COURSE_STRUCTURES.table,
    primaryKey: ['module_location', 'branch'],
    fields: types(COURSE_STRUCTURES),
    rows: PUBLISHED,
  },
  {
    table: COURSE_FAULTS.table,
    primaryKey: [],
    fields: types(COURSE_FAULTS),
    rows: [
      fault('html', 'below', 'duplicate-block', null),
      fault('chapter', 'c', 'missing-child', usage('sequential', 'gone')),
      fault('vertical', 'w', 'cycle', usage('sequential', 's')),
      fault('problem', 'lost', 'missing-definition', hex(29)),
      fault('problem', 'empty', 'no-problem-data', hex(22)),
      fault('problem', 'three', 'unreadable-value', 'due'),
    ],
  },
];

/** The index of courses of {@link ODD} as MySQL has it, with a course that was never published. */
export const ODD_INDEX = `CREATE TABLE split_modulestore_django_splitmodulestorecourseindex (
  id int NOT NULL, objectid varchar(24) NOT NULL, course_id varchar(255) NOT NULL, draft_version varchar(24) NOT NULL,
  published_version varchar(24) NOT NULL, library_version varchar(24) NOT NULL, PRIMARY KEY (id));
INSERT INTO split_modulestore_django_splitmodulestorecourseindex VALUES
(1,'${hex(1)}','course-v1:Org+A+1','${hex(12)}','${hex(11)}',''),
(2,'${hex(2)}','library-v1:Org+L','','','${hex(13)}'),
(3,'${hex(3)}','course-v1:Org+New+1','${hex(12)}','',''),
(4,'${hex(4)}','course-v1:Org+B+ü','','${hex(14)}',''),
(5,'${hex(5)}','course-v1:Org+B+again','','${hex(14)}','');
`;

/** The bytes of a collection as mongodump writes it. */
export const bsonOf = (documents: readonly Document[]): Buffer =>
  Buffer.concat(documents.map((document) => BSON.serialize(document)));

/** Writes the folder that mongodump writes. @returns the folder of the database */
export async function writeFolder(
  folder: string,
  collections: Collections,
  { gzip = false } = {},
): Promise<string> {
  const database = join(folder, 'edxapp');
  await mkdir(database, { recursive: true });
  for (const [name, documents] of Object.entries(collections)) {
    const bytes = bsonOf(documents);
    const file = join(database, `${fullName(name)}.bson${gzip ? '.gz' : ''}`);
    await writeFile(file, gzip ? gzipSync(bytes) : bytes);
  }
  return database;
}

const TERMINATOR = Buffer.from('ffffffff', 'hex');

/**
 * The bytes of `mongodump --archive`, as its format is described (mongo-tools, common/archive): documents of several
 * collections alternate.
 * @param most documents in a segment
 */
export function archiveOf(collections: Collections, { database = 'edxapp', most = 2 } = {}): Buffer {
  const names = Object.keys(collections);
  const parts: Uint8Array[] = [
    Buffer.from('6de29981', 'hex'),
    BSON.serialize({
      concurrent_collections: new Int32(4),
      version: '0.1',
      server_version: '7.0.5',
      tool_version: '100.9.4',
    }),
    ...names.map((name) =>
      BSON.serialize({
        db: database,
        collection: fullName(name),
        metadata: '{}',
        size: new Int32(0),
        type: 'collection',
      }),
    ),
    TERMINATOR,
  ];
  const left = new Map(names.map((name) => [name, [...collections[name]!]]));
  while (left.size > 0) {
    for (const [name, documents] of left) {
      const some = documents.splice(0, most);
      const header = {
        db: database,
        collection: fullName(name),
        EOF: some.length === 0,
        CRC: Long.ZERO,
      };
      parts.push(BSON.serialize(header), ...some.map((document) => BSON.serialize(document)), TERMINATOR);
      if (some.length === 0) left.delete(name);
    }
  }
  return Buffer.concat(parts);
}
